//! Completions and manual pages are made of the command line itself.

use std::{fs, process::Command};

use crate::support::Site;

/// The verbs that `--help` lists.
fn verbs(site: &Site) -> Vec<String> {
    let help = site.run(&["--help"]).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let verb =
        |line: &str| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()).map(str::to_owned);
    listed.filter_map(verb).collect()
}

#[test]
fn every_shell_gets_completions_of_every_verb() {
    let site = Site::new();
    let verbs = verbs(&site);
    assert!(verbs.len() >= 8, "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = site.run(&["completion", shell]);
        assert_eq!(ran.code, 0, "{shell}: {}", ran.err);
        for verb in &verbs {
            assert!(ran.out.contains(verb.as_str()), "{shell} does not know {verb}");
        }
    }
}

#[test]
fn bash_reads_its_completions() {
    let site = Site::new();
    let completions = site.run(&["completion", "bash"]).out;
    let site = site.with("completions", &completions);
    let script = ". ./completions && complete -p shifter-site";
    let output = Command::new("bash").args(["-euc", script]).current_dir(site.path()).output().expect("bash runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn there_is_a_manual_page_of_the_program_and_of_every_verb() {
    let site = Site::new();
    assert_eq!(site.run(&["man", "--out", "man1"]).code, 0);
    for verb in verbs(&site) {
        let page = fs::read_to_string(site.path().join(format!("man1/shifter-site-{verb}.1")))
            .unwrap_or_else(|error| panic!("no page of {verb}: {error}"));
        assert!(page.contains(".TH ") && page.contains(".SH SYNOPSIS"), "{verb}:\n{page}");
        assert_eq!(page, site.run(&["man", &verb]).out, "{verb}");
    }
    let page = fs::read_to_string(site.path().join("man1/shifter-site.1")).expect("the program's page");
    assert!(page.contains("Exit codes:") && page.contains("shifter\\-site\\-render(1)"), "{page}");
}

#[test]
fn a_page_of_a_verb_that_is_none_is_wrong_usage() {
    let ran = Site::new().run(&["man", "frobnicate"]);
    assert_eq!((ran.code, ran.out.as_str()), (64, ""));
    assert!(ran.err.contains("there is no verb `frobnicate`"), "{}", ran.err);
}
