//! Other programs that look at scripts and units: the shells, shellcheck, systemd-analyze.
//!
//! What they say depends on this machine, so nothing runs that was not asked for (`check --tools`). They get copies in
//! a directory of their own and nothing of the site; they run without input.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    diagnostic::{Finding, KeyPath, Label, RuleId},
    lint,
    profile::Loaded,
    render::{Artifact, Plan},
};

/// A program that looks at what is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `sh -n` and `bash -n`.
    Sh,
    /// `shellcheck`.
    Shellcheck,
    /// `systemd-analyze verify` and `security`.
    SystemdAnalyze,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Tool; 3] = [Tool::Sh, Tool::Shellcheck, Tool::SystemdAnalyze];

    /// The program's name.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Tool::Sh => "sh",
            Tool::Shellcheck => "shellcheck",
            Tool::SystemdAnalyze => "systemd-analyze",
        }
    }

    /// Whether the program lies on `PATH`.
    #[must_use]
    pub fn is_installed(self) -> bool {
        is_installed(self.program())
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// What the tools say of a plan and of the scripts that the profile names.
///
/// # Errors
/// When the copies cannot be written or a program does not start.
pub fn look(tools: &[Tool], plan: &Plan, loaded: &Loaded, limit: f64) -> io::Result<Vec<Finding>> {
    let directory = Scratch::new()?;
    let mut found = Vec::new();
    for tool in tools {
        match tool {
            Tool::Sh => found.extend(shells(plan, &directory.0)?),
            Tool::Shellcheck => {
                found.extend(shellcheck(plan, &directory.0)?);
                found.extend(shellcheck_own(loaded, &directory.0)?);
            }
            Tool::SystemdAnalyze => found.extend(systemd(plan, &directory.0, limit)?),
        }
    }
    Ok(found)
}

/// A directory that goes with the value.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        let made = nix::unistd::mkdtemp(&std::env::temp_dir().join("shifter-site-XXXXXX"))?;
        Ok(Self(made))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is a directory of copies in the place for such.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(program: &str, arguments: &[&str], directory: &Path) -> io::Result<(bool, String)> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env("LC_ALL", "C").env("SYSTEMD_COLORS", "0").stdin(Stdio::null());
    let output = command.output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// The shell that a script asks for, if it is a script.
fn shell(text: &[u8]) -> Option<&'static str> {
    let first = text.split(|byte| *byte == b'\n').next()?;
    let first = String::from_utf8_lossy(first.strip_prefix(b"#!")?).into_owned();
    let program = first.split_whitespace().next()?.rsplit('/').next()?.to_owned();
    [("bash", "bash"), ("sh", "sh"), ("dash", "sh")]
        .into_iter()
        .find(|(name, _)| *name == program)
        .map(|(_, shell)| shell)
}

/// The distinct scripts of a plan, with their shells.
fn scripts(plan: &Plan) -> Vec<(&Artifact, &'static str)> {
    let mut found: Vec<(&Artifact, &'static str)> = Vec::new();
    for artifact in plan.artifacts.iter().filter(|artifact| !artifact.secret) {
        if let Some(shell) = shell(&artifact.bytes)
            && !found.iter().any(|(known, _)| known.bytes == artifact.bytes)
        {
            found.push((artifact, shell));
        }
    }
    found
}

fn rendered(rule: &RuleId, artifact: &Artifact, said: &str) -> Finding {
    Finding::new(rule, format!("`{}`: {said}", artifact.path)).at(KeyPath::root(), "rendered from this profile")
}

fn shells(plan: &Plan, directory: &Path) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (artifact, shell) in scripts(plan).into_iter().filter(|(_, shell)| is_installed(shell)) {
        fs::write(directory.join("script"), &artifact.bytes)?;
        let (is_right, said) = run(shell, &["-n", "script"], directory)?;
        if !is_right {
            let said = said.lines().next().unwrap_or_default().trim_start_matches("script: ").to_owned();
            found.push(rendered(&lint::SCRIPT_NOT_POSIX.id, artifact, &format!("{shell} -n says {said}")));
        }
    }
    Ok(found)
}

