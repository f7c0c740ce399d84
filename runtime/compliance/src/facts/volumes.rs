//! Directories that the caller brings.

use std::path::PathBuf;

use crate::fact::{Asked, Fact, Holds, SAY, Unlike, prints, refused, succeeded};
use crate::installation::Installation;

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "--volume shows a directory in another place",
        source: "manual of 18.03, volume mapping",
        holds: Holds::Everywhere,
        ask: |here| {
            let option = format!("--volume={}:/brought", directory(here, "one")?.display());
            prints(&here.start(&[&option, "cat", "/brought/name"]).answer()?, "one")
        },
    },
    Fact {
        name: "a volume can be written where the caller can write",
        source: "manual of 18.03, volume mapping",
        holds: Holds::Everywhere,
        ask: |here| {
            let source = directory(here, "one")?;
            let option = format!("--volume={}:/brought", source.display());
            succeeded(&here.start(&[&option, "sh", "-c", "printf text > /brought/new"]).answer()?)?;
            let seen = std::fs::read_to_string(source.join("new")).ok();
            crate::fact::same("the file on the node", &seen.as_deref(), &Some("text"))
        },
    },
    Fact {
        name: "a volume with ro cannot be written",
        source: "manual of 18.03, volume mapping",
        holds: Holds::Everywhere,
        ask: |here| {
            let option = format!("--volume={}:/brought:ro", directory(here, "one")?.display());
            let script = "cat /brought/name; (: > /brought/new) 2>/dev/null || printf ' and no more'";
            prints(&here.start(&[&option, "sh", "-c", script]).answer()?, "one and no more")
        },
    },
    Fact {
        name: "several volumes can be named, in one option and in several",
        source: "manual of 18.03, volume mapping",
        holds: Holds::Everywhere,
        ask: |here| {
            let [one, two, three] = ["one", "two", "three"].map(|name| directory(here, name));
            let first = format!("--volume={}:/brought1;{}:/brought2", one?.display(), two?.display());
            let second = format!("--volume={}:/brought3", three?.display());
            let words = [first.as_str(), &second, "cat", "/brought1/name", "/brought2/name", "/brought3/name"];
            prints(&here.start(&words).answer()?, "onetwothree")
        },
    },
    Fact {
        name: "SHIFTER_VOLUME names volumes",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let map = format!("{}:/brought", directory(here, "one")?.display());
            prints(&here.start(&["cat", "/brought/name"]).env("SHIFTER_VOLUME", &map).answer()?, "one")
        },
    },
    Fact {
        name: "a source that is not there is refused",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| refused(&here.start(&["--volume=/no/such/directory:/brought", "/bin/sh", "-c", SAY]).answer()?),
    },
    Fact {
        name: "places of the container's own are refused as targets",
        source: "manual of 18.03, volume mapping",
        holds: Holds::Everywhere,
        ask: |here| {
            none_of(here, &["/etc", "/etc/passwd", "/var", "/var/run", "/opt", "/opt/udiImage", "/opt/udiImage/bin"])
        },
    },
    Fact {
        name: "/proc, /sys, /dev and / are refused as targets",
        source: "manual of 18.03, volume mapping; the original mounts them",
        holds: Holds::Native,
        ask: |here| none_of(here, &["/proc", "/proc/self", "/sys", "/dev", "/dev/shm", "/"]),
    },
    Fact {
        name: "flags of sites and unknown flags are refused",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let source = directory(here, "one")?;
            ["rec", "slave", "private", "shared", "rw"].iter().try_for_each(|flag| {
                let option = format!("--volume={}:/brought:{flag}", source.display());
                refused(&here.start(&[&option, "/bin/sh", "-c", SAY]).answer()?)
            })
        },
    },
    Fact {
        name: "relative paths and .. are refused",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| {
            let source = directory(here, "one")?;
            let maps = [
                format!("{}:brought", source.display()),
                "one:/brought".to_owned(),
                format!("{}/..:/brought", source.display()),
                format!("{}:/brought/../etc", source.display()),
            ];
            maps.iter()
                .try_for_each(|map| refused(&here.start(&[&format!("--volume={map}"), "/bin/sh", "-c", SAY]).answer()?))
        },
    },
];

/// A directory that the container has too; a file `name` in it holds its name.
fn directory(here: &Installation, name: &str) -> Result<PathBuf, Unlike> {
    let path = here.shared()?.join(name);
    let made = std::fs::create_dir_all(&path).and_then(|()| std::fs::write(path.join("name"), name));
    made.map_err(|error| Unlike::CannotTell(format!("cannot make {}: {error}", path.display())))?;
    Ok(path)
}

fn none_of(here: &Installation, targets: &[&str]) -> Asked {
    let source = directory(here, "one")?;
    targets.iter().try_for_each(|target| {
        let option = format!("--volume={}:{target}", source.display());
        refused(&here.start(&[&option, "/bin/sh", "-c", SAY]).answer()?)
    })
}
