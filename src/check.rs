//! Everything there is to say about a profile, for every node class.
//!
//! [`check`] puts together what loading found, what stands in the way of a [`Site`] and what the
//! rules say ([`judge`]), leaves out what the site does not want to hear ([`Selection`], comments),
//! and decides whether the run fails. `check` shows the result, `render` goes on with its sites.
//! Where only the [`Verdict`]s are wanted, [`many`] makes them in parallel.

mod collision;
mod judge;
mod many;
pub mod tools;
mod verdict;

pub use many::many;
pub use verdict::{Verdict, summary};

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    baseline::Baseline,
    diagnostic::{Report, Selection, Severity, source::Source, suppress},
    facts::Facts,
    lint::{self, Fact, RULES},
    profile::{
        self, Buffers, LoadError, LoadOptions, Loaded,
        section::{FailOn, Tier, scalar::Date},
    },
    secret::Commands,
    site::Site,
};

/// How strict to be. What is not given is for the profile's `[lint]` to say.
#[derive(Debug, Clone, Default)]
pub struct Strictness {
    /// Only these rules: codes, names or prefixes of codes; all when empty.
    pub select: Vec<String>,
    /// Not these, besides those the profile ignores.
    pub ignore: Vec<String>,
    /// The least severity that makes the run fail.
    pub fail_on: Option<FailOn>,
    /// Which rules run.
    pub tier: Option<Tier>,
    /// The day, for rules about dates.
    pub today: Option<Date>,
    /// Look up what references to secrets refer to, for the rules about that; without it nothing is read.
    pub secrets: Option<Commands>,
    /// What nodes really are, for rules about hosts.
    pub facts: Vec<Facts>,
    /// Other programs that look at scripts and units; none unless somebody asks.
    pub tools: Vec<tools::Tool>,
    /// What is known and not to be said again.
    pub baseline: Option<Arc<Baseline>>,
}

/// A profile that was looked at from all sides.
#[derive(Debug)]
pub struct Checked {
    /// The profile as every class shares it.
    pub loaded: Loaded,
    /// The profile as each class sees it.
    pub classes: BTreeMap<String, Loaded>,
    /// What each class means, or the whole profile when it has none; only those that mean something.
    pub sites: Vec<Site>,
    /// What there is to say about it.
    pub verdict: Verdict,
}

impl Checked {
    /// Whether a finding is at or above the limit.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.verdict.fails
    }

    /// Whether anything wrong was found that is not suppressed.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.verdict.findings.iter().any(|located| located.finding.severity == Severity::Error)
    }
}

/// Loads a profile and looks at it from all sides; with `class`, for that class alone.
///
/// # Errors
/// When the file cannot be read, an override has no meaning, or there is no such class; all else is a finding.
pub fn check(options: &LoadOptions, class: Option<&str>, strictness: &Strictness) -> Result<Checked, LoadError> {
    check_with(options, class, strictness, &Buffers::none())
}

/// [`check`], with texts that stand for files.
///
/// # Errors
/// As [`check`].
pub fn check_with(
    options: &LoadOptions,
    class: Option<&str>,
    strictness: &Strictness,
    buffers: &Buffers,
) -> Result<Checked, LoadError> {
    let is_whole = class.is_none() && options.set.is_empty() && options.environment.is_empty();
    let looked_at = if is_whole { LookedAt::AsWritten } else { LookedAt::InPart };
    let loaded = profile::load_with::<profile::Profile>(options, buffers)?;
    class.map_or(Ok(()), |class| loaded.has_class(class))?;
    Ok(examine(loaded, class, strictness, looked_at))
}

/// How much of what the file says a run sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookedAt {
    /// Every class, and nothing laid over the file.
    AsWritten,
    /// One class, or the profile with other values. A suppression that meets nothing may be right all the same.
    InPart,
}

