//! `fmt`: what it writes, what it says, how it exits.

use crate::support::{GOOD, Site, good_but, repository, run_in};

#[test]
fn a_profile_is_brought_into_the_usual_form_and_stays_in_it() {
    let untidy =
        format!("{}\n[gateway.proxy]\nhttps='http://p:1'\n", GOOD.replace("os      = \"el7\"", "os='el7' # ours"));
    let site = Site::new().with("site.toml", &untidy);
    let ran = site.run(&["fmt", "--check", "site.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "site.toml is not in the usual form\n"));
    let before = site.run(&["render", "--out", "before", "site.toml"]);
    assert_eq!(site.run(&["fmt", "site.toml"]).code, 0);
    assert_eq!(site.run(&["fmt", "--check", "site.toml"]).code, 0);
    let text = std::fs::read_to_string(site.path().join("site.toml")).expect("there");
    assert!(
        text.contains("os      = \"el7\" # ours\n") && text.contains("[gateway.proxy]\nhttps = \"http://p:1\"\n"),
        "{text}"
    );
    let after = site.run(&["render", "--out", "after", "site.toml"]);
    assert_eq!((before.code, after.code), (0, 0), "{}", after.err);
    let conf = |name: &str| std::fs::read(site.path().join(name).join("udiRoot.conf")).expect("rendered");
    assert_eq!(conf("before"), conf("after"));
}

#[test]
fn a_diff_and_standard_input_leave_files_alone() {
    let untidy = good_but("timeout    = \"20s\"", "timeout='20s'");
    let site = Site::new().with("site.toml", &untidy);
    let ran = site.run(&["fmt", "--diff", "site.toml"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("-timeout='20s'\n"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(site.path().join("site.toml")).expect("there"), untidy);
    let ran = site.run_with_input(&["fmt", "-"], &untidy);
    assert!(ran.code == 0 && ran.out.contains("timeout    = \"20s\"\n"), "{}", ran.out);
}

#[test]
fn what_is_not_toml_is_named_and_nothing_is_written() {
    let untidy = good_but("timeout    = \"20s\"", "timeout='20s'");
    let site = Site::new().with("bad.toml", "a = ").with("good.toml", &untidy);
    let ran = site.run(&["fmt", "good.toml", "bad.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("`bad.toml`: the text is not valid TOML"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(site.path().join("good.toml")).expect("there"), untidy);
    assert_eq!(site.run(&["fmt", "gone.toml"]).code, 74);
}

#[test]
fn the_profiles_of_this_repository_are_in_the_usual_form() {
    let directory = repository().join("site-profiles");
    let mut checked = 0;
    for entry in std::fs::read_dir(&directory).expect("the profiles") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let ran = run_in(&directory, &["fmt", "--check", &path.display().to_string()], "", &[]);
            assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 9, "only {checked} profiles");
}
