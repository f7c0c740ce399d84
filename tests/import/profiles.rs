//! Profiles that nobody wrote: what is rendered from one is imported as the same profile, but for what [`LOST`] names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shifter_site::import::{self, InputFile};
use shifter_site::profile::{self, LoadOptions, Profile};
use shifter_site::render::{self, Inputs, vault::Vault};
use shifter_site::site::Site;
use shifter_site::target::Target;
use toml::{Table, Value};

use crate::support::{broken, options};
use crate::typed::profile;

/// Keys of which rendered files say nothing, or nothing different, and why.
const LOST: &[(&str, &str)] = &[
    ("site.title", "no file says it"),
    ("site.organization", "no file says it"),
    ("target.os", "it decides defaults, and these are written out"),
    ("scale.nodes_per_job", "no file says it"),
    ("images.platforms", "without a gateway of its own no file says it"),
    ("images.lustre.replication", "without a stripe count the gateway has no key for it"),
    ("gateway.user", "the unit says it, which is not imported"),
    ("gateway.log_dir", "the unit says it, which is not imported"),
    ("paths.tools.*", "the native runtime knows no key for the programs, for it mounts by itself"),
    ("symlink.phase", "natively `siteLink` makes all links, at one time"),
    ("gateway.anonymous", "`false` is the lack of a key"),
    ("module.*.default", "it becomes the list `runtime.default_modules`"),
    ("runtime.populate_etc", "`static` is the lack of a key"),
    ("kernel_modules.max_loop", "the files of the nodes say it, which are not imported"),
];

/// Keys that an import writes although the profile left them to their defaults: rendered files have them.
const WRITTEN_OUT: &[&str] = &[
    "images.default_type",
    "images.expire_after",
    "images.format",
    "images.owner",
    "paths.prefix",
    "paths.udi_mount",
    "paths.loop_mount",
    "paths.mount_command",
    "paths.tools.modprobe",
    "paths.tools.insmod",
    "paths.tools.cp",
    "paths.tools.mv",
    "paths.tools.chmod",
    "paths.tools.dd",
    "etc.path",
    "runtime.rootfs",
    "runtime.writable_root",
    "runtime.max_groups",
    "runtime.libc_passwd_calls",
    "runtime.populate_etc",
    "runtime.default_modules",
    "runtime.propagation",
    "runtime.per_node_cache.path",
    "hooks.premount.path",
    "hooks.postmount.path",
    "gateway.access",
    "gateway.bind",
    "gateway.munge_socket",
    "gateway.pull_recheck",
    "gateway.workers.threads",
    "gateway.limits.*",
    "gateway.cache_dir",
    "gateway.expand_dir",
    "gateway.broker.data_dir",
    "gateway.database.name",
    "gateway.database.uri",
    "module.*.enabled",
    "registry.*.type",
    "registry.*.default",
];

/// A pattern of a key path, whose `*` is any one part.
fn is_named(pattern: &str, key: &str) -> bool {
    let (pattern, key) = (pattern.split('.'), key.split('/'));
    pattern.clone().count() == key.clone().count() && pattern.zip(key).all(|(p, k)| p == "*" || p == k)
}

/// The path of every value, its parts joined by `/`; lists are values.
fn keys(table: &Table) -> BTreeSet<String> {
    fn walk(table: &Table, above: &str, keys: &mut BTreeSet<String>) {
        for (key, value) in table {
            let path = if above.is_empty() { key.clone() } else { format!("{above}/{key}") };
            match value {
                Value::Table(table) if !table.contains_key("file") => walk(table, &path, keys),
                _ => drop(keys.insert(path)),
            }
        }
    }
    let mut all = BTreeSet::new();
    walk(table, "", &mut all);
    all
}

fn remove(table: &mut Table, path: &str) {
    match path.split_once('/') {
        None => drop(table.remove(path)),
        Some((key, rest)) => {
            if let Some(inner) = table.get_mut(key).and_then(Value::as_table_mut) {
                remove(inner, rest);
                if inner.is_empty() {
                    table.remove(key);
                }
            }
        }
    }
}

/// The order of mounts and links says nothing: parents are mounted first. Nor does the phase of links, natively.
fn sorted(mut profile: Profile, target: Target) -> Profile {
    profile.symlink.iter_mut().filter(|_| target.is_native()).for_each(|link| link.phase = None);
    let place = |target: &Option<_>, source: &Option<_>| format!("{:?}", target.as_ref().or(source.as_ref()));
    profile.filesystem.sort_by_key(|entry| place(&entry.target, &entry.source));
    profile.symlink.sort_by_key(|entry| format!("{:?}", entry.link));
    for module in profile.module.values_mut() {
        module.filesystem.sort_by_key(|entry| place(&entry.target, &entry.source));
    }
    profile
}

