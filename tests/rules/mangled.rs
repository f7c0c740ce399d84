//! Profiles that nobody wrote: those of the repository and the examples of the manual, mangled. They keep the promises to which the
//! fuzz targets `profile` and `editor` hold any text; `cargo xtask fuzz` looks for longer.

#[path = "../fuzz/properties/editor.rs"]
mod editor;
#[path = "../fuzz/properties/profile.rs"]
mod profile;

use std::{fs, path::Path, sync::LazyLock};

use proptest::{prelude::*, test_runner::RngSeed};
use shifter_site::lint::{self, RULES, Rule};

/// The corpus of the fuzz targets.
static PROFILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/profile");
    let mut files: Vec<_> = folder.read_dir().expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).expect("a text")).collect()
});

/// Every example of the manual that is TOML.
static EXAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of_rule =
        |&rule: &&'static Rule| ["Bad", "Good"].into_iter().flat_map(move |section| lint::examples(rule, section));
    let all = RULES.iter().flat_map(of_rule).filter(|example| example.lang == "toml");
    all.map(|example| format!("schema = 1\n{}", example.text)).collect()
});

#[test]
fn the_corpus_keeps_the_promises() {
    for text in PROFILES.iter() {
        profile::holds(text.as_bytes());
        editor::holds(text);
    }
}

#[test]
fn the_examples_alone_keep_the_promises() {
    // Mistakes of the manual are laid over a whole profile elsewhere; alone they lack everything else besides.
    for text in EXAMPLES.iter() {
        profile::holds(text.as_bytes());
    }
}

/// One way to spoil a text.
#[derive(Debug, Clone)]
enum Change {
    /// The nth line goes.
    Drop(usize),
    /// The nth line stands there twice.
    Repeat(usize),
    /// The nth line goes before the mth.
    Move(usize, usize),
    /// What stands behind the first `=` of the nth line is another value.
    Value(usize, String),
    /// The lines of an example come before the nth line.
    Example(usize, usize),
    /// A character comes in at the nth place.
    Character(usize, char),
}

fn change() -> impl Strategy<Value = Change> {
    let n = || any::<usize>();
    let value = prop_oneof![
        prop::sample::select(vec![
            "true",
            "0",
            "-1",
            "1.5",
            "nan",
            "\"\"",
            "\"x\"",
            "\"/\"",
            "\"/a/../b\"",
            "\"4G\"",
            "\"20s\"",
            "[]",
            "[\"x\"]",
            "{}",
            "{ file = \"x\" }",
            "[{}]",
            "1979-05-27",
            "'''\na\n'''",
            "\"\\u0000\"",
        ])
        .prop_map(str::to_owned),
        "\"[ -~äß日]{0,12}\"",
    ];
    prop_oneof![
        n().prop_map(Change::Drop),
        n().prop_map(Change::Repeat),
        (n(), n()).prop_map(|(n, m)| Change::Move(n, m)),
        (n(), value).prop_map(|(n, value)| Change::Value(n, value)),
        (n(), n()).prop_map(|(n, m)| Change::Example(n, m)),
        (
            n(),
            prop_oneof![
                any::<char>(),
                prop::sample::select(vec!['\n', '\r', '"', '[', ']', '=', '.', '#', '\u{feff}'])
            ]
        )
            .prop_map(|(n, c)| Change::Character(n, c)),
    ]
}

impl Change {
    fn carry_out(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let length = lines.len().max(1);
        match self {
            Self::Drop(n) if !lines.is_empty() => drop(lines.remove(n % length)),
            Self::Repeat(n) if !lines.is_empty() => lines.insert(n % length, lines[n % length].clone()),
            Self::Move(n, m) if !lines.is_empty() => {
                let line = lines.remove(n % length);
                lines.insert(m % length, line);
            }
            Self::Value(n, value) if !lines.is_empty() => {
                let line = &mut lines[n % length];
                if let Some((key, _)) = line.split_once('=') {
                    *line = format!("{key}= {value}\n");
                }
            }
            Self::Example(n, m) => lines.insert(n % length, EXAMPLES[m % EXAMPLES.len()].replace("schema = 1\n", "")),
            Self::Character(n, c) => {
                let mut text = lines.concat();
                let mut at = n % (text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                text.insert(at, *c);
                return text;
            }
            _ => {}
        }
        lines.concat()
    }
}

/// A profile of the corpus or an example, changed a few times.
fn mangled() -> impl Strategy<Value = String> {
    let base = prop_oneof![
        any::<prop::sample::Index>().prop_map(|n| n.get(&PROFILES).clone()),
        any::<prop::sample::Index>().prop_map(|n| n.get(&EXAMPLES).clone()),
    ];
    (base, prop::collection::vec(change(), 1..6))
        .prop_map(|(base, changes)| changes.iter().fold(base, |text, change| change.carry_out(&text)))
}

/// As many texts are tried in the suite, the same ones each time; `SHIFTER_CASES` asks for so many others.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("SHIFTER_CASES").ok().and_then(|cases| cases.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { cases: asked.unwrap_or(usual), failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_mangled_profile_is_checked_shown_and_rendered(text in mangled()) {
        profile::holds(text.as_bytes());
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_mangled_profile_is_formatted_and_repaired(text in mangled()) {
        editor::holds(&text);
    }
}
