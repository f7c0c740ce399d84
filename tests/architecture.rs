//! The shape of the house, pinned: who may depend on whom, what the setuid program is made of, where unsafe code may stand.
//!
//! Every list here is short on purpose. A failure means that a boundary moved: move it deliberately, with a reason in the commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "architecture/coverage.rs"]
mod coverage;
#[path = "architecture/named.rs"]
mod named;

/// Which of our own crates each of our crates may link (development dependencies aside).
const OWN_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("shifter-compliance", &[]),
    ("shifter-formats", &[]),
    ("shifter-gateway-types", &[]),
    ("shifter-libraries", &[]),
    ("shifter-munge", &[]),
    ("shifter-sys", &[]),
    ("shifter", &["shifter-formats", "shifter-sys"]),
    ("shifter-spank", &["shifter", "shifter-formats", "shifter-sys"]),
    ("shifterimg", &["shifter-formats", "shifter-gateway-types", "shifter-munge"]),
    ("shifter-sshd", &["shifter-formats"]),
    ("shifter-imagegw", &["shifter-formats", "shifter-gateway-types", "shifter-libraries", "shifter-munge"]),
    ("shifter-site", &["shifter-formats", "shifter-gateway-types", "shifter-libraries"]),
    ("xtask", &["shifter-formats", "shifter-munge", "shifter-sys"]),
];

/// Everything that is linked into the setuid program on Linux. Nothing may be added without a row in `runtime/SECURITY.md`.
const SETUID_CLOSURE: &[&str] = &[
    "bitflags",
    "cfg-if",
    "errno",
    "libc",
    "linux-raw-sys",
    "memoffset",
    "nix",
    "rustix",
    "shifter",
    "shifter-formats",
    "shifter-sys",
];

/// The crates whose sources may contain unsafe code; every other crate forbids it. `shifter-spank` is a library that Slurm calls
/// and that calls Slurm, which only C's conventions can say.
const UNSAFE_CRATES: &[&str] = &["shifter-munge", "shifter-spank", "shifter-sys"];

/// Top-level names of the repository that are not hidden.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "docs",
    "runtime",
    "schemas",
    "site-profiles",
    "src",
    "templates",
    "tests",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Our own packages: name → package object.
fn own_packages(metadata: &Value) -> BTreeMap<String, &Value> {
    let members: BTreeSet<&str> = list(&metadata["workspace_members"]).iter().filter_map(Value::as_str).collect();
    list(&metadata["packages"])
        .iter()
        .filter(|package| members.contains(text(&package["id"])))
        .map(|package| (text(&package["name"]).to_owned(), package))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// Whether a dependency edge of the resolved graph is a normal one: neither for tests nor for build scripts.
fn is_linked(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn our_crates_depend_only_on_those_below_them() {
    let metadata = metadata();
    let packages = own_packages(&metadata);
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        OWN_DEPENDENCIES.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    for (name, package) in &packages {
        let Some(allowed) = allowed.get(name.as_str()) else { panic!("`{name}` has no row in OWN_DEPENDENCIES") };
        let used: BTreeSet<&str> = list(&package["dependencies"])
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| text(&dependency["name"]))
            .filter(|dependency| packages.contains_key(*dependency))
            .collect();
        assert!(used.is_subset(allowed), "`{name}` links {used:?}, allowed are {allowed:?}");
    }
    assert_eq!(packages.len(), OWN_DEPENDENCIES.len(), "a row in OWN_DEPENDENCIES names no crate");
}

#[test]
fn the_formats_read_by_root_have_no_dependency() {
    let metadata = metadata();
    let formats = own_packages(&metadata)["shifter-formats"];
    let linked: Vec<&str> = list(&formats["dependencies"])
        .iter()
        .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
        .map(|dependency| text(&dependency["name"]))
        .collect();
    assert_eq!(linked, Vec::<&str>::new());
}

/// All that is linked into a crate of ours on Linux, itself included.
fn closure(root: &str) -> BTreeSet<String> {
    let metadata = metadata();
    let names: BTreeMap<&str, &str> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let mut open: Vec<&str> = names.iter().filter(|(_, name)| **name == root).map(|(id, _)| *id).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(list(&nodes[id]["deps"]).iter().filter(|dep| is_linked(dep)).map(|dep| text(&dep["pkg"])));
        }
    }
    seen.iter().map(|id| names[id].to_owned()).collect()
}

#[test]
fn the_setuid_closure_is_the_pinned_one() {
    assert_eq!(closure("shifter"), SETUID_CLOSURE.iter().map(|name| (*name).to_owned()).collect());
}

/// It is loaded into slurmd and into every command of Slurm: nothing more, and no runtime of threads.
#[test]
fn the_plugin_of_slurm_is_made_of_what_the_setuid_program_is_made_of() {
    let mut plugin = closure("shifter-spank");
    assert!(plugin.remove("shifter-spank"));
    assert_eq!(plugin, closure("shifter"));
}

#[test]
fn unsafe_code_stands_only_where_it_is_expected() {
    let metadata = metadata();
    let mut with_unsafe: BTreeSet<String> = BTreeSet::new();
    for (name, package) in own_packages(&metadata) {
        let manifest = Path::new(text(&package["manifest_path"])).to_owned();
        let source = manifest.parent().expect("a manifest lies in a folder").join("src");
        let has_unsafe = rust_files(&source)
            .iter()
            .any(|file| std::fs::read_to_string(file).expect("UTF-8 source").lines().any(is_unsafe_line));
        let forbids = std::fs::read_to_string(&manifest).expect("a manifest").contains("[lints]\nworkspace = true");
        assert_eq!(
            !forbids,
            UNSAFE_CRATES.contains(&name.as_str()),
            "`{name}`: lints of the workspace forbid unsafe code"
        );
        if has_unsafe {
            with_unsafe.insert(name);
        }
    }
    assert_eq!(with_unsafe.iter().map(String::as_str).collect::<Vec<_>>(), UNSAFE_CRATES);
}

/// Whether a line of source, comments aside, opens an unsafe block, function, trait or implementation.
fn is_unsafe_line(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern"].iter().any(|form| code.contains(form))
}

#[test]
fn the_workspace_forbids_unsafe_code() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the root manifest");
    assert!(manifest.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""));
}

#[test]
fn the_top_level_names_are_the_agreed_ones() {
    let output = Command::new("git")
        .args(["ls-tree", "--name-only", "HEAD"])
        .current_dir(root())
        .output()
        .expect("git lists the tree");
    let unexpected: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name))
        .map(str::to_owned)
        .collect();
    assert_eq!(unexpected, Vec::<String>::new());
}

#[test]
fn no_source_file_passes_five_hundred_lines() {
    let long: Vec<String> = ["src", "runtime", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|file| std::fs::read_to_string(file).expect("UTF-8 source").lines().count() > 500)
        .map(|file| file.strip_prefix(root()).expect("below the root").display().to_string())
        .collect();
    assert_eq!(long, Vec::<String>::new());
}
