//! The files below `schemas/` are those the program prints, and say what the decoder takes.

use std::path::{Path, PathBuf};

use shifter_site::{
    diagnostic::Severity,
    docs,
    profile::{self, LoadOptions, Profile},
    schema,
};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Fails when `file` does not hold `text`; writes it instead when SHIFTER_UPDATE is set.
fn is_current(file: &Path, text: &str) {
    if std::env::var_os("SHIFTER_UPDATE").is_some() {
        std::fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let current = std::fs::read_to_string(file).unwrap_or_default();
    assert!(current == text, "{} is stale: run `cargo xtask generate`", file.display());
}

#[test]
fn every_generated_schema_is_current() {
    for schema in schema::ALL {
        is_current(&repository().join("schemas").join(schema.file), &schema.text());
    }
}

#[test]
fn every_page_of_the_reference_is_current() {
    let folder = repository().join("docs/reference");
    if std::env::var_os("SHIFTER_UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    is_current(&folder.join("README.md"), &docs::page::index());
    let pages = docs::page::pages();
    for page in &pages {
        is_current(&folder.join(format!("{}.md", page.topic)), &page.markdown);
    }
    let left = folder
        .read_dir()
        .expect("the reference")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok());
    let left: Vec<String> = left
        .filter(|name| name != "README.md" && !pages.iter().any(|page| *name == format!("{}.md", page.topic)))
        .collect();
    assert_eq!(left, [""; 0], "no page is called so any more");
}

/// The effective profile as the JSON value the schema describes.
fn as_json(item: &profile::item::Item) -> serde_json::Value {
    use profile::item::Node;
    match &item.node {
        Node::String(text) => text.as_str().into(),
        Node::Integer(number) => (*number).into(),
        Node::Float(number) => (*number).into(),
        Node::Bool(truth) => (*truth).into(),
        Node::Array(elements) => elements.iter().map(as_json).collect(),
        Node::Table(entries) => {
            entries.iter().map(|(key, item)| (key.clone(), as_json(item))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

fn schema_errors(text: &str) -> Vec<String> {
    let schema = schema::find("profile").expect("the profile's schema").text();
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document = profile::document::read(
        &shifter_site::diagnostic::source::Source::new("t", shifter_site::diagnostic::source::SourceKind::Preset, text),
        0,
    );
    validator
        .iter_errors(&as_json(&document.root))
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect()
}

#[test]
fn every_profile_of_the_repository_fits_the_schema() {
    for entry in repository().join("site-profiles").read_dir().expect("the profiles") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).expect("readable");
            assert_eq!(schema_errors(&text), Vec::<String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn the_schema_refuses_what_the_decoder_refuses() {
    let profiles = [
        "schema = 1\nnope = 1\n",
        "schema = 1\n[gateway]\ntimeout = 20\n",
        "schema = 1\n[gateway]\ntimeout = \"20\"\n",
        "schema = 1\n[wlm]\nkind = \"slrum\"\n",
        "schema = 1\n[install.\"udiRoot.conf\"]\nmode = 640\n",
        "schema = 1\n[gateway.database]\npassword = \"x\"\n",
        "schema = 1\n[class.a]\nset.runtime.rotfs = \"tmpfs\"\n",
        "schema = 1\n[scale]\nnodes_per_job = 0\n",
        "schema = 9\n",
        "extends = 1\nschema = 1\n",
    ];
    for text in profiles {
        let loaded = profile::load::<Profile>(&LoadOptions::text("t.toml", text)).expect("nothing to read");
        let classes = loaded.classes().into_iter().flat_map(|class| loaded.for_class(&class).findings);
        assert!(loaded.findings.iter().cloned().chain(classes).count() > 0, "the decoder takes {text}");
        assert!(!schema_errors(text).is_empty(), "the schema takes {text}");
    }
}

#[test]
fn the_list_operations_of_layers_are_in_the_schema() {
    let text = "schema = 1\nfilesystem_remove = [\"/home\"]\n[gateway]\nadmins_add = [\"bob\"]\n[class.a]\nset.gateway.admins_remove = [\"bob\"]\n";
    assert_eq!(schema_errors(text), Vec::<String>::new());
    let loaded = profile::load::<Profile>(&LoadOptions::text("t.toml", text)).expect("nothing to read");
    assert!(loaded.findings.iter().all(|finding| finding.severity < Severity::Error), "{:?}", loaded.findings);
}