fn load(text: &str) -> Profile {
    let loaded = profile::load::<Profile>(&LoadOptions::text("generated.toml", text)).unwrap();
    assert!(loaded.loss.is_none(), "{:?}\n{text}", loaded.findings);
    loaded.profile
}

/// The files that an import reads, as a profile renders them.
fn rendered(text: &str, secrets: &BTreeMap<String, String>) -> Vec<InputFile> {
    let site = Site::resolve(&load(text), None).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let inputs = Inputs {
        source: "generated.toml".to_owned(),
        vault: Vault::of_files(secrets),
        files: BTreeMap::new(),
        trees: Vec::new(),
    };
    let plan = render::plan(&[site], &inputs).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let is_read = |path: &str| {
        matches!(path, "udiRoot.conf" | "imagemanager.json" | "premount.sh" | "postmount.sh" | "redis.conf")
    };
    let files = plan.artifacts.into_iter().filter(|artifact| is_read(&artifact.path));
    files.map(|artifact| InputFile::new(artifact.path, artifact.bytes)).collect()
}

/// The lines of a file but for those that name the profile or what it was made of, and for what says the default.
fn lines(file: &InputFile) -> Vec<String> {
    let text = String::from_utf8_lossy(&file.bytes);
    let says_nothing = |line: &str| {
        line.contains("Generated by shifter-site") || line.starts_with("confId=") || line == "populateEtcDynamically=0"
    };
    text.lines().filter(|line| !says_nothing(line)).map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_profile_renders_is_imported_as_that_profile((target, mut old) in profile()) {
        let target: Target = target;
        let text = old.to_string();
        let secret = BTreeMap::from([("secrets/mongodb-keeper".to_owned(), "p@ss:w/rd%1".to_owned()),
                                     ("secrets/redis".to_owned(), "r@d:is/2%".to_owned())]);
        let files = rendered(&text, &secret);
        let imported = import::import(&files, &options(Some(target))).unwrap();
        prop_assert!(imported.holds(), "{text}\n{:?}", broken(&imported));
        prop_assert!(imported.accepted, "{}\n{text}", imported.text());
        let new_text = &imported.profiles[0].1;
        let mut new: Table = new_text.parse().unwrap();

        let (had, has) = (keys(&old), keys(&new));
        let lost: Vec<&String> = had.difference(&has).collect();
        let unknown = lost.iter().filter(|key| !LOST.iter().any(|(pattern, _)| is_named(pattern, key)));
        prop_assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&&String>::new(), "lost: {}\n{}", text, new_text);
        let added: Vec<&String> = has.difference(&had).collect();
        let unknown = added.iter().filter(|key| !WRITTEN_OUT.iter().any(|pattern| is_named(pattern, key)));
        prop_assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&&String>::new(), "added: {}\n{}", text, new_text);
        lost.into_iter().for_each(|key| remove(&mut old, key));
        added.into_iter().for_each(|key| remove(&mut new, key));
        let (one, two) = (sorted(load(&old.to_string()), target), sorted(load(&new.to_string()), target));
        let (debug_one, debug_two) = (format!("{one:#?}"), format!("{two:#?}"));
        let differing: Vec<_> = debug_one.lines().zip(debug_two.lines()).filter(|(one, two)| one != two).take(9).collect();
        prop_assert!(one == two, "{differing:#?}\n{text}\n{new_text}");

        // What was written out is the default: the files are the same again, byte for byte.
        let again = rendered(new_text, &secret);
        let name = |files: &[InputFile]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        prop_assert_eq!(name(&files), name(&again));
        for (file, other) in files.iter().zip(&again) {
            let (one, two) = (lines(file), lines(other));
            let differing: Vec<_> = one.iter().zip(&two).filter(|(one, two)| one != two).collect();
            prop_assert!(differing.is_empty() && one.len() == two.len(), "{differing:?}\n{text}\n{new_text}");
        }
    }
}

#[test]
fn each_key_that_is_lost_has_a_reason_and_is_no_default_that_is_written_out() {
    for (key, reason) in LOST {
        assert!(!reason.is_empty(), "{key}");
        assert!(*key == "runtime.populate_etc" || !WRITTEN_OUT.contains(key), "{key}");
    }
}
