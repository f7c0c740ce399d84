//! The language servers for TOML that editors run understand the schema as we mean it: tombi, and taplo of "Even Better TOML".
//!
//! `cargo xtask test` installs both; where they are not, these tests say so and pass over themselves.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Example, Schema, VALUES, client::Client, refusals, structural_examples, text};

/// What every profile of the repository says of its schema, in its first lines.
const DIRECTIVE: &str = "#:schema ../schemas/site-profile.schema.json\n";

/// A key whose table may have any key is taken by taplo 0.9.3 with any value.
const TAKEN_BY_TAPLO: &str = "extra.imagemanager =";

/// How long a server may take until it has read the schema.
const PATIENCE: Duration = Duration::from_secs(60);

/// A language server that can also look at files by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Tombi,
    Taplo,
}

impl Server {
    const ALL: [Self; 2] = [Self::Tombi, Self::Taplo];

    /// A call of it; nothing where it is not installed.
    fn command(self) -> Option<Command> {
        let name = match self {
            Self::Tombi => "tombi",
            Self::Taplo => "taplo",
        };
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a folder in target");
        let program = target.join("editors/bin").join(name);
        if program.is_file() {
            return Some(Command::new(program));
        }
        println!("skipped: {} is not there; `cargo xtask packages` installs it", program.display());
        None
    }

    /// Which of `files` it refuses.
    fn refused(self, files: &[PathBuf]) -> Option<BTreeSet<PathBuf>> {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = self.command()?;
        match self {
            Self::Tombi => command.args(["lint", "--offline", "--quiet", "--diagnostics-format=json"]),
            Self::Taplo => command.args(["lint", "--colors=never"]),
        };
        if self == Self::Tombi {
            command.arg("--diagnostics-file").arg(home.path().join("said.json"));
        }
        let output = command.args(files).env_clear().env("HOME", home.path()).output().expect("it runs");
        let refused = match self {
            Self::Tombi => by_tombi(&home.path().join("said.json")),
            Self::Taplo => by_taplo(&output),
        };
        assert_eq!(output.status.success(), refused.is_empty(), "{self:?} {output:?}");
        Some(refused)
    }
}

/// The files with an error, of tombi's list of what it has to say.
fn by_tombi(said: &Path) -> BTreeSet<PathBuf> {
    let said: Value = serde_json::from_slice(&std::fs::read(said).expect("a list")).expect("JSON");
    let errors = said.as_array().expect("a list").iter().filter(|one| one["level"] == "error");
    errors.map(|one| one["path"].as_str().expect("a path").into()).collect()
}

