//! `diff --from` compares two versions of a profile, from git or from files.

use std::process::Command;

use super::support::{GOOD, Site};

/// A repository with a base layer and two commits: the second changes the layer.
fn repository() -> Site {
    let top = "schema = 1\nextends = \"layers/base.toml\"\n[class.compute]\nhosts = \"nid[0001-1024]\"\n[class.login]\nhosts = \"login1\"\n";
    let site = Site::new().with("layers/base.toml", GOOD).with("site.toml", top);
    git(&site, &["init", "--quiet", "--initial-branch=main"]);
    commit(&site, "first");
    let more =
        GOOD.replace("[gateway]\n", "[[filesystem]]\nsource = \"/project\"\nclasses = [\"compute\"]\n\n[gateway]\n");
    let site = site.with("layers/base.toml", &more);
    commit(&site, "second");
    site
}

fn git(site: &Site, words: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(site.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]).args(words);
    let output = command.output().expect("git is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn commit(site: &Site, message: &str) {
    git(site, &["add", "--all"]);
    git(site, &["commit", "--quiet", "--message", message]);
}

#[test]
fn a_change_in_a_layer_is_said_for_the_classes_it_reaches() {
    let ran = repository().run(&["diff", "site.toml", "--from", "HEAD~1", "--to", "HEAD"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    for line in [
        "site.toml: HEAD~1 -> HEAD",
        "compute, 1,024 nodes: +1 mount (/project); no restart",
        "login, 1 node: no change",
    ] {
        assert!(ran.out.contains(line), "no `{line}` in\n{}", ran.out);
    }
}

#[test]
fn the_same_version_twice_has_no_difference() {
    let ran = repository().run(&["diff", "site.toml", "--from", "HEAD"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("login, 1 node: no change"), "{}", ran.out);
}

#[test]
fn a_setting_of_the_gateway_says_what_restarts() {
    let site = Site::new().with("old.toml", GOOD).with("new.toml", &GOOD.replace("90d", "30d"));
    let ran = site.run(&["diff", "--from", "old.toml", "--to", "new.toml"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("ImageExpirationTimeout") && ran.out.contains("needs: restart the gateway"),
        "{}",
        ran.out
    );
}

#[test]
fn every_form_has_the_same_exit_code() {
    let site = repository();
    for form in ["human", "json", "markdown", "gitlab"] {
        let ran = site.run(&["diff", "site.toml", "--from", "HEAD~1", "--format", form]);
        assert_eq!(ran.code, 2, "{form}: {}", ran.err);
        if matches!(form, "json" | "gitlab") {
            serde_json::from_str::<serde_json::Value>(&ran.out).unwrap_or_else(|error| panic!("{form}: {error}"));
        }
        assert!(ran.out.contains("1,024 nodes") || form == "json", "{form}: {}", ran.out);
    }
    let ran = site.run(&["diff", "site.toml", "--format", "markdown"]);
    assert_eq!(ran.code, 64, "{}", ran.err);
}

#[test]
fn a_version_that_does_not_check_is_said_and_not_compared() {
    let site = repository().with("layers/base.toml", &GOOD.replace("timeout ", "tiemout "));
    commit(&site, "third");
    let ran = site.run(&["diff", "site.toml", "--from", "HEAD~1", "--to", "HEAD"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    assert!(ran.err.contains("HEAD:layers/base.toml") && ran.err.contains("tiemout"), "{}", ran.err);
    assert!(!ran.err.contains("shifter-site-diff."), "{}", ran.err);
}

#[test]
fn what_is_no_revision_is_refused_by_name() {
    let site = repository();
    for from in ["nowhere", "--help"] {
        let ran = site.run(&["diff", "site.toml", &format!("--from={from}")]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("neither a profile here nor a revision"), "{}", ran.err);
    }
    let ran = Site::new().with("site.toml", GOOD).run(&["diff", "site.toml", "--from", "HEAD"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
}
