use super::*;
use crate::profile::section::scalar::Mode;

fn plan(path: &str, text: &str) -> Plan {
    let artifact = Artifact {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
        owner: "root".to_owned(),
        group: "root".to_owned(),
        mode: Mode::new(0o755),
        class: None,
        secret: false,
        host: None,
        consumer: "",
        install: format!("/etc/{path}"),
        reload: "",
        check: crate::render::Check::None,
    };
    Plan { artifacts: vec![artifact] }
}

/// What is found in the example of a rule's page.
fn tried(rule: &lint::Rule, title: &str, path: &str, tool: Tool) -> Vec<&'static str> {
    let example = lint::examples(rule, title).into_iter().next().expect("an example");
    let text = if example.lang == "sh" && !example.text.starts_with("#!") {
        format!("#!/bin/sh\n{}", example.text)
    } else {
        example.text
    };
    let loaded = crate::profile::load(&crate::profile::LoadOptions::text("t.toml", "schema = 1\n")).expect("loaded");
    let found = look(&[tool], &plan(path, &text), &loaded, 7.0).expect("the tools run");
    found.iter().map(|finding| finding.code).collect()
}

fn has(tool: Tool) -> bool {
    let installed = tool.is_installed();
    if !installed {
        eprintln!("skipped: {} is not installed", tool.program());
    }
    installed
}

#[test]
fn a_shell_refuses_a_script_that_it_does_not_understand() {
    if has(Tool::Sh) {
        assert_eq!(tried(&lint::SCRIPT_NOT_POSIX, "Bad", "premount.sh", Tool::Sh), ["INST006"]);
        assert!(tried(&lint::SCRIPT_NOT_POSIX, "Good", "premount.sh", Tool::Sh).is_empty());
    }
}

#[test]
fn shellcheck_is_quoted_about_rendered_scripts() {
    if has(Tool::Shellcheck) {
        assert!(tried(&lint::HOOK_SHELLCHECK, "Bad", "premount.sh", Tool::Shellcheck).contains(&"INST006"));
        assert!(tried(&lint::HOOK_SHELLCHECK, "Good", "premount.sh", Tool::Shellcheck).is_empty());
    }
}

#[test]
fn systemd_is_quoted_about_lines_of_the_unit_alone() {
    if has(Tool::SystemdAnalyze) {
        assert!(tried(&lint::UNIT_VERIFY, "Bad", "a.service", Tool::SystemdAnalyze).contains(&"INST004"));
        assert!(!tried(&lint::UNIT_VERIFY, "Good", "a.service", Tool::SystemdAnalyze).contains(&"INST004"));
        assert_eq!(tried(&lint::UNIT_EXPOSURE, "Bad", "a.service", Tool::SystemdAnalyze), ["INST005"]);
        assert!(tried(&lint::UNIT_EXPOSURE, "Good", "a.service", Tool::SystemdAnalyze).is_empty());
    }
}
