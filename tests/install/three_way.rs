//! Who changed a file: the table of all cases.

use crate::support::{Machine, desired};
use shifter_site::install::{Status, Verdict};

const PATH: &str = "/etc/shifter/udiRoot.conf";

/// What was applied, what lies there now, what is wanted; each by its content or none.
fn seen(applied: Option<&str>, installed: Option<&str>, rendered: Option<&str>) -> Option<(Status, Verdict, bool)> {
    let machine = Machine::new();
    let of = |text: Option<&str>| desired(&text.map(|text| (PATH, text)).into_iter().collect::<Vec<_>>());
    if applied.is_some() {
        machine.apply(&of(applied)).unwrap();
    }
    match installed {
        Some(text) if machine.read(PATH).as_deref() != Some(text) => machine.put(PATH, text),
        Some(_) => {}
        None => drop(std::fs::remove_file(machine.at(PATH))),
    }
    let difference = machine.compare(&of(rendered)).difference;
    assert!(difference.files.len() <= 1);
    difference.files.first().map(|file| (file.status, file.verdict, file.edited))
}

#[test]
fn every_case_of_applied_installed_and_rendered_has_its_verdict() {
    use Status::{Differs, Extra, Missing};
    use Verdict::{Both, First, They, You};
    let (a, b, c) = (Some("system=a\n"), Some("system=b\n"), Some("system=c\n"));
    let table = [
        // Never applied.
        (None, None, a, Some((Missing, First, false))),
        (None, a, a, None),
        (None, b, a, Some((Differs, First, false))),
        (None, b, None, None),
        // Applied, and nobody touched it.
        (a, a, a, None),
        (a, a, b, Some((Differs, You, false))),
        (a, a, None, Some((Extra, You, false))),
        // Applied, and somebody edited it.
        (a, b, a, Some((Differs, They, true))),
        (a, b, b, None),
        (a, b, c, Some((Differs, Both, true))),
        (a, b, None, Some((Extra, Both, true))),
        // Applied, and somebody took it away.
        (a, None, a, Some((Missing, They, false))),
        (a, None, b, Some((Missing, Both, false))),
        (a, None, None, None),
    ];
    for (applied, installed, rendered, expected) in table {
        let found = seen(applied, installed, rendered);
        assert_eq!(found, expected, "{applied:?} {installed:?} {rendered:?}");
    }
}

#[test]
fn a_mode_that_somebody_widened_is_theirs_and_no_edit() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    let desired = desired(&[(PATH, "system=a\n")]);
    machine.apply(&desired).unwrap();
    std::fs::set_permissions(machine.at(PATH), std::fs::Permissions::from_mode(0o666)).unwrap();
    let file = machine.compare(&desired).difference.files.remove(0);
    let mode = file.mode.clone().unwrap();
    assert_eq!(
        (file.verdict, file.edited, mode.from.as_str(), mode.to.as_str()),
        (Verdict::They, false, "0666", "0644")
    );
    machine.apply(&desired).unwrap();
    assert!(machine.compare(&desired).difference.is_empty());
}
