//! What the examples of the pages do not show: scripts as sites write them, and other ways to write what a rule is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use shifter_site::lint::Example;

use crate::codes;
use crate::trial::found;

fn example(lang: &str, name: &str, text: &str) -> Example {
    Example { lang: lang.to_owned(), name: name.to_owned(), text: text.to_owned() }
}

/// The codes of what is found in a profile, laid over the minimal one.
fn of_profile(text: &str) -> BTreeSet<&'static str> {
    codes(&found(&[example("toml", "", text)]))
}

/// Scripts with something to find, and what. All others are fine.
const NOT_FINE: &[(&str, &str)] =
    &[("early-way-out.epilogue", "WLM003"), ("insmod-and-nscd.service", "HOOK025"), ("unquoted.epilogue", "HOOK020")];

#[test]
fn scripts_as_sites_write_them_raise_no_false_alarm() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules/scripts");
    let mut wrong = BTreeMap::new();
    let mut looked_at = 0;
    for entry in fs::read_dir(directory).expect("the scripts") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_str().expect("a plain name").to_owned();
        let role = path.extension().expect("a role").to_str().expect("a plain role");
        let profile = format!("[[script]]\nfile = \"{name}\"\nrole = \"{role}\"\n");
        let text = fs::read_to_string(&path).expect("a script");
        let said = codes(&found(&[example("toml", "", &profile), example("sh", &name, &text)]));
        let expected: BTreeSet<&str> = NOT_FINE.iter().filter(|(of, _)| *of == name).map(|(_, code)| *code).collect();
        if said != expected {
            wrong.insert(name, said);
        }
        looked_at += 1;
    }
    assert_eq!(looked_at, 30);
    assert_eq!(wrong, BTreeMap::new());
}

#[test]
fn a_hook_is_a_shell_script_whatever_its_first_line_says() {
    let profile = "[hooks.premount]\nextra = \"premount.sh\"\n";
    let hook = "#!/usr/bin/python3\nif True: print(\"x\")\n";
    assert!(codes(&found(&[example("toml", "", profile), example("sh", "premount.sh", hook)])).contains("HOOK016"));
}

#[test]
fn flags_of_slurm_in_one_text_are_told_apart() {
    let bad = "[wlm]\nkind = \"slurm\"\nslurm.prolog_flags = [\"Alloc, Contain\"]\n";
    let found = found(&[example("toml", "", bad)]);
    assert_eq!(codes(&found), BTreeSet::from(["WLM012"]));
    assert_eq!(found[0].finding.message, "PrologFlags has to be `Alloc,Contain`");
    let good = "[wlm]\nkind = \"slurm\"\nslurm.prolog_flags = [\"Alloc\", \"Contain\"]\n";
    assert_eq!(of_profile(good), BTreeSet::new());
}

#[test]
fn a_database_behind_a_socket_or_the_loopback_of_ipv6_is_on_this_host() {
    for address in ["127.0.0.1,[::1]:27017", "%2Frun%2Fmongodb.sock", "localhost:27017"] {
        let profile = format!("[gateway.database]\nuri = \"mongodb://{address}/\"\n");
        assert_eq!(of_profile(&profile), BTreeSet::new(), "{address}");
    }
    for address in ["db1", "[2001:db8::1]:27017", "localhost,db1"] {
        let profile = format!("[gateway.database]\nuri = \"mongodb://{address}/\"\n");
        assert_eq!(of_profile(&profile), BTreeSet::from(["GW023", "GW024"]), "{address}");
    }
}

#[test]
fn a_setting_for_a_rule_that_is_not_there_or_has_no_limit_is_found() {
    let bad = [
        "thresholds.GW999 = 3",
        "thresholds.GW = 3",
        "thresholds.FS001 = 3",
        "thresholds.GW005 = -1",
        "thresholds.GW005 = nan",
        "thresholds.WLM002 = 0",
        "ignore = [\"nope\"]",
        "ignore = [\"\"]",
        "per_file_ignores = { \"*.toml\" = [\"XXX\"] }",
    ];
    for setting in bad {
        assert_eq!(of_profile(&format!("[lint]\n{setting}\n")), BTreeSet::from(["SITE023"]), "{setting}");
    }
    for setting in
        ["thresholds.endpoint-scale = 3000", "ignore = [\"RT023\"]", "per_file_ignores = { \"x.toml\" = [\"FS\"] }"]
    {
        assert_eq!(of_profile(&format!("[lint]\n{setting}\n")), BTreeSet::new(), "{setting}");
    }
}

#[test]
fn two_files_with_one_secret_are_found_when_they_are_looked_up() {
    let profile = "[gateway.database]\nuri = \"mongodb://localhost/\"\nuser = \"shifter\"\n\
         password = { file = \"secrets/one\" }\nadmin = { password = { file = \"secrets/two\" } }\n";
    let files = |two: &str| {
        let one = "v3ry-l0ng-and-synthetic\n";
        [example("toml", "resolve", profile), example("text", "secrets/one", one), example("text", "secrets/two", two)]
    };
    assert_eq!(codes(&found(&files("v3ry-l0ng-and-synthetic\n"))), BTreeSet::from(["SEC007"]));
    assert_eq!(codes(&found(&files("an0ther-and-as-l0ng-one\n"))), BTreeSet::new());
}

#[test]
fn a_hook_that_changes_the_host_by_install_or_sed_is_found() {
    let profile = "[hooks.premount]\nextra = \"premount.sh\"\n";
    let said = |hook: &str| codes(&found(&[example("toml", "", profile), example("sh", "premount.sh", hook)]));
    for bad in ["install -d /global", "install -d -m 0755 -o root /global/u1", "sed -i s/a/b/ /etc/passwd"] {
        assert_eq!(said(bad), BTreeSet::from(["HOOK002"]), "{bad}");
    }
    for good in ["install -d -m 0755 global/u1", "sed s,/a,/b, /etc/motd > etc/motd", "sed -i s,/a,/b, etc/motd"] {
        assert_eq!(said(good), BTreeSet::new(), "{good}");
    }
}

#[test]
fn what_becomes_a_native_key_is_said_of_its_own_place() {
    let bad = [
        "[gpu.nvidia]\ndevices = [\"/dev/nvidia*\"]",
        "[gpu.nvidia]\nfiles = [\"/usr/lib64/libcuda.so\"]",
        "[gpu.nvidia]\nkeep_env = [\"CUDA_*\"]",
        "[fabric]\ndevices = [\"/dev/cxi*\"]",
        "[runtime]\nkeep_env = [\"CUDA_*\"]",
    ];
    for profile in bad {
        let found = found(&[example("toml", "", profile)]);
        assert_eq!(codes(&found), BTreeSet::from(["VER001"]), "{profile}");
    }
    assert_eq!(of_profile("[gpu.nvidia]\ndriver = \"550.90.07\"\n"), BTreeSet::new());
}
