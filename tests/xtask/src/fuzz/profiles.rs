//! Help for the targets that read profiles: the examples of the manual as seeds, the keys of the schema as words to try.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;

/// The targets it is for.
const TARGETS: &[&str] = &["profile", "editor"];

/// What a target is given besides its corpus.
pub(super) struct Help {
    seeds: PathBuf,
    words: PathBuf,
}

impl Help {
    /// Writes it below `folder`.
    pub(super) fn write(folder: &Path) -> Result<Self> {
        let help = Self { seeds: folder.join("seeds"), words: folder.join("words") };
        let manual = fs::read_to_string(cargo::root().join("schemas/rules.md"))?;
        let minimal = fs::read_to_string(cargo::root().join("tests/data/rules/minimal.toml"))?;
        fs::create_dir_all(&help.seeds).with_context(|| format!("cannot make {}", help.seeds.display()))?;
        for (n, example) in examples(&manual).iter().enumerate() {
            // Behind a whole profile some are no TOML: they name a table again.
            fs::write(help.seeds.join(format!("{n}-alone")), format!("schema = 1\n{example}"))?;
            fs::write(help.seeds.join(format!("{n}-whole")), format!("{minimal}\n{example}"))?;
        }
        let schema = fs::read(cargo::root().join("schemas/site-profile.schema.json"))?;
        let mut keys = BTreeSet::new();
        collect(&serde_json::from_slice(&schema)?, &mut keys);
        let words = keys.iter().fold(String::new(), |mut words, key| {
            let _ = writeln!(words, "\"{key} = \"\n\"\\x0a[{key}]\\x0a\"");
            words
        });
        fs::write(&help.words, words).with_context(|| format!("cannot write {}", help.words.display()))?;
        Ok(help)
    }

    /// The arguments for a target: an option and a folder, or none.
    pub(super) fn arguments(&self, target: &str) -> Vec<String> {
        if TARGETS.contains(&target) {
            vec![format!("-dict={}", self.words.display()), self.seeds.display().to_string()]
        } else {
            Vec::new()
        }
    }
}

/// The TOML of a manual.
fn examples(manual: &str) -> Vec<String> {
    let mut blocks = manual.split("\n```toml").skip(1);
    let body = |block: &str| Some(block.split_once('\n')?.1.split("```").next()?.to_owned());
    blocks.by_ref().filter_map(body).collect()
}

/// Every key that an object of the schema has.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            entries.values().for_each(|value| collect(value, keys));
        }
        Value::Array(elements) => elements.iter().for_each(|value| collect(value, keys)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_a_manual_are_its_blocks_of_toml() {
        let manual = "a\n```toml\nx = 1\n```\nb\n```sh\ny\n```\n```toml alone\nz = 2\n```\n";
        assert_eq!(examples(manual), ["x = 1\n", "z = 2\n"]);
    }
}
