//! The examples of a page, laid out as files and looked at as the command would.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;
use shifter_site::check::{self, Strictness};
use shifter_site::diagnostic::{Located, Safety};
use shifter_site::facts::Facts;
use shifter_site::import::{self, Imported, InputFile, Options, Ownership};
use shifter_site::lint::{Example, Rule, Tier};
use shifter_site::profile::LoadOptions;
use shifter_site::profile::section::scalar::Date;
use shifter_site::repair;
use shifter_site::secret::Commands;

/// What every profile of an example extends, unless it stands `alone`.
pub(crate) const MINIMAL: &str = include_str!("../data/rules/minimal.toml");

/// The day of all runs, unless an example names another.
const TODAY: &str = "2026-01-01";

/// A node of which next to nothing is known. The facts of an example are laid over it.
const NODE: &str = include_str!("../data/rules/facts.json");

/// What `shifter-site check` says about `file`.
pub(crate) fn findings(file: &Path, tier: Tier) -> Vec<Located> {
    check(file, &strictness(tier, TODAY, None, &[]))
}

fn strictness(tier: Tier, today: &str, secrets: Option<Commands>, nodes: &[Facts]) -> Strictness {
    let today: Date = today.parse().expect("a date");
    let mut facts = nodes.to_vec();
    // In the strict tier SITE017 names every rule that has nothing to look at.
    if facts.is_empty() && tier == Tier::Strict {
        facts.push(Facts::parse(NODE).expect("facts"));
    }
    Strictness { tier: Some(tier), today: Some(today), secrets, facts, ..Strictness::default() }
}

fn check(file: &Path, strictness: &Strictness) -> Vec<Located> {
    let checked = check::check(&LoadOptions::file(file), None, strictness).expect("the file is there");
    check::report(&[checked]).findings().to_vec()
}

/// What is found in the examples of one section of a page.
pub(crate) fn tried(rule: &Rule, examples: &[Example]) -> Vec<Located> {
    if examples.iter().any(|example| example.name.starts_with("import/")) {
        return imported(examples).findings;
    }
    let trial = Trial::of(examples);
    check(&trial.profile(), &strictness(rule.tier, &trial.today, trial.secrets, &trial.nodes))
}

/// The same with other values laid over the examples, as `--set` does.
pub(crate) fn tried_with(rule: &Rule, examples: &[Example], set: &[String]) -> Vec<Located> {
    let trial = Trial::of(examples);
    let options = LoadOptions { set: set.to_vec(), ..LoadOptions::file(trial.profile()) };
    let strictness = strictness(rule.tier, &trial.today, trial.secrets, &trial.nodes);
    let checked = check::check(&options, None, &strictness).expect("the file is there");
    check::report(&[checked]).findings().to_vec()
}

/// What all rules find in examples that are no page's.
pub(crate) fn found(examples: &[Example]) -> Vec<Located> {
    let trial = Trial::of(examples);
    check(&trial.profile(), &strictness(Tier::Default, &trial.today, trial.secrets, &trial.nodes))
}

/// What is left after the repairs of the rule's kind, and what they changed as a diff.
pub(crate) fn repaired(examples: &[Example], tier: Tier, allowed: Safety) -> (Vec<Located>, String) {
    let trial = Trial::of(examples);
    let options = [LoadOptions::file(trial.profile())];
    let done = repair::repair(&options, None, &strictness(tier, &trial.today, trial.secrets, &trial.nodes), allowed)
        .expect("the file is there");
    (done.report.findings().to_vec(), done.changed.iter().map(repair::Changed::diff).collect())
}

/// What importing the examples gives. Behind the name of a file may stand its owner and mode.
pub(crate) fn imported(examples: &[Example]) -> Imported {
    let file = |example: &Example| {
        let mut words = example.name.trim_start_matches("import/").split(' ');
        let file = InputFile::new(words.next().unwrap_or_default(), example.text.clone());
        let owner = words.next().zip(words.next()).map(|(user, mode)| Ownership {
            user: user.to_owned(),
            group: "root".to_owned(),
            mode: u32::from_str_radix(mode, 8).expect("an octal mode"),
        });
        InputFile { owner, ..file }
    };
    let files: Vec<InputFile> = examples.iter().map(file).collect();
    import::import(&files, &Options { repairs: Safety::Unsafe, ..Options::default() })
        .expect("there is something to import")
}

/// The examples of one section as files of a directory that goes with the value.
pub(crate) struct Trial {
    directory: tempfile::TempDir,
    today: String,
    secrets: Option<Commands>,
    nodes: Vec<Facts>,
}

impl Trial {
    /// Writes them. What an example is, its name says (`lint::Example`).
    pub(crate) fn of(examples: &[Example]) -> Self {
        let mut trial = Trial {
            directory: tempfile::tempdir().expect("a directory"),
            today: TODAY.to_owned(),
            secrets: None,
            nodes: Vec::new(),
        };
        trial.write("site.toml", MINIMAL);
        trial.write("example.toml", "extends = \"site.toml\"\n");
        for example in examples {
            trial.add(example);
        }
        trial
    }

    /// The profile that is looked at.
    pub(crate) fn profile(&self) -> std::path::PathBuf {
        self.directory.path().join("example.toml")
    }

    fn add(&mut self, example: &Example) {
        let (name, text) = (example.name.as_str(), example.text.as_str());
        let over_the_minimal = || match text.contains("extends =") {
            true => text.to_owned(),
            false => format!("extends = \"site.toml\"\n{text}"),
        };
        match (name, name.strip_prefix("today-"), example.lang.as_str()) {
            ("", ..) => self.write("example.toml", &over_the_minimal()),
            ("resolve", ..) => {
                self.secrets = Some(Commands::Refused);
                self.write("example.toml", &over_the_minimal());
            }
            ("alone", ..) => self.write("example.toml", text),
            (_, Some(day), _) => {
                self.today = day.to_owned();
                self.write("example.toml", &over_the_minimal());
            }
            ("facts.json", ..) => self.nodes.push(facts(text)),
            (file, _, "toml") => self.write(file, &over_the_minimal()),
            (file, _, "dos") => self.write(file, &text.replace('\n', "\r\n")),
            (file, ..) => self.write(file, text),
        }
    }

    fn write(&self, name: &str, text: &str) {
        let (name, mode) = name.split_once(' ').unwrap_or((name, "0600"));
        let file = self.directory.path().join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(&file, text).expect("a file");
        if name.starts_with("secrets/") {
            let mode = u32::from_str_radix(mode, 8).expect("an octal mode");
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("our own file");
        }
    }
}

/// The facts of an example, laid over the usual ones: tables merge, all else replaces.
fn facts(text: &str) -> Facts {
    let mut all: Value = serde_json::from_str(NODE).expect("JSON");
    lay_over(&mut all, serde_json::from_str(text).expect("JSON"));
    Facts::parse(&all.to_string()).expect("facts")
}

fn lay_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
