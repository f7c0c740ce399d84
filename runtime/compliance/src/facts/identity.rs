//! Who the command is, and where it starts.

use std::collections::BTreeSet;

use crate::fact::{Asked, Fact, Holds, Unlike, prints, same, succeeded};
use crate::installation::Installation;

pub(super) const FACTS: &[Fact] = &[
    Fact {
        name: "the command is the caller",
        source: "manual of 18.03",
        holds: Holds::Everywhere,
        ask: |here| {
            let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
            prints(&here.sh("printf '%s %s' \"$(id -u)\" \"$(id -g)\"").answer()?, &format!("{uid} {gid}"))
        },
    },
    Fact {
        name: "the command has the caller's groups",
        source: "runtime/COMPATIBILITY.md; the original asks the directory service again",
        holds: Holds::Native,
        ask: groups,
    },
    Fact {
        name: "the user has a name in the container",
        source: "manual of 18.03, /etc/passwd of the container",
        holds: Holds::Everywhere,
        ask: |here| {
            let uid = rustix::process::getuid().as_raw();
            let answer = here.start(&["cat", "/etc/passwd"]).answer()?;
            succeeded(&answer)?;
            let number = uid.to_string();
            let has = answer.stdout.lines().any(|line| line.split(':').nth(2) == Some(number.as_str()));
            same(&format!("a line of uid {uid}"), &has, &true)
        },
    },
    Fact {
        name: "the command starts where the caller was",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| {
            let place = here.shared()?;
            prints(&here.sh("pwd").from(place).answer()?, &place.display().to_string())
        },
    },
    Fact {
        name: "--workdir says where the command starts",
        source: "manual of 18.03, shifter",
        holds: Holds::Everywhere,
        ask: |here| prints(&here.start(&["--workdir=/usr", "sh", "-c", "pwd"]).answer()?, "/usr"),
    },
    Fact {
        name: "the umask is the caller's",
        source: "runtime/COMPATIBILITY.md; the original leaves 022 after a cold start",
        holds: Holds::Native,
        ask: |here| {
            let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
            rustix::process::umask(mask);
            let answer = here.sh("umask").answer()?;
            succeeded(&answer)?;
            let seen = u32::from_str_radix(answer.stdout.trim(), 8).ok();
            same("umask", &seen, &Some(mask.as_raw_mode()))
        },
    },
];

fn groups(here: &Installation) -> Asked {
    let own = rustix::process::getgroups().map_err(|error| Unlike::CannotTell(format!("getgroups(2): {error}")))?;
    if !here.is_setuid()? && !own.is_empty() {
        return Err(Unlike::CannotTell("a user namespace of one's own shows other groups as nobody's".to_owned()));
    }
    let primary = rustix::process::getgid().as_raw();
    let expected: BTreeSet<u32> =
        own.into_iter().map(rustix::process::Gid::as_raw).filter(|gid| *gid != 0).chain([primary]).collect();
    let answer = here.start(&["id", "-G"]).answer()?;
    succeeded(&answer)?;
    let seen: BTreeSet<u32> = answer.stdout.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    same("groups", &seen, &expected)
}
