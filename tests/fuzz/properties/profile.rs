//! Any text as a profile: it is checked to the end, what is said of it can be shown, and what has no error is rendered.

use std::path::Path;

use shifter_site::{
    check::{self, Checked, Strictness},
    diagnostic::{Format, Style},
    lint::Tier,
    profile::LoadOptions,
    render::{self, Inputs, Secrets},
};

/// What the text is called.
const NAME: &str = "fuzzed.toml";

/// Every form in which findings are shown.
const FORMATS: [Format; 7] =
    [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github, Format::Gitlab, Format::Junit];

/// Holds the text against everything that is promised of a profile.
///
/// # Panics
/// When a promise is broken.
pub(crate) fn holds(text: &[u8]) {
    let strictness = Strictness { tier: Some(Tier::Strict), ..Strictness::default() };
    let Ok(checked) = check::check(&LoadOptions::text(NAME, text), None, &strictness) else { return };
    for located in &checked.verdict.findings {
        for place in &located.places {
            let shown = place.source.shown();
            assert!(shown.get(place.span.clone()).is_some(), "{}: {:?}", located.finding.code, place.span);
        }
    }
    // What is suppressed may be an error, after which nothing is rendered.
    if !checked.has_errors() && checked.verdict.suppressed == 0 {
        renders(&checked);
    }
    let report = check::report(&[checked]);
    for format in FORMATS {
        assert!(!format.write(&report, Style { colour: false, width: 100 }).is_empty() || report.findings().is_empty());
    }
}

/// Every file can be made, and the program it is for reads in it what was meant.
fn renders(checked: &Checked) {
    if checked.sites.is_empty() {
        return;
    }
    let inputs = Inputs::gather(&checked.sites, NAME, Path::new(""), Secrets::Placeholder).expect("a file is there");
    let plan = render::plan(&checked.sites, &inputs).expect("what has no error is rendered");
    assert!(!plan.artifacts.is_empty());
    for artifact in &plan.artifacts {
        if let Err(error) = render::read_back(artifact, &artifact.bytes) {
            panic!("{error}");
        }
    }
}
