//! Which image is started.

use crate::fact::{Fact, Holds, SAY, prints, refused};

/// The program prints what the container's variables say of the image.
const TELL: &str = "printf '%s' \"$SHIFTER_IMAGE\"";

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "without an image nothing starts",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| refused(&here.call(&["/bin/sh", "-c", SAY]).answer()?),
    },
    Fact {
        name: "an image that is not there is refused",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| refused(&here.call(&["--image=id:0000000000000000", "/bin/sh", "-c", SAY]).answer()?),
    },
    Fact {
        name: "the last --image counts",
        source: "getopt(3), the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let image = format!("--image={}", here.image);
            prints(&here.call(&["--image=id:0000000000000000", &image, "sh", "-c", TELL]).answer()?, &here.id)
        },
    },
    Fact {
        name: "an image can be named by its identifier",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.call(&[&format!("--image=id:{}", here.id), "sh", "-c", TELL]).answer()?, &here.id),
    },
    Fact {
        name: "SHIFTER_IMAGETYPE and SHIFTER_IMAGE name an image",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.call(&["sh", "-c", TELL]).env("SHIFTER_IMAGETYPE", "id").env("SHIFTER_IMAGE", &here.id);
            prints(&call.answer()?, &here.id)
        },
    },
    Fact {
        name: "what Slurm hands to a task names an image",
        source: "manual of 18.03, SLURM_SPANK_SHIFTER_IMAGETYPE and SLURM_SPANK_SHIFTER_IMAGE",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.call(&["sh", "-c", TELL]).env("SLURM_SPANK_SHIFTER_IMAGETYPE", "id");
            prints(&call.env("SLURM_SPANK_SHIFTER_IMAGE", &here.id).answer()?, &here.id)
        },
    },
    Fact {
        name: "the caller's own variables win over what Slurm hands to a task",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.call(&["sh", "-c", TELL]).env("SLURM_SPANK_SHIFTER_IMAGETYPE", "id");
            let call = call.env("SLURM_SPANK_SHIFTER_IMAGE", "0000000000000000").env("SHIFTER_IMAGETYPE", "id");
            prints(&call.env("SHIFTER_IMAGE", &here.id).answer()?, &here.id)
        },
    },
    Fact {
        name: "SHIFTER_IMAGEREQUEST names an image",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            prints(&here.call(&["sh", "-c", TELL]).env("SHIFTER_IMAGEREQUEST", &here.image).answer()?, &here.id)
        },
    },
    Fact {
        name: "--image wins over every variable",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let call = here.start(&["sh", "-c", TELL]).env("SHIFTER_IMAGETYPE", "id");
            let call = call.env("SHIFTER_IMAGE", "0000000000000000").env("SHIFTER_IMAGEREQUEST", "id:0000000000000000");
            prints(&call.answer()?, &here.id)
        },
    },
    Fact {
        name: "the variable SHIFTER names an image",
        source: "manual of 18.03, shifter; the original does not read it",
        holds: Holds::Native,
        ask: |here| prints(&here.call(&["sh", "-c", TELL]).env("SHIFTER", &here.image).answer()?, &here.id),
    },
    Fact {
        name: "the container knows what was asked for",
        source: "the original: SHIFTER_IMAGEREQUEST is the image as it was named",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["printenv", "SHIFTER_IMAGEREQUEST"]).answer()?, &here.image),
    },
];
