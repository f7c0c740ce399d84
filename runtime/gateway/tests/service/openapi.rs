//! The interface is what its OpenAPI document says: asked by schemathesis, which makes up what nobody would write.

use std::process::Command;

use super::munged::Munged;
use super::{Site, layout, program, pull, site_with_hello, wire};

/// Requests tried for each question in each way.
const EXAMPLES: &str = "25";

/// Where `cargo xtask test` installs it.
fn folder() -> std::path::PathBuf {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| manifest.join("../../target"), Into::into);
    target.join("schemathesis")
}

#[test]
fn the_document_names_every_question() {
    let munged = Munged::start();
    let (site, _) = site_with_hello(&munged);
    let _daemon = site.start(program());
    let raw = wire::unix(&site.path("socket"), "GET /api/openapi.json");
    assert_eq!(raw.status(), 200);
    let document: serde_json::Value = serde_json::from_str(&raw.body).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let lookup = &document["paths"]["/api/lookup/{system}/{type}/{tag}/"]["get"];
    assert_eq!(lookup["parameters"].as_array().unwrap().len(), 3);
    let required = document["components"]["schemas"]["Record"]["required"].as_array().unwrap();
    assert_eq!(required.len(), 13, "a record has all of its fields");
}

#[test]
fn no_request_is_answered_otherwise_than_the_document_says() {
    let program_folder = folder();
    if !program_folder.join("installed.txt").exists() {
        eprintln!("skipped: schemathesis is not installed (cargo xtask packages)");
        return;
    }
    let munged = Munged::start();
    let mut site = Site::new(munged.socket());
    // The document's example.
    layout::write(&site.path("layouts"), "ubuntu", "24.04", &[("hello", b"hi\n")]);
    site.config["Compat"] = serde_json::json!({ "anonymous": true });
    let _daemon = site.start(program());
    pull(&site, "ubuntu:24.04");
    let settings = "[parameters]\n\"path.system\" = \"cori\"\n";
    std::fs::write(site.path("schemathesis.toml"), settings).unwrap();
    let url = format!("http://{}", site.address());
    let output = Command::new("python3")
        .arg(program_folder.join("bin/schemathesis"))
        .arg("--config-file")
        .arg(site.path("schemathesis.toml"))
        .args(["run", &format!("{url}/api/openapi.json"), "--url", &url])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1", "--no-color"])
        .env("PYTHONPATH", &program_folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*")
        .current_dir(site.path(""))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let tested = shown.lines().find_map(|line| line.trim().strip_prefix("Tested: ")).unwrap_or("0");
    assert!(tested.parse::<usize>().unwrap() >= 20, "{shown}");
    // No pull runs for as long as all of this takes: how far one is is answered with 404 alone.
    let missing = shown.split_once("Missing test data: ").map_or("", |(_, rest)| rest);
    let is_progress = missing.starts_with("1 operation ") && missing.contains("\n  - GET /api/progress/");
    assert!(missing.is_empty() || is_progress, "nothing was found by the example's name: {shown}");
    assert!(output.status.success(), "{shown}\n{}", site.log());
}
