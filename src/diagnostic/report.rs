//! All findings of a run, and what they come to.

use std::fmt::{self, Write as _};

use super::{Located, Safety, Severity};

/// What a run found, sorted and without repetitions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    findings: Vec<Located>,
    /// How many findings a comment or an option kept out.
    pub suppressed: usize,
    /// How many findings were fixed before, if anybody asked for it.
    pub fixed: Option<usize>,
    /// What was looked at.
    pub scope: Scope,
}

/// What a run looked at, for its last line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// How many profiles.
    pub profiles: usize,
    /// Their targets, each once, in the order met.
    pub targets: Vec<String>,
    /// How many node classes they have together.
    pub classes: usize,
    /// How many profiles the rules could not judge, because too much of them cannot be read.
    pub unjudged: usize,
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// The rest.
    pub infos: usize,
    /// Findings that `--fix` takes away.
    pub fixable: usize,
    /// Findings that only `--unsafe-fixes` takes away.
    pub risky: usize,
}

impl Report {
    /// A report of `findings`: sorted by file and offset, each said once.
    #[must_use]
    pub fn new(mut findings: Vec<Located>, suppressed: usize, scope: Scope) -> Self {
        findings.sort_by(Located::order);
        findings.dedup_by(|later, first| later.repeats(first));
        Self { findings, suppressed, fixed: None, scope }
    }

    /// The same report, after `fixed` others were fixed.
    #[must_use]
    pub fn after_fixing(self, fixed: usize) -> Self {
        Self { fixed: Some(fixed), ..self }
    }

    /// The findings in the order of output.
    #[must_use]
    pub fn findings(&self) -> &[Located] {
        &self.findings
    }

    /// How many findings of each kind there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |severity| self.findings.iter().filter(|located| located.finding.severity == severity).count();
        let fixable = |safety| {
            let has_one = |located: &&Located| located.finding.fixes.iter().any(|fix| fix.safety == safety);
            self.findings.iter().filter(has_one).count()
        };
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warn),
            infos: count(Severity::Info),
            fixable: fixable(Safety::Safe),
            risky: self.findings.iter().filter(|located| !located.finding.fixes.is_empty()).count()
                - fixable(Safety::Safe),
        }
    }

    /// The worst severity found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|located| located.finding.severity).max()
    }

    /// The last line of the output for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let Counts { errors, warnings, infos, fixable, risky } = self.counts();
        let mut text = String::new();
        if errors + warnings + infos == 0 {
            let profiles = Number(self.scope.profiles, "profile", "profiles");
            let _ = write!(text, "No problems in {profiles}{}", self.scope);
        } else {
            let counted = [
                Number(errors, "error", "errors"),
                Number(warnings, "warning", "warnings"),
                Number(infos, "info", "infos"),
            ];
            let said: Vec<String> = counted.iter().filter(|n| n.0 > 0).map(ToString::to_string).collect();
            text.push_str(&said.join(", "));
            let ways = [(fixable, "--fix"), (risky, "--unsafe-fixes")].into_iter().filter(|(n, _)| *n > 0);
            let ways: Vec<String> = ways.map(|(n, option)| format!("{n} fixable with {option}")).collect();
            if !ways.is_empty() {
                let _ = write!(text, " ({})", ways.join(", "));
            }
        }
        if self.scope.unjudged > 0 {
            let profiles = Number(self.scope.unjudged, "profile", "profiles");
            let _ = write!(text, "; the rules wait until {profiles} can be read");
        }
        if self.suppressed > 0 {
            let _ = write!(text, "; {} suppressed", self.suppressed);
        }
        if let Some(fixed) = self.fixed {
            let _ = write!(text, "; fixed {fixed}");
        }
        if errors + warnings + infos == 0 {
            text.push('.');
        }
        text
    }
}

impl Scope {
    /// Adds what another run looked at.
    pub fn join(&mut self, other: Self) {
        self.profiles += other.profiles;
        self.classes += other.classes;
        self.unjudged += other.unjudged;
        for target in other.targets {
            if !self.targets.contains(&target) {
                self.targets.push(target);
            }
        }
    }
}

impl fmt::Display for Scope {
    /// ` (target 16.08-gpu, 4 classes)`, or nothing when neither is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match self.targets.as_slice() {
            [] => {}
            [target] => parts.push(format!("target {target}")),
            targets => parts.push(format!("targets {}", targets.join(", "))),
        }
        if self.classes > 0 {
            parts.push(Number(self.classes, "class", "classes").to_string());
        }
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

/// A number with its noun.
struct Number(usize, &'static str, &'static str);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { self.1 } else { self.2 })
    }
}