/// One line of shellcheck's `gcc` form: `FILE:LINE:COLUMN: warning: what [SC2086]`.
fn said_by_shellcheck(text: &str, shell: &str, directory: &Path) -> io::Result<Vec<(usize, String)>> {
    fs::write(directory.join("script"), text)?;
    let (_, said) = run("shellcheck", &["-f", "gcc", "-S", "warning", "-s", shell, "script"], directory)?;
    let line = |line: &str| {
        let mut parts = line.strip_prefix("script:")?.splitn(3, ':');
        let number = parts.next()?.parse().ok()?;
        let text = parts.nth(1)?.trim();
        Some((number, text.to_owned()))
    };
    Ok(said.lines().filter_map(line).collect())
}

fn shellcheck(plan: &Plan, directory: &Path) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (artifact, shell) in scripts(plan) {
        let text = String::from_utf8_lossy(&artifact.bytes).into_owned();
        for (line, said) in said_by_shellcheck(&text, shell, directory)? {
            found.push(rendered(&lint::SCRIPT_NOT_POSIX.id, artifact, &format!("line {line}: {said}")));
        }
    }
    Ok(found)
}

/// The scripts that the profile names, each at its own line.
fn shellcheck_own(loaded: &Loaded, directory: &Path) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for file in loaded.scripts.values().flatten().filter(|file| file.script.is_shell()) {
        let text = &file.script.text;
        let shell = if file.script.wants_bash() { "bash" } else { "sh" };
        for (line, said) in said_by_shellcheck(text, shell, directory)? {
            let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            let end = start + text[start.min(text.len())..].lines().next().unwrap_or_default().len();
            let label = Label::primary(KeyPath::root(), "").pinned(file.source, Some(start..end));
            found.push(Finding::new(&lint::HOOK_SHELLCHECK.id, said).label(label));
        }
    }
    Ok(found)
}

fn systemd(plan: &Plan, directory: &Path, limit: f64) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    let mut seen: Vec<&[u8]> = Vec::new();
    for artifact in plan.artifacts.iter().filter(|artifact| !artifact.secret) {
        let name = artifact.path.rsplit('/').next().unwrap_or_default();
        let is_service = name.ends_with(".service");
        if !(is_service || name.ends_with(".timer")) || seen.contains(&artifact.bytes.as_slice()) {
            continue;
        }
        seen.push(&artifact.bytes);
        // A template is looked at as one of its instances.
        let file = name.replace("@.", "@5000.");
        fs::write(directory.join(&file), &artifact.bytes)?;
        let (_, said) = run("systemd-analyze", &["verify", "--man=no", &format!("./{file}")], directory)?;
        let lines = said.lines().filter_map(|line| line.split_once(&format!("{file}:")).map(|(_, said)| said));
        // Lines about this file begin with a number; the rest is about programs and units of this machine.
        for line in lines.filter(|said| said.starts_with(|c: char| c.is_ascii_digit())) {
            found.push(rendered(&lint::UNIT_VERIFY.id, artifact, &format!("line {line}")));
        }
        if is_service {
            found.extend(exposure(artifact, &file, directory, limit)?);
        }
    }
    Ok(found)
}

fn exposure(artifact: &Artifact, file: &str, directory: &Path, limit: f64) -> io::Result<Option<Finding>> {
    let (_, said) =
        run("systemd-analyze", &["security", "--offline=true", "--no-pager", &format!("./{file}")], directory)?;
    let level = said.lines().find_map(|line| {
        line.split("exposure level for").nth(1)?.split_once(": ")?.1.split_whitespace().next()?.parse::<f64>().ok()
    });
    Ok(level.filter(|level| *level > limit).map(|level| {
        rendered(&lint::UNIT_EXPOSURE.id, artifact, &format!("the exposure is {level} of 10, above {limit}"))
    }))
}

#[cfg(test)]
mod tests;
