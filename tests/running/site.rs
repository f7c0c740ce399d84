//! A small native site below `/srv`, rendered from a profile, with three versions of a module and of a directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use shifter_site::profile::{self, LoadOptions, Profile};
use shifter_site::render::{self, Inputs, Manifest, Secrets};
use shifter_site::versioned;

use super::containers::{ALICE, LOOPER};
use super::ground::{at, copy_libraries, install_shifter, lie_over_the_host, run, write};

/// How many versions there are, from 1.
pub(crate) const VERSIONS: usize = 3;

const PROFILE: &str = r#"
schema = 1
[site]
name = "rolling"
[target]
shifter = "native"
os = "linux"
init = "none"
[paths]
udi_mount = "/srv/udi"
loop_mount = "/srv/loop"
[images]
path = "/srv/images"
owner = "root"
[etc]
path = "/srv/etc"
[runtime]
default_modules = ["tool"]
[[filesystem]]
source = "/srv/opt/data"
target = "/data"
options = ["ro"]
[module.tool]
copy_from = "/srv/opt/tool"
[install.tree."/srv/opt/tool"]
from = "tool-VERSION"
[install.tree."/srv/opt/data"]
from = "data-VERSION"
[gateway]
endpoints = ["unix:/run/shifter/gateway.sock"]
[class.compute]
"#;

pub(crate) struct Site {
    manifests: Vec<Manifest>,
}

impl Site {
    /// Makes it, in mounts of this process's own.
    pub(crate) fn new() -> Self {
        lie_over_the_host();
        install_shifter(ALICE);
        make_image();
        let mut site = Self { manifests: Vec::new() };
        for version in 1..=VERSIONS {
            make_version(version);
            let (plan, _) = site.render(version);
            let manifest = plan.get("manifest.json").expect("there is one");
            site.manifests.push(serde_json::from_slice(&manifest.bytes).expect("its own form"));
        }
        site
    }

    /// Makes this version the one that new containers get, as an administrator would.
    pub(crate) fn roll_to(&self, version: usize) {
        let (plan, inputs) = self.render(version);
        for tree in &inputs.trees {
            versioned::install(tree, Path::new("/")).expect("it can be installed");
        }
        render::write(&plan, Path::new("/etc/shifter")).expect("it can be written");
    }

    /// The directories that are installed by version.
    pub(crate) fn tree_paths(&self) -> BTreeSet<String> {
        self.manifests[0].trees.iter().map(|tree| tree.path.clone()).collect()
    }

    /// Where a version's directories are installed.
    pub(crate) fn places(&self, version: usize) -> BTreeSet<String> {
        self.manifests[version - 1].trees.iter().map(|tree| tree.install.clone()).collect()
    }

    /// The id of a version's configuration.
    pub(crate) fn config_id(&self, version: usize) -> &str {
        &self.manifests[version - 1].classes[0].config_id
    }

    /// Replaces the files of an installed version, as an update in place would.
    pub(crate) fn spoil(&self, version: usize) {
        for place in self.places(version) {
            for part in ["lib", "bin"] {
                let directory = Path::new(&place).join(part);
                for entry in fs::read_dir(directory).into_iter().flatten() {
                    fs::remove_file(entry.expect("an entry").path()).expect("removed");
                }
            }
        }
    }

    fn render(&self, version: usize) -> (render::Plan, Inputs) {
        let text = PROFILE.replace("VERSION", &version.to_string());
        let loaded =
            profile::load::<Profile>(&LoadOptions::text("rolling.toml", text.as_str())).expect("nothing to read");
        assert!(loaded.loss.is_none(), "{:?}", loaded.findings);
        let view = loaded.for_class("compute");
        let site = shifter_site::site::Site::resolve(&view.profile, Some("compute")).expect("it means something");
        let sites = [site];
        let inputs =
            Inputs::gather(&sites, "rolling.toml", &at("trees"), Secrets::Resolve).expect("the trees are there");
        let plan = render::plan(&sites, &inputs).unwrap_or_else(|errors| panic!("{errors:?}"));
        (plan, inputs)
    }
}

/// Compiles a text of C to a path of the site.
fn compile(text: &str, path: &str, options: &[&str]) {
    write("source.c", text);
    let target = at(path);
    fs::create_dir_all(target.parent().expect("it has one")).expect("made");
    let target = target.to_str().expect("UTF-8").to_owned();
    run("cc", &[&["-O1", "-o", &target, "/srv/source.c"], options].concat());
}

/// Two trees: a module with a program and a library that know their version, and a directory with a file that does.
fn make_version(version: usize) {
    let tree = format!("trees/tool-{version}");
    let library = format!("int version(void) {{ return {version}; }}");
    compile(&library, &format!("{tree}/lib/libversion.so"), &["-shared", "-fPIC"]);
    compile(&format!("int main(void) {{ return {version}; }}"), &format!("{tree}/bin/version"), &[]);
    write(&format!("trees/data-{version}/version"), &format!("{version}\n"));
}

/// An image with the looping program and its libraries.
fn make_image() {
    compile(LOOPER, "image/bin/looper", &["-ldl"]);
    copy_libraries("image/bin/looper", "image");
    for directory in ["proc", "sys", "dev", "tmp", "etc", "data"] {
        fs::create_dir_all(at("image").join(directory)).expect("made");
    }
    run("mksquashfs", &["/srv/image", "/srv/images/loop.squashfs", "-all-root", "-quiet", "-no-progress"]);
    write("images/loop.meta", "FORMAT: squashfs\nENV: PATH=/bin\n");
}
