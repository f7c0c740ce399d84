//! What a container has besides its image.

use crate::fact::{Asked, Fact, Holds, Unlike, prints, same, succeeded};
use crate::installation::Installation;

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "/proc, /sys and /dev are there",
        source: "manual of 18.03",
        holds: Holds::Everywhere,
        ask: |here| {
            succeeded(&here.sh("test -r /proc/self/status && test -d /sys/class && test -c /dev/null").answer()?)
        },
    },
    Fact {
        name: "what the node has in the shared directory is in the container",
        source: "manual of 18.03: /tmp of the node",
        holds: Holds::Everywhere,
        ask: |here| {
            let file = here.file("seen", "by both\n")?;
            prints(&here.start(&["cat", &file.display().to_string()]).answer()?, "by both")
        },
    },
    Fact {
        name: "what the command writes in the shared directory is the caller's on the node",
        source: "manual of 18.03",
        holds: Holds::Everywhere,
        ask: |here| {
            let file = here.shared()?.join("written");
            succeeded(&here.sh(&format!("printf text > {}", file.display())).answer()?)?;
            same("the file's text", &std::fs::read_to_string(&file).ok().as_deref(), &Some("text"))
        },
    },
    Fact {
        name: "/etc/hosts is the node's",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| of_the_node(here, "/etc/hosts"),
    },
    Fact {
        name: "/etc/resolv.conf is the node's",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| of_the_node(here, "/etc/resolv.conf"),
    },
    Fact {
        name: "/etc/mtab shows the container's mounts",
        source: "the original",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["readlink", "/etc/mtab"]).answer()?, "/proc/mounts"),
    },
    Fact {
        name: "/etc/group has the caller's group",
        source: "manual of 18.03",
        holds: Holds::Everywhere,
        ask: |here| {
            let gid = rustix::process::getgid().as_raw().to_string();
            let answer = here.start(&["cat", "/etc/group"]).answer()?;
            succeeded(&answer)?;
            let has = answer.stdout.lines().any(|line| line.split(':').nth(2) == Some(gid.as_str()));
            same(&format!("a line of gid {gid}"), &has, &true)
        },
    },
    Fact {
        name: "nobody's passwords are in the container",
        source: "the original: an empty /etc/shadow",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.sh("cat /etc/shadow 2>/dev/null; true").answer()?, ""),
    },
];

fn of_the_node(here: &Installation, path: &str) -> Asked {
    let own = std::fs::read_to_string(path).map_err(|error| Unlike::CannotTell(format!("{path}: {error}")))?;
    let answer = here.start(&["cat", path]).answer()?;
    succeeded(&answer)?;
    same(path, &answer.stdout, &own)
}
