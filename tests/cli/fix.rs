//! `check --fix`: what changes in the files, what does not, and what is said about it.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{GOOD, Site, good_but};

/// Two findings with a safe fix, one with a guess, one with none.
fn faulty() -> String {
    good_but("timeout    = \"20s\"", "timeout    = 20 # as measured")
        .replace("[\"http://head:5000\"]", "[\"http://head:5000/\"]")
        + "\n[runtime]\nrootfs = \"ext4\"\nmax_gruops = 31\n"
}

fn read(site: &Site, name: &str) -> String {
    std::fs::read_to_string(site.path().join(name)).expect("there")
}

#[test]
fn safe_fixes_change_their_values_and_nothing_else() {
    let site = Site::new().with("site.toml", &faulty());
    let ran = site.run(&["check", "--fix", "site.toml"]);
    assert_eq!(ran.code, 1, "what cannot be fixed is left: {}", ran.out);
    assert!(ran.out.contains("RT007") || ran.out.contains("SITE003"), "{}", ran.out);
    assert!(ran.out.contains("; fixed 2"), "{}", ran.out);
    let expected = faulty().replace("timeout    = 20 #", "timeout    = \"20s\" #").replace("head:5000/", "head:5000");
    assert_eq!(read(&site, "site.toml"), expected);
    let ran = site.run(&["check", "--unsafe-fixes", "site.toml"]);
    assert!(!ran.out.contains("SITE002"), "{}", ran.out);
}

