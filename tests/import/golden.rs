//! What the site profiles render comes back: the files of every golden, imported, render the same again.

use std::path::Path;

use shifter_formats::Target;
use shifter_site::import::InputFile;

use crate::support::{broken, import, repository};

/// The files that lie directly in a golden directory.
fn files(directory: &Path) -> Vec<InputFile> {
    let mut files = Vec::new();
    for entry in directory.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && name != "manifest.json" {
            files.push(InputFile::new(name, std::fs::read(&path).unwrap()));
        }
    }
    let plugstack = directory.join("wlm/plugstack.conf");
    if plugstack.is_file() {
        files.push(InputFile::new("plugstack.conf", std::fs::read(plugstack).unwrap()));
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

#[test]
fn every_golden_imports_and_renders_the_same_again() {
    let goldens = [
        ("bluewaters", Target::V1608Gpu),
        ("cori", Target::V1803),
        ("cori/login", Target::V1803),
        ("edison", Target::V1803),
        ("greina", Target::V1608Gpu),
        ("centos7", Target::V1803),
        ("laptop", Target::Native),
        ("el9-slingshot", Target::Native),
        ("el9-slingshot/gpu-a100", Target::Native),
        ("el9-slingshot/gpu-mi300", Target::Native),
        ("el9-slingshot-test", Target::Native),
        ("gateway", Target::V1803),
    ];
    let mut wrong = Vec::new();
    for (name, target) in goldens {
        let imported = import(&files(&repository(&format!("tests/golden/{name}"))), Some(target));
        if !imported.accepted {
            wrong.push(format!("{name}: not accepted"));
        }
        wrong.extend(broken(&imported).into_iter().map(|law| format!("{name}: {law}\n{}", imported.text())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
