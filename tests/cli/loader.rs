//! The loader meets any text without a panic, and every place it names lies in its file.

use proptest::prelude::*;
use shifter_site::{
    diagnostic::{Format, Report, Scope, Style},
    profile::{self, LoadOptions, Profile},
};

use super::support::GOOD;

/// Loads a text, looks at every finding, and writes the report in every form.
fn survives(text: &str) {
    let loaded = profile::load::<Profile>(&LoadOptions::text("site.toml", text)).expect("nothing to read");
    let classes: Vec<_> = loaded.classes().iter().map(|class| loaded.for_class(class)).collect();
    let mut located = Vec::new();
    for view in std::iter::once(&loaded).chain(&classes) {
        for finding in &view.findings {
            let one = view.origins.locate(finding);
            for place in &one.places {
                let source = place.source.text();
                assert!(source.get(place.span.clone()).is_some(), "{:?} is not in {source:?}", place.span);
                assert_eq!(source.len(), place.source.shown().len());
            }
            assert!(!one.places.is_empty(), "{} has no place", one.finding.message);
            located.push(one);
        }
    }
    let report = Report::new(located, 0, Scope::default());
    let style = Style { colour: false, width: 80 };
    for format in [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github, Format::Junit] {
        assert!(!format.write(&report, style).is_empty());
    }
}

/// The good profile with one line replaced, doubled or taken away.
fn mutated() -> impl Strategy<Value = String> {
    let lines: Vec<&'static str> = GOOD.lines().collect();
    let count = lines.len();
    (0..count, 0..count, "\\PC{0,20}", 0..4_u8).prop_map(move |(at, other, noise, how)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        match how {
            0 => lines[at] = noise,
            1 => lines.insert(at, lines[other].clone()),
            2 => lines[at].push_str(&noise),
            _ => {
                lines.remove(at);
            }
        }
        lines.join("\r\n")
    })
}

#[test]
fn keys_that_name_layers_and_classes_may_hold_anything() {
    let values = ["1", "[]", "{}", "\"\"", "[1]", "[[]]", "[{}]", "true", "{ a = 1 }", "1979-05-27", "[\"a\", 1]"];
    let keys = [
        "schema",
        "kind",
        "extends",
        "preset",
        "requires",
        "serves",
        "class",
        "class.a",
        "class.a.set",
        "class.a.from",
        "class.a.set.class.a.set",
        "filesystem",
        "filesystem_add",
        "filesystem_remove",
        "symlink",
        "lint",
        "gateway.admins_add",
        "lint.per_file_ignores",
        "install.a",
        "site",
        "target.shifter",
        "gateway.database.password",
    ];
    for key in keys {
        for value in values {
            survives(&format!("{key} = {value}\n"));
            survives(&format!("kind = \"gateway\"\n{key} = {value}\n"));
        }
    }
}

#[test]
fn a_text_that_is_not_utf_8_is_a_finding_where_it_stops_being_text() {
    let loaded =
        profile::load::<Profile>(&LoadOptions::text("t.toml", &b"schema = 1\n# \xff\nx = 1\n"[..])).expect("read");
    let located = loaded.origins.locate(&loaded.findings[0]);
    assert_eq!((located.finding.code, located.address().as_deref()), ("SITE001", Some("t.toml:2:3")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn anything_like_toml_is_survived(text in "([a-zé\"'.]{1,8} ?= ?[\\[\\]{}\",0-9a-zé#]{0,12}|\\[+[a-z.\"]{0,9}\\]*|# shifter-site: ignore\\[[A-Z0-9,]{0,9}\\]?)(\r?\n([a-z.\"]{1,8}=[\\[\\]{}\",0-9a-z]{0,12}|\\[+[a-z.]{0,9}\\]*)){0,6}") {
        survives(&text);
    }

    #[test]
    fn a_spoilt_profile_is_survived(text in mutated()) {
        survives(&text);
    }
}
