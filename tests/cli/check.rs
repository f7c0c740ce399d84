//! `check` on deliberate mistakes: each is said where it is, with help.

use super::support::{GOOD, Ran, Site, good_but};

/// What `check` says of a mistake: one snapshot, and the place and code by themselves.
fn mistake(name: &str, text: &str, code: &str, marked: &str) {
    let site = Site::new().with("site.toml", text);
    let at = text.find(marked).unwrap_or_else(|| panic!("{marked} is not in the profile"));
    let line = text[..at].matches('\n').count() + 1;
    let concise = site.run(&["check", "--format", "concise", "site.toml"]);
    let place = format!("site.toml:{line}:");
    let found = concise.out.lines().find(|said| said.starts_with(&place) && said.contains(&format!("[{code}]")));
    assert!(found.is_some(), "no {code} at line {line}:\n{}", concise.out);
    let Ran { code: exit, out, .. } = site.run(&["check", "site.toml"]);
    assert_eq!(exit, 1, "{out}");
    assert!(out.contains("help:"), "no help:\n{out}");
    insta::assert_snapshot!(name, out);
}

#[test]
fn a_typo_in_a_key() {
    mistake("typo", &good_but("cache_dir ", "cahce_dir "), "SITE002", "cahce_dir");
}

#[test]
fn a_number_where_a_duration_belongs() {
    mistake("wrong-type", &good_but("\"20s\"", "20"), "SITE003", "= 20\n");
}

#[test]
fn a_duration_without_a_unit_anybody_knows() {
    mistake("bad-duration", &good_but("\"90d\"", "\"90 days\""), "SITE003", "\"90 days\"");
}

#[test]
fn a_file_mode_without_quotes() {
    mistake("bad-mode", &format!("{GOOD}\n[install.\"udiRoot.conf\"]\nmode = 640\n"), "SITE003", "640");
}

#[test]
fn a_variant_that_does_not_exist() {
    mistake("bad-variant", &good_but("\"slurm\"", "\"slrum\""), "SITE003", "\"slrum\"");
}

#[test]
fn a_syntax_error() {
    mistake("syntax", &good_but("source = \"/home\"", "source = /home"), "SITE001", "/home");
}

#[test]
fn a_class_made_from_one_that_does_not_exist() {
    let text = format!("{GOOD}\n[class.compute]\n[class.login]\nfrom = [\"compte\"]\n");
    mistake("unknown-class", &text, "SITE013", "\"compte\"");
}

#[test]
fn an_inline_password() {
    mistake("inline-secret", &format!("{GOOD}\n[gateway.broker]\npassword = \"hunter2\"\n"), "SEC001", "\"hunter2\"");
}

#[test]
fn a_schema_from_the_future() {
    mistake("schema", &good_but("schema = 1", "schema = 7"), "SITE005", "7");
}

#[test]
fn a_profile_for_a_newer_program() {
    mistake("requires", &format!("requires = \">=99\"\n{GOOD}"), "SITE005", "\">=99\"");
}

#[test]
fn a_wrong_key_in_a_class_override() {
    let text = format!("{GOOD}\n[class.login]\nset.runtime.rotfs = \"tmpfs\"\n");
    mistake("class-override", &text, "SITE002", "rotfs");
}

#[test]
fn a_target_that_two_file_systems_want() {
    let text = good_but("[gateway]", "[[filesystem]]\nsource = \"/lus/home\"\ntarget = \"/home\"\n\n[gateway]");
    mistake("duplicate-target", &text, "FS011", "target = \"/home\"");
}

#[test]
fn a_conflict_with_a_module_that_does_not_exist() {
    let text = format!("{GOOD}\n[module.mpich]\ncopy_from = \"/opt/mpich\"\nconflict = [\"opnmpi\"]\n");
    mistake("unknown-module", &text, "MOD007", "\"opnmpi\"");
}

#[test]
fn a_required_key_that_is_missing() {
    mistake("missing", &good_but("path = \"/shared/images\"\n", ""), "SITE004", "[images]");
}

#[test]
fn a_file_system_for_a_class_that_does_not_exist() {
    let text = good_but("source = \"/home\"", "source = \"/home\"\nclasses = [\"compte\"]") + "\n[class.compute]\n";
    mistake("file-system-class", &text, "SITE013", "[\"compte\"]");
}

