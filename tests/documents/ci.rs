//! The jobs of docs/ci.md: each command is run in a repository as the jobs find one.

use std::path::Path;

use crate::shell::Shell;

/// The commands of all blocks, without what YAML puts around them.
fn commands(text: &str) -> Vec<String> {
    let mut open = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            open = !open;
        } else if open {
            let line = line.trim_start();
            let line = ["- run: ", "entry: ", "- "].iter().find_map(|head| line.strip_prefix(head)).unwrap_or(line);
            if line.starts_with("shifter-site ") || line.starts_with("git ") {
                found.push(line.to_owned());
            }
        }
    }
    found
}

/// A repository with the profiles of this one, the rendered files of one of them, and a change on a branch.
fn repository() -> Shell {
    let shell = Shell::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["cori", "edison", "greina"] {
        let text = std::fs::read_to_string(root.join(format!("site-profiles/{name}.toml"))).expect("a profile");
        shell.write(&format!("site-profiles/{name}.toml"), &text);
    }
    let script = "
        set -e
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        git init -q -b main
        shifter-site render --out rendered --secrets placeholder site-profiles/cori.toml > /dev/null 2>&1
        git add . && git commit -q -m before
        git update-ref refs/remotes/origin/main HEAD
        sed -i 's/\"30s\"/\"25s\"/' site-profiles/cori.toml
        rm -r rendered
        shifter-site render --out rendered --secrets placeholder site-profiles/cori.toml > /dev/null 2>&1
        git add . && git commit -q -m after && echo ready";
    assert_eq!(shell.run(script), "ready\n");
    shell
}

#[test]
fn the_jobs_for_ci_pass_on_clean_profiles() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md")).expect("the document");
    let commands = commands(&text);
    assert!(commands.len() >= 13, "{commands:#?}");
    let shell = repository();
    for command in commands {
        // What pre-commit and GitHub give.
        let given =
            if command.contains("site-profiles/") || command.starts_with("git") { "" } else { " site-profiles/*.toml" };
        let printed =
            shell.run(&format!("export GITHUB_STEP_SUMMARY=summary.md; {command}{given}; echo \"ended with $?\""));
        assert!(printed.ends_with("ended with 0\n"), "{command}\n{printed}");
        // Each job finds the profiles as they were committed.
        assert_eq!(shell.run("git checkout -q -- site-profiles"), "");
    }
    for (file, part) in [
        ("findings.sarif", "\"version\": \"2.1.0\""),
        ("codequality.json", "["),
        ("junit.xml", "<testsuites"),
        ("summary.md", "gateway"),
        ("change.md", "gateway"),
        ("known.json", "{"),
    ] {
        let text = shell.run(&format!("cat {file}"));
        assert!(text.contains(part), "{file} has no {part}:\n{text}");
    }
}
