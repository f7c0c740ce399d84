//! The Python of the original gateway: the interpreter's version, and which versions its modules are for.

use super::Described;
use super::sight::Sight;
use crate::facts::{Facts, Python};
use std::collections::BTreeSet;

pub(super) fn find(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    let gateway = described.and_then(|described| described.site.gateway.as_ref());
    let Some(directory) = gateway.and_then(|gateway| gateway.python.as_deref()) else { return };
    let said = sight.run(&format!("{directory}/bin/python"), &["--version"]);
    if let Err(why) = &said {
        facts.unknown.insert("python.version".to_owned(), why.to_string());
    }
    // A virtual environment says what it was made with, also where nothing may be run.
    let written = || {
        let text = sight.read(&format!("{directory}/pyvenv.cfg")).ok()?;
        let lines = text.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(key, _)| key.trim().starts_with("version")).map(|(_, value)| value.trim().to_owned()).next()
    };
    let version = said.ok().and_then(|said| said.split_whitespace().last().map(str::to_owned)).or_else(written);
    let mut modules = BTreeSet::new();
    for library in ["lib", "lib64"] {
        let names = sight.list(&format!("{directory}/{library}")).unwrap_or_default();
        modules.extend(names.iter().filter_map(|name| name.strip_prefix("python")).filter_map(short));
    }
    let found = Python { version: version.as_deref().and_then(short), modules };
    facts.python = (found != Python::default()).then_some(found);
}

/// The main and minor number.
fn short(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let (main, minor) = (parts.next()?, parts.next()?);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (is_number(main) && is_number(minor)).then(|| format!("{main}.{minor}"))
}
