//! What the command cannot do.

use crate::fact::{Fact, Holds, Unlike, prints, same, succeeded};
use crate::installation::Installation;

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "no program in the container gains rights",
        source: "prctl(2), PR_SET_NO_NEW_PRIVS",
        holds: Holds::Everywhere,
        ask: |here| same("NoNewPrivs", &status(here, "NoNewPrivs")?.as_deref(), &Some("1")),
    },
    Fact {
        name: "the command has no capability",
        source: "capabilities(7)",
        holds: Holds::Everywhere,
        ask: |here| {
            ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]
                .iter()
                .try_for_each(|set| same(set, &status(here, set)?.as_deref(), &Some("0000000000000000")))
        },
    },
    Fact {
        name: "no mount of the container honours setuid bits",
        source: "mount(2), MS_NOSUID",
        holds: Holds::Everywhere,
        ask: |here| {
            let answer = here.start(&["cat", "/proc/self/mounts"]).answer()?;
            succeeded(&answer)?;
            let open: Vec<&str> = answer.stdout.lines().filter(|line| !options(line).contains(&"nosuid")).collect();
            same("mounts without nosuid", &open, &Vec::new())
        },
    },
    Fact {
        name: "devices are only in /dev",
        source: "mount(2), MS_NODEV",
        holds: Holds::Everywhere,
        ask: |here| {
            let answer = here.start(&["cat", "/proc/self/mounts"]).answer()?;
            succeeded(&answer)?;
            let below_dev =
                |line: &str| line.split(' ').nth(1).is_some_and(|at| at == "/dev" || at.starts_with("/dev/"));
            let open: Vec<&str> =
                answer.stdout.lines().filter(|line| !below_dev(line) && !options(line).contains(&"nodev")).collect();
            same("mounts without nodev", &open, &Vec::new())
        },
    },
    Fact {
        name: "the image cannot be written",
        source: "access(2), which knows of read-only mounts",
        holds: Holds::Everywhere,
        ask: |here| {
            prints(&here.sh("for at in / /usr /bin /etc; do test -w $at && printf \"$at \"; done; true").answer()?, "")
        },
    },
];

/// The options of a line of `/proc/self/mounts` (proc_pid_mounts(5)).
fn options(line: &str) -> Vec<&str> {
    line.split(' ').nth(3).unwrap_or_default().split(',').collect()
}

/// A field of `/proc/self/status` of the command.
fn status(here: &Installation, field: &str) -> Result<Option<String>, Unlike> {
    let answer = here.start(&["cat", "/proc/self/status"]).answer()?;
    succeeded(&answer)?;
    Ok(answer.stdout.lines().find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.trim().to_owned())))
}