fn examine(loaded: Loaded, class: Option<&str>, strictness: &Strictness, looked_at: LookedAt) -> Checked {
    let names = class.map_or_else(|| loaded.classes(), |name| vec![name.to_owned()]);
    let classes: BTreeMap<String, Loaded> =
        names.into_iter().map(|name| (name.clone(), loaded.for_class(&name))).collect();
    let lint = loaded.profile.lint.clone().unwrap_or_default();
    let tier = strictness.tier.or(lint.tier).unwrap_or_default();

    let mut gathered = judge::of_loading(&loaded, &classes);
    gathered
        .findings
        .retain(|located| located.finding.severity == Severity::Error || is_asked(tier, located.finding.code));
    let (mut sites, judged) = (Vec::new(), loaded.loss.leaves_a_judgeable_rest());
    if judged {
        sites = judge::of_meaning(&loaded, &classes, &mut gathered);
        let known = strictness.secrets.map(|commands| judge::look_up(&loaded, &classes, commands));
        judge::of_rules(&loaded, &classes, tier, strictness, known.as_ref(), &mut gathered);
        if gathered.findings.iter().all(|located| located.finding.severity != Severity::Error) {
            judge::of_rendering(&loaded, &sites, known.as_ref(), &strictness.tools, &mut gathered);
        }
    }

    let ignore = [strictness.ignore.clone(), lint.ignore].concat();
    let selection = Selection { select: strictness.select.clone(), ignore, per_file: lint.per_file_ignores };
    let (wanted, unwanted): (Vec<_>, Vec<_>) =
        gathered.findings.into_iter().partition(|located| selection.keeps(located));
    let own = loaded.origins.sources()[0].name.clone();
    let outcome = suppress::apply(
        wanted,
        loaded.origins.sources(),
        |source: &Source| source.name == own,
        |rule| judged && looked_at == LookedAt::AsWritten && had_a_chance(rule, tier, &selection, strictness),
    );
    let mut findings = outcome.kept;
    findings.retain(|located| selection.keeps(located));
    let known = strictness.baseline.as_ref().map_or(0, |baseline| {
        let could_be_found =
            |code: &str| judged && looked_at == LookedAt::AsWritten && had_a_chance(code, tier, &selection, strictness);
        baseline.take_out(&mut findings, &own, could_be_found)
    });

    let usual = if tier == Tier::Strict { FailOn::Warn } else { FailOn::Error };
    let limit = strictness.fail_on.or(lint.fail_on).unwrap_or(usual);
    let mut verdict = Verdict {
        fails: findings.iter().any(|located| reaches(located.finding.severity, limit)),
        suppressed: outcome.suppressed + unwanted.len() + known,
        scope: verdict::scope(&loaded, judged),
        findings,
    };
    let mut loaded = loaded;
    for profile in std::mem::take(&mut loaded.served) {
        let served = examine(profile, None, strictness, LookedAt::AsWritten);
        verdict.join(served.verdict);
        loaded.served.push(served.loaded);
    }
    Checked { loaded, classes, sites, verdict }
}

/// Whether a run of this tier asks the rule with this code.
fn is_asked(tier: Tier, code: &str) -> bool {
    RULES.iter().find(|rule| rule.id.code == code).is_none_or(|rule| rule.is_in(tier))
}

/// Whether a suppression of `name` could have met a finding. One of a rule that does not exist could
/// not, and is worth a word all the same.
fn had_a_chance(name: &str, tier: Tier, selection: &Selection, strictness: &Strictness) -> bool {
    match RULES.iter().find(|rule| rule.id.code == name || rule.id.name == name) {
        Some(rule) => {
            let lacks = |fact, is_told: bool| !is_told && rule.needs.contains(&fact);
            let is_mute = lacks(Fact::Today, strictness.today.is_some())
                || lacks(Fact::Host, !strictness.facts.is_empty())
                || strictness.secrets.is_none() && lint::needs_secrets(rule);
            rule.is_in(tier) && !is_mute && selection.wants(rule.id.code, rule.id.name)
        }
        None => {
            let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
            letters == name || RULES.iter().any(|rule| rule.group() == letters)
        }
    }
}

/// Whether a finding of this severity makes a run fail.
fn reaches(severity: Severity, limit: FailOn) -> bool {
    match limit {
        FailOn::Error => severity >= Severity::Error,
        FailOn::Warn => severity >= Severity::Warn,
        FailOn::Info => true,
        FailOn::Never => false,
    }
}

/// One report of several profiles.
#[must_use]
pub fn report(checked: &[Checked]) -> Report {
    summary(checked.iter().map(|one| one.verdict.clone()))
}
