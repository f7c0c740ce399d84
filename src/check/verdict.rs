//! What is left of a checked profile when only the findings are wanted.

use crate::{
    diagnostic::{Located, Report, Scope},
    profile::Loaded,
};

/// What there is to say about a profile and those it serves.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What was found and is not suppressed.
    pub findings: Vec<Located>,
    /// How many findings are suppressed or were not asked for.
    pub suppressed: usize,
    /// What was looked at.
    pub scope: Scope,
    /// Whether a finding is at or above the limit.
    pub fails: bool,
}

impl Verdict {
    /// Puts what is said of another profile behind what is said of this one.
    pub(super) fn join(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.suppressed += other.suppressed;
        self.scope.join(other.scope);
        self.fails |= other.fails;
    }
}

/// What looking at one profile covers, without those it serves.
pub(super) fn scope(loaded: &Loaded, judged: bool) -> Scope {
    let target = loaded.origins.root().get(&"target.shifter".into()).and_then(|item| item.as_str());
    Scope {
        profiles: 1,
        targets: target.map(str::to_owned).into_iter().collect(),
        classes: loaded.classes().len(),
        unjudged: usize::from(!judged),
    }
}

/// One report of several verdicts, in their order.
#[must_use]
pub fn summary(verdicts: impl IntoIterator<Item = Verdict>) -> Report {
    let mut all = Verdict::default();
    verdicts.into_iter().for_each(|verdict| all.join(verdict));
    Report::new(all.findings, all.suppressed, all.scope)
}