/// The files of the lines `ERROR … invalid file error=… path="…"`.
fn by_taplo(output: &Output) -> BTreeSet<PathBuf> {
    let log = String::from_utf8_lossy(&output.stderr);
    let lines = log.lines().filter(|line| line.contains("invalid file"));
    let path = |line: &str| Some(PathBuf::from(line.rsplit_once("path=\"")?.1.strip_suffix('"')?));
    lines.map(|line| path(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// Which of `texts` a server refuses, as files beside the schema.
fn refused(server: Server, texts: &[String]) -> Option<BTreeSet<usize>> {
    let root = tempfile::tempdir().expect("a directory");
    let (schemas, profiles) = (root.path().join("schemas"), root.path().join("site-profiles"));
    for folder in [&schemas, &profiles] {
        std::fs::create_dir(folder).expect("made");
    }
    std::fs::copy(repository("schemas/site-profile.schema.json"), schemas.join("site-profile.schema.json"))
        .expect("the checked-in schema");
    let files: Vec<PathBuf> = (0..texts.len()).map(|n| profiles.join(format!("{n}.toml"))).collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, format!("{DIRECTIVE}{text}")).expect("written");
    }
    let refused = server.refused(&files)?;
    let number = |path: &PathBuf| files.iter().position(|file| file == path).unwrap_or_else(|| panic!("{path:?}"));
    Some(refused.iter().map(number).collect())
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn editors_take_every_profile_of_the_repository() {
    let folder = repository("site-profiles").read_dir().expect("profiles");
    let mut profiles: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    profiles.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    for profile in &profiles {
        let text = std::fs::read_to_string(profile).expect("readable");
        assert!(text.contains(DIRECTIVE), "{} names no schema", profile.display());
    }
    for server in Server::ALL {
        let Some(refused) = server.refused(&profiles) else { return };
        assert_eq!(refused, BTreeSet::new(), "{server:?}");
    }
}

#[test]
fn editors_refuse_every_structural_example_of_the_manual() {
    let examples = structural_examples();
    let texts: Vec<String> = examples.iter().map(|example| example.text.clone()).collect();
    for server in Server::ALL {
        let Some(refused) = refused(server, &texts) else { return };
        for (n, Example { code, text, is_bad }) in examples.iter().enumerate() {
            assert_eq!(refused.contains(&n), *is_bad, "{server:?} {code}: {text}");
        }
    }
}

#[test]
fn editors_refuse_a_wrong_value_behind_every_key() {
    let schema = Schema::new();
    let texts: Vec<String> = schema
        .paths
        .iter()
        .filter(|path| *path != "schema")
        .filter_map(|path| VALUES.iter().map(|value| text(path, value)).find(|text| !refusals(text).is_empty()))
        .collect();
    assert!(texts.len() > 200, "{}", texts.len());
    for server in Server::ALL {
        let Some(refused) = refused(server, &texts) else { return };
        let taken = texts.iter().enumerate().filter(|(n, _)| !refused.contains(n)).map(|(_, text)| text);
        let is_known = |text: &&String| server == Server::Taplo && text.contains(TAKEN_BY_TAPLO);
        let taken: Vec<&String> = taken.filter(|text| !is_known(text)).collect();
        assert!(taken.is_empty(), "{server:?} takes what the decoder refuses: {taken:#?}");
    }
}

/// What is offered at the end of the last line of `text`, which does not end with a line feed.
fn offered(editor: &mut Client, name: &str, text: &str) -> Vec<Value> {
    editor.open(name, text);
    let last = text.lines().last().unwrap_or_default();
    let position = json!({ "line": text.lines().count() - 1, "character": last.len() });
    let place = json!({ "textDocument": { "uri": editor.uri(name) }, "position": position });
    let begun = Instant::now();
    loop {
        let result = editor.ask("textDocument/completion", place.clone());
        let items = result.get("items").unwrap_or(&result).as_array().cloned().unwrap_or_default();
        // The schema is read while the first questions are asked already.
        if !items.is_empty() || begun.elapsed() > PATIENCE {
            return items;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["label"].as_str()).collect()
}

#[test]
fn an_editor_completes_keys_and_values_and_says_what_they_are() {
    let Some(mut command) = Server::Tombi.command() else { return };
    command.args(["lsp", "--offline"]);
    let schema = std::fs::read_to_string(repository("schemas/site-profile.schema.json")).expect("the schema");
    let mut editor = Client::of(command, &[("site-profile.schema.json", &schema)]).greeted();
    let head = "#:schema site-profile.schema.json\nschema = 1\n";

    let tables = offered(&mut editor, "tables.toml", &format!("{head}ru"));
    assert_eq!(labels(&tables), ["runtime"]);
    let keys = offered(&mut editor, "keys.toml", &format!("{head}[runtime]\nmax_"));
    assert_eq!(labels(&keys), ["max_groups"]);
    let about = keys[0]["documentation"]["value"].as_str().unwrap_or_default();
    assert!(about.contains("`maxGroupCount`"), "{about}");
    let values = offered(&mut editor, "values.toml", &format!("{head}kind = "));
    for kind in ["system", "gateway"] {
        assert!(labels(&values).contains(&format!("\"{kind}\"").as_str()), "{values:#?}");
    }
    assert!(editor.stop().success());
}