#[test]
fn a_clean_run_says_what_was_looked_at() {
    let site = Site::new().with("a.toml", GOOD).with("b.toml", &format!("{GOOD}\n[class.compute]\n[class.login]\n"));
    let ran = site.run(&["check", "a.toml", "b.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "No problems in 2 profiles (target 18.03, 2 classes).\n"));
}

#[test]
fn warnings_fail_a_strict_run_and_one_that_asks() {
    let site = Site::new().with("site.toml", &good_but("boot_dirs = true", ""));
    let ran = site.run(&["check", "site.toml"]);
    assert!(ran.code == 0 && ran.out.contains("RT024"), "{ran:?}");
    assert_eq!(site.run(&["check", "--tier", "strict", "site.toml"]).code, 1);
    assert_eq!(site.run(&["check", "--fail-on", "warn", "site.toml"]).code, 1);
    assert_eq!(site.run(&["check", "--tier", "strict", "--fail-on", "error", "site.toml"]).code, 0);
    let own = site.with("own.toml", &(good_but("boot_dirs = true", "") + "\n[lint]\nfail_on = \"warn\"\n"));
    assert_eq!(own.run(&["check", "own.toml"]).code, 1);
    assert_eq!(own.run(&["check", "--ignore", "RT024", "own.toml"]).code, 0);
}

#[test]
fn the_profile_may_ignore_rules_for_all_files_or_some() {
    let lint = |lines: &str| good_but("boot_dirs = true", "") + "\n[lint]\n" + lines;
    let site = Site::new()
        .with("all.toml", &lint("ignore = [\"RT024\"]\n"))
        .with("some.toml", &lint("[lint.per_file_ignores]\n\"so*.toml\" = [\"mount-points-not-precreated\"]\n"))
        .with("other.toml", &lint("[lint.per_file_ignores]\n\"so*.toml\" = [\"RT024\"]\n"));
    assert!(!site.run(&["check", "all.toml"]).out.contains("RT024"));
    assert!(!site.run(&["check", "some.toml"]).out.contains("RT024"));
    assert!(site.run(&["check", "other.toml"]).out.contains("RT024"));
}

#[test]
fn suppressions_are_counted_and_judged() {
    let suppressed = |comment: &str| {
        good_but(
            "[gateway]",
            &format!("[[filesystem]]\nsource = \"/lus/home\"\ntarget = \"/home\" {comment}\n\n[gateway]"),
        )
    };
    let site = Site::new()
        .with("why.toml", &suppressed("# shifter-site: ignore[FS011] on purpose"))
        .with("mute.toml", &suppressed("# shifter-site: ignore[duplicate-target]"))
        .with("unused.toml", &format!("{GOOD}# shifter-site: ignore[FS011, FS999] nothing here\n"));
    let ran = site.run(&["check", "why.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "No problems in 1 profile (target 18.03); 1 suppressed.\n"));
    let ran = site.run(&["check", "--format", "concise", "mute.toml"]);
    assert!(ran.code == 0 && ran.out.contains("mute.toml:19:18: warn[SITE016]"), "{ran:?}");
    let ran = site.run(&["check", "--format", "concise", "unused.toml"]);
    assert!(ran.out.contains("`FS011` is suppressed where it finds nothing") && ran.out.contains("`FS999`"), "{ran:?}");
    let ran = site.run(&["check", "--format", "concise", "--select", "RT", "unused.toml"]);
    assert!(!ran.out.contains("SITE015"), "{ran:?}");
}

#[test]
fn all_mistakes_of_a_run_come_at_once() {
    let text = good_but("cache_dir ", "cahce_dir ").replacen("\"20s\"", "20", 1).replacen("\"slurm\"", "\"slrum\"", 1);
    let site = Site::new().with("site.toml", &text).with("other.toml", &good_but("\"90d\"", "90"));
    let ran = site.run(&["check", "--format", "concise", "site.toml", "other.toml"]);
    insta::assert_snapshot!("all-at-once", ran.out);
}

#[test]
fn a_suppression_that_other_values_do_not_need_is_no_finding() {
    let text = good_but("\"http://head:5000\"", "\"http://head:5000\", \"http://head:5001\"");
    let text =
        text.replace("endpoints  = ", "# shifter-site: ignore[GW006] one head node is all there is\nendpoints  = ");
    let site = Site::new().with("site.toml", &text);
    assert_eq!(site.run(&["check", "site.toml"]).out, "No problems in 1 profile (target 18.03); 1 suppressed.\n");
    let one = ["check", "--format", "concise", "--set", "gateway.endpoints=[\"http://head:5000\"]", "site.toml"];
    let ran = site.run(&one);
    assert!(!ran.out.contains("SITE015"), "{ran:?}");
}

#[test]
fn without_a_readable_release_only_what_holds_for_all_is_found() {
    let unix = good_but("\"http://head:5000\"", "\"unix:/run/shifter/gateway.sock\"");
    let twice = format!("{unix}\n[[filesystem]]\nsource = \"/home\"\n");
    let site = Site::new().with("site.toml", &twice.replace("\"18.03\"", "\"18.3\""));
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert!(ran.out.contains("error[SITE003]") && ran.out.contains("FS011"), "{ran:?}");
    assert!(!ran.out.contains("GW002"), "the native client can use the socket: {ran:?}");
}

#[test]
fn a_class_that_nobody_declared_is_said_once() {
    let site = Site::new().with("site.toml", GOOD);
    let ran = site.run(&["check", "--format", "concise", "--class", "login", "site.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (64, ""));
    assert_eq!(ran.err, "shifter-site: `site.toml` has no class `login`, nor any other\n");
}

#[test]
fn keys_below_a_header_that_is_not_closed_are_no_mistakes_of_their_own() {
    let site = Site::new().with("site.toml", &good_but("[site]", "[site"));
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert_eq!(ran.out.matches("error[").count(), 1, "{ran:?}");
    assert!(ran.out.contains("site.toml:3:6: error[SITE001]"), "{ran:?}");
}

#[test]
fn a_password_in_an_address_is_found_and_not_shown() {
    let site = Site::new().with("site.toml", &good_but("mongodb://localhost", "mongodb://shifter:hun/ter2@localhost"));
    for form in ["human", "concise", "json", "sarif", "github", "gitlab", "junit"] {
        let ran = site.run(&["check", "--format", form, "site.toml"]);
        assert!(ran.code == 1 && ran.out.contains("SEC001") && !ran.out.contains("ter2"), "{ran:?}");
    }
}

#[test]
fn mistakes_that_are_not_shown_are_said_to_be_there() {
    let many: String = (0..600).map(|n| format!("stray{n} = 1\n")).collect();
    let site = Site::new().with("site.toml", &format!("{many}{GOOD}"));
    let ran = site.run(&["check", "--format", "concise", "site.toml"]);
    assert!(ran.out.contains("more than 512 wrong keys and values"), "{}", ran.out.lines().last().unwrap_or_default());
}