#[test]
fn a_diff_writes_nothing_and_still_shows_what_cannot_be_fixed() {
    let site = Site::new().with("site.toml", &faulty());
    let ran = site.run(&["check", "--fix", "--diff", "site.toml"]);
    assert_eq!(read(&site, "site.toml"), faulty());
    insta::assert_snapshot!(ran.out, @r#"
    --- a/site.toml
    +++ b/site.toml
    @@ -15,8 +15,8 @@
     source = "/home"
     
     [gateway]
    -endpoints  = ["http://head:5000/"]
    -timeout    = 20 # as measured
    +endpoints  = ["http://head:5000"]
    +timeout    = "20s" # as measured
     cache_dir  = "/var/cache/shifter"
     expand_dir = "/var/lib/shifter/expand"
     
    "#);
    assert!(ran.err.contains("SITE002") && ran.err.contains("fixed 2"), "{}", ran.err);
    assert_eq!(ran.code, 1);
}

#[test]
fn standard_input_goes_fixed_to_standard_output() {
    let site = Site::new();
    let text = good_but("\"20s\"", "20");
    let ran = site.run_with_input(&["check", "--fix", "-"], &text);
    assert_eq!((ran.code, ran.out.as_str()), (0, GOOD), "{}", ran.err);
    let ran = site.run_with_input(&["check", "--fix", "-"], GOOD);
    assert_eq!((ran.code, ran.out.as_str()), (0, GOOD));
    assert!(ran.err.contains("fixed 0"), "{}", ran.err);
}

#[test]
fn what_a_base_says_is_fixed_there_and_what_a_preset_says_is_not() {
    let base = good_but("\"20s\"", "20").replace("os      = \"el7\"", "os      = \"cle6.0\"");
    let site = Site::new()
        .with("base/site.toml", &base)
        .with("own.toml", "schema = 1\nextends = \"base/site.toml\"\n[runtime]\nrootfs = \"tmpfs\"\n");
    let ran = site.run(&["check", "--fix", "own.toml"]);
    assert!(read(&site, "base/site.toml").contains("\"20s\""), "{}{}", ran.out, ran.err);
    assert!(read(&site, "own.toml").contains("rootfs = \"ramfs\""), "{}", ran.out);
    let site = Site::new().with("site.toml", GOOD);
    let ran = site.run(&["check", "--fix", "--set", "gateway.timeout=20", "site.toml"]);
    assert!(ran.err.contains("SITE003 is not fixed in `--set"), "{}", ran.err);
    assert_eq!((ran.code, read(&site, "site.toml")), (1, GOOD.to_owned()));
}

#[test]
fn a_file_that_may_not_be_written_stays_and_is_named() {
    let site = Site::new().with("site.toml", &faulty());
    let path = site.path().join("site.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("set");
    let ran = site.run(&["check", "--fix", "site.toml"]);
    assert_eq!(ran.code, 77);
    assert_eq!(
        ran.err,
        "shifter-site: cannot write `site.toml`: it is read-only; give its owner the permission to write\n"
    );
    assert_eq!(read(&site, "site.toml"), faulty());
}

#[test]
fn an_unused_suppression_is_taken_out_of_its_comment() {
    let text = good_but("[images]", "# shifter-site: ignore[FS001, FS002] why\n[images]")
        .replace("name = \"tiny\"", "name = \"tiny\" # shifter-site: ignore[FS003] why");
    let site = Site::new().with("site.toml", &text);
    let ran = site.run(&["check", "--fix", "site.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(read(&site, "site.toml"), GOOD);
    let text = good_but("timeout    = \"20s\"", "timeout    = 20 # shifter-site: ignore[FS001, SITE003] why");
    let site = Site::new().with("site.toml", &text);
    site.run(&["check", "--fix", "site.toml"]);
    assert!(read(&site, "site.toml").contains("timeout    = 20 # shifter-site: ignore[SITE003] why\n"));
}

#[test]
fn the_form_of_the_report_changes_neither_the_fixes_nor_the_exit_code() {
    for form in ["human", "concise", "json", "sarif", "github", "gitlab", "junit"] {
        let site = Site::new().with("site.toml", &faulty());
        let ran = site.run(&["check", "--fix", "--format", form, "site.toml"]);
        assert_eq!(ran.code, 1, "{form}");
        assert!(read(&site, "site.toml").contains("timeout    = \"20s\" #"), "{form}");
        if form == "json" {
            assert!(ran.out.contains("\"fixed\": 2"), "{}", ran.out);
        }
    }
}

#[test]
fn a_baseline_leaves_only_what_is_new() {
    let site = Site::new().with("site.toml", &faulty());
    let ran = site.run(&["check", "--write-baseline", "known.json", "site.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "`known.json` knows 3 findings\n"), "{}", ran.err);
    let ran = site.run(&["check", "--baseline", "known.json", "site.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("3 suppressed"), "{}", ran.out);
    std::fs::write(site.path().join("site.toml"), GOOD).expect("written");
    let ran = site.run(&["check", "--baseline", "known.json", "--format", "concise", "site.toml"]);
    assert!(ran.code == 0 && ran.out.contains("it is no more"), "{}", ran.out);
    std::fs::write(site.path().join("bad.json"), "[]").expect("written");
    let ran = site.run(&["check", "--baseline", "bad.json", "site.toml"]);
    assert!(ran.code == 1 && ran.err.contains("`bad.json` is no baseline"), "{}", ran.err);
    assert_eq!(site.run(&["check", "--baseline", "gone.json", "site.toml"]).code, 74);
}

#[test]
fn a_diff_shows_no_secret() {
    let text = good_but("uri = \"mongodb://localhost/\"", "uri = \"mongodb://localhost/\"\npassword = \"hunter2\"")
        .replace("timeout    = \"20s\"", "timeout    = 20");
    let site = Site::new().with("site.toml", &text);
    for form in ["human", "json"] {
        let ran = site.run(&["check", "--fix", "--diff", "--format", form, "site.toml"]);
        assert!(ran.out.contains("+timeout") && !(ran.out + &ran.err).contains("hunter2"), "{form}");
    }
}

#[test]
fn a_script_is_repaired_in_its_own_file_unless_the_profile_gives_its_hash() {
    let script = "#!/bin/sh\nset -eu\nmkdir var\r\nmkdir tmp\r\n";
    let hooks = "[hooks.premount.script]\nfile = \"premount.sh\"\n";
    let sum = "91d1b1a0cc41a4e8c8a4d8e4dc0e49a1c8f0e2d9f1b7f2b6f0cbb5e8bb7f2c11";
    for (profile, is_pinned) in [(hooks.to_owned(), false), (format!("{hooks}sha256 = \"{sum}\"\n"), true)] {
        let site = Site::new().with("site.toml", &format!("{GOOD}{profile}")).with("premount.sh", script);
        let ran = site.run(&["check", "--fix", "--select", "HOOK006,HOOK007,HOOK013", "site.toml"]);
        let left = std::fs::read_to_string(site.path().join("premount.sh")).expect("there");
        if is_pinned {
            assert!(ran.code == 1 && ran.out.contains("change both by hand"), "{ran:?}");
            assert_eq!(left, script);
        } else {
            assert_eq!(ran.code, 0, "{ran:?}");
            assert_eq!(left, "#!/bin/sh\nPATH=/usr/bin:/usr/sbin:/bin:/sbin\nset -eu\nmkdir -p var\nmkdir -p tmp\n");
        }
    }
}
