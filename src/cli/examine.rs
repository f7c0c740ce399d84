//! Everything there is to say about one profile: what loading found, what the rules find, for every
//! class, less what is suppressed.

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Finding, Located, Report, Scope, Selection, Severity, source::Source, suppress},
    lint::{self, RULES},
    profile::{
        self, LoadError, LoadOptions, Loaded,
        section::{FailOn, Kind, Profile, Tier, scalar::Date},
    },
    site::Site,
};

/// How strict to be; what is not given is for the profile to say.
#[derive(Debug, Clone, Default)]
pub(super) struct Strictness {
    pub(super) select: Vec<String>,
    pub(super) ignore: Vec<String>,
    pub(super) fail_on: Option<FailOn>,
    pub(super) tier: Option<Tier>,
    pub(super) today: Option<Date>,
}

/// One profile, and what there is to say about it.
#[derive(Debug)]
pub(super) struct Examined {
    /// The profile without any class.
    pub(super) loaded: Loaded,
    /// What each class sees.
    #[expect(dead_code, reason = "rendering reads it")]
    pub(super) classes: BTreeMap<String, Loaded>,
    findings: Vec<Located>,
    suppressed: usize,
    fails: bool,
    unjudged: usize,
}

impl Examined {
    /// Whether something is at or above the profile's limit.
    pub(super) fn fails(&self) -> bool {
        self.fails
    }
}

/// Loads a profile and looks at it from all sides.
///
/// # Errors
/// When the file cannot be read; all else is a finding.
pub(super) fn profile(
    options: &LoadOptions,
    class: Option<&str>,
    strictness: &Strictness,
) -> Result<Examined, LoadError> {
    let loaded: Loaded = profile::load(options)?;
    Ok(examine(loaded, class, strictness))
}

fn examine(loaded: Loaded, class: Option<&str>, strictness: &Strictness) -> Examined {
    let names = class.map_or_else(|| loaded.classes(), |name| vec![name.to_owned()]);
    let classes: BTreeMap<String, Loaded> =
        names.into_iter().map(|name| (name.clone(), loaded.for_class(&name))).collect();

    let mut findings: Vec<Located> = loaded.findings.iter().map(|finding| loaded.origins.locate(finding)).collect();
    for (name, view) in &classes {
        for finding in &view.findings {
            let mut located = view.origins.locate(finding);
            if !findings.iter().any(|known| known.repeats(&located)) {
                located.finding.notes.push(format!("for class `{name}`"));
                findings.push(located);
            }
        }
    }

    let lint = loaded.profile.lint.clone().unwrap_or_default();
    let tier = strictness.tier.or(lint.tier).unwrap_or_default();
    findings.retain(|located| located.finding.severity == Severity::Error || asked(tier, located.finding.code));
    let judged = loaded.loss.leaves_a_judgeable_rest();
    if judged {
        judge(&loaded, &classes, tier, strictness.today, &mut findings);
    }
    let selection = Selection {
        select: strictness.select.clone(),
        ignore: [strictness.ignore.clone(), lint.ignore].concat(),
        per_file: lint.per_file_ignores,
    };
    let all = findings.len();
    findings.retain(|located| selection.keeps(located));
    let dropped = all - findings.len();

    let own = loaded.origins.sources().first().map(|source| source.name.clone());
    let is_own = |source: &Source| Some(&source.name) == own.as_ref();
    let outcome = suppress::apply(findings, loaded.origins.sources(), is_own, |rule| {
        judged && had_a_chance(rule, tier, &selection)
    });
    let mut findings = outcome.kept;
    findings.retain(|located| selection.keeps(located));

    let usual = if tier == Tier::Strict { FailOn::Warn } else { FailOn::Error };
    let fail_on = strictness.fail_on.or(lint.fail_on).unwrap_or(usual);
    let mut examined = Examined {
        fails: false,
        unjudged: usize::from(!judged),
        suppressed: outcome.suppressed + dropped,
        findings,
        classes,
        loaded,
    };
    let served = std::mem::take(&mut examined.loaded.served);
    for profile in served {
        let served = examine(profile, None, strictness);
        examined.findings.extend(served.findings);
        examined.suppressed += served.suppressed;
        examined.fails |= served.fails;
        examined.unjudged += served.unjudged;
        examined.loaded.served.push(served.loaded);
    }
    examined.fails |= examined.findings.iter().any(|located| reaches(located.finding.severity, fail_on));
    examined
}

