//! The files whose reading by the original's parsers is recorded.

use std::collections::BTreeMap;

use serde_json::Value;
use shifter_formats::Target;

use crate::support::{broken, file, import, repository};

fn recorded() -> BTreeMap<String, BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(repository("tests/data/udiroot/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_import_succeeds_exactly_where_the_original_accepts_the_file_and_then_the_law_holds() {
    let mut wrong = Vec::new();
    let mut held = 0;
    for (name, by_target) in recorded() {
        for (target, answer) in by_target {
            let target: Target = target.parse().unwrap();
            let accepted = answer["rc"] == 0;
            let file = file(&format!("tests/data/udiroot/{name}"));
            // The recorded parsers carry no patch; a site whose file has the key has one that does.
            let is_patched = String::from_utf8_lossy(&file.bytes).contains("mountCmd=");
            let imported = import(&[file], Some(target));
            if imported.accepted != accepted && !is_patched {
                wrong.push(format!("{name} for {target}: accepted is {}", imported.accepted));
            }
            if imported.accepted {
                held += 1;
                wrong.extend(broken(&imported).into_iter().map(|law| format!("{name} for {target}: {law}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(held > 80, "only {held} files were accepted");
}

#[test]
fn a_profile_comes_out_of_a_refused_file_too() {
    for name in recorded().keys() {
        let imported = import(&[file(&format!("tests/data/udiroot/{name}"))], Some(Target::V1803));
        let text = &imported.profiles[0].1;
        let read = text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert!(read["site"]["name"].is_str() && read["images"]["path"].is_str(), "{name}: {text}");
    }
}