/// Whether a run of this tier asks the rule with this code.
fn asked(tier: Tier, code: &str) -> bool {
    RULES.iter().find(|rule| rule.id.code == code).is_none_or(|rule| rule.is_in(tier))
}

/// Whether a suppression of `name` could have met a finding. One of a rule that does not exist could
/// not, and is worth a word all the same.
fn had_a_chance(name: &str, tier: Tier, selection: &Selection) -> bool {
    match RULES.iter().find(|rule| rule.id.code == name || rule.id.name == name) {
        Some(rule) => rule.is_in(tier) && selection.wants(rule.id.code, rule.id.name),
        None => {
            let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
            letters == name || RULES.iter().any(|rule| rule.group() == letters)
        }
    }
}

/// What stands in the way of a [`Site`] for each class, and what the rules say.
fn judge(
    loaded: &Loaded,
    classes: &BTreeMap<String, Loaded>,
    tier: Tier,
    today: Option<Date>,
    findings: &mut Vec<Located>,
) {
    let mut add = |view: &Loaded, class: Option<&str>, finding: &Finding| {
        let mut located = view.origins.locate(finding);
        let phantom = finding.labels.iter().any(|label| loaded.loss.touches(&label.path));
        if !phantom && !findings.iter().any(|known| known.repeats(&located)) {
            located.finding.notes.extend(class.map(|name| format!("for class `{name}`")));
            findings.push(located);
        }
    };
    for (view, class, found) in meanings(loaded, classes) {
        found.iter().for_each(|finding| add(view, class, finding));
    }
    let found = lint::run(&lint::Context { common: loaded, classes, tier, today });
    found.iter().for_each(|finding| add(loaded, None, finding));
}

/// What stands in the way of a [`Site`], for the profile or each of its classes.
fn meanings<'l>(
    loaded: &'l Loaded,
    classes: &'l BTreeMap<String, Loaded>,
) -> Vec<(&'l Loaded, Option<&'l str>, Vec<Finding>)> {
    let problems = |site: Result<Site, Vec<Finding>>| site.err().unwrap_or_default();
    if loaded.profile.kind == Some(Kind::Gateway) {
        let served: Vec<Profile> = loaded.served.iter().map(|one| one.profile.clone()).collect();
        return vec![(loaded, None, problems(Site::resolve_gateway(&loaded.profile, &served)))];
    }
    if classes.is_empty() {
        return vec![(loaded, None, problems(Site::resolve(&loaded.profile, None)))];
    }
    let each = classes.iter().map(|(name, view)| {
        let name = name.as_str();
        (view, Some(name), problems(Site::resolve(&view.profile, Some(name))))
    });
    each.collect()
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
pub(super) fn report(examined: &[Examined]) -> Report {
    let mut scope = Scope::default();
    let mut findings = Vec::new();
    for one in examined {
        let served = one.loaded.served.iter();
        for loaded in std::iter::once(&one.loaded).chain(served) {
            scope.profiles += 1;
            scope.classes += loaded.classes().len();
            if let Some(target) = loaded.origins.root().get(&"target.shifter".into()).and_then(|item| item.as_str())
                && !scope.targets.iter().any(|known| known == target)
            {
                scope.targets.push(target.to_owned());
            }
        }
        scope.unjudged += one.unjudged;
        findings.extend(one.findings.iter().cloned());
    }
    Report::new(findings, examined.iter().map(|one| one.suppressed).sum(), scope)
}
