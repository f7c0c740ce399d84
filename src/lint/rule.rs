//! What a rule is: one static whose doc comment is its manual page and its test.

use crate::diagnostic::{Category, RuleId, Severity};
use crate::lint::{Findings, View};
pub(crate) use crate::profile::section::Tier;
use crate::target::Target;

/// One rule. Made by [`rule!`], listed once in [`crate::lint::RULES`].
#[derive(Debug)]
pub struct Rule {
    /// Code (`GROUP###`, never used again once a rule is gone), name (the bad pattern in kebab
    /// case, so that "ignore duplicate-target" reads right), severity and category.
    pub id: RuleId,
    /// Who feels it, and how soon.
    pub impact: Impact,
    /// Which installed software it is about.
    pub targets: Targets,
    /// What the profile must tell for the rule to have an answer.
    pub needs: &'static [Fact],
    /// Who wants to hear of it: `Default` for everybody, `Strict` for those who ask.
    pub tier: Tier,
    /// Whether a finding brings its repair.
    pub fix: Repair,
    /// Where the fact behind the rule is written down.
    pub source: &'static str,
    /// The doc comment, one leading blank per line.
    pub docs: &'static str,
    /// How it is found.
    pub check: Check,
}

impl Rule {
    /// What a `rule!` leaves out: all targets, no facts needed, the default tier, no repair.
    pub(crate) const PLAIN: Rule = Rule {
        id: id("", "", Severity::Error, Category::Correctness),
        impact: Impact::Silent,
        targets: Targets::All,
        needs: &[],
        tier: Tier::Default,
        fix: Repair::ByHand,
        source: "",
        docs: "",
        check: Check::Loader,
    };

    /// Whether the rule has something to say where `target` is installed. Where the profile does not say what is, only
    /// rules for every target have.
    #[must_use]
    pub fn is_about(&self, target: Option<Target>) -> bool {
        target.map_or(matches!(self.targets, Targets::All), |target| self.targets.include(target))
    }

    /// Whether a run of `tier` asks the rule: `Min` is what the programs themselves would refuse.
    #[must_use]
    pub fn is_in(&self, tier: Tier) -> bool {
        match tier {
            Tier::Min => self.id.severity == Severity::Error && self.impact == Impact::EveryStart,
            Tier::Default => self.tier == Tier::Default,
            Tier::Strict => true,
            Tier::Security => self.id.category == Category::Security,
        }
    }

    /// The letters before the number: `FS` of `FS011`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.code.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    /// Whether `selector` is this rule's code, its name, or a prefix of its code that ends with
    /// the group or within the number.
    #[must_use]
    pub fn answers_to(&self, selector: &str) -> bool {
        self.id.name == selector || (selector.starts_with(self.group()) && self.id.code.starts_with(selector))
    }
}

/// The identity of a rule in one line.
pub(crate) const fn id(code: &'static str, name: &'static str, severity: Severity, category: Category) -> RuleId {
    RuleId { code, name, severity, category }
}

/// How the findings of a rule come about.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Reading or rendering the profile reports it; nothing is left to ask.
    Loader,
    /// Another program, or another verb of this one, reports it: `check --tools`, `diff`. Its examples show what they
    /// are given and no profile.
    Outside,
    /// Asked once for the profile and once for each node class.
    View(fn(&View<'_>, &mut Findings<'_>)),
    /// Asked once, after all others: it judges the run as a whole.
    Last(fn(&View<'_>, &mut Findings<'_>)),
    /// Asked about the files of a running site while they are imported.
    Import(fn(&crate::import::Evidence<'_>, &mut crate::import::Marks)),
}

/// Whether a finding brings its repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// A person has to decide.
    ByHand,
    /// `--fix` applies it: the profile means afterwards what it was meant to mean before.
    Safe,
    /// `--unsafe-fixes` applies it: a guess.
    Unsafe,
}

/// Who feels it, and how soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impact {
    /// The original refuses to start for every user of the node, or the service does not start.
    EveryStart,
    /// A container, a pull or a job start fails.
    OneStart,
    /// Nothing fails and something else happens than was written.
    Silent,
    /// It is exploitable, or weakens a guard.
    Exposure,
    /// It is slow, or fails at scale.
    Slow,
    /// It is untidy.
    Untidy,
}

impl Impact {
    /// The sentence used in the manual page.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Impact::EveryStart => "every container start on the node, or the service, fails",
            Impact::OneStart => "a container, a pull or a job start fails",
            Impact::Silent => "something else happens than was written, without a message",
            Impact::Exposure => "a guard is missing or weakened",
            Impact::Slow => "it is slow, or fails at scale",
            Impact::Untidy => "it misleads the next reader",
        }
    }
}

/// Which installed software a rule is about.
#[derive(Debug, Clone, Copy)]
pub enum Targets {
    /// Every target.
    All,
    /// Only these.
    Only(&'static [Target]),
    /// Every target but these.
    Except(&'static [Target]),
}

impl Targets {
    /// Whether `target` is one of them.
    #[must_use]
    pub fn include(self, target: Target) -> bool {
        match self {
            Targets::All => true,
            Targets::Only(these) => these.contains(&target),
            Targets::Except(these) => !these.contains(&target),
        }
    }
}

/// What a profile may leave untold, and a rule then cannot judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// `[scale]`: how many nodes, how many containers on one.
    Scale,
    /// `[storage]`: what a file system is and who writes there.
    Storage,
    /// `[identity]`: where users come from.
    Identity,
    /// The date of today, given by the caller and never read from a clock.
    Today,
    /// What nodes really are, given by the caller and never found on the machine that checks.
    Host,
}

impl Fact {
    /// Where the fact is told.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Fact::Scale => "[scale]",
            Fact::Storage => "[storage]",
            Fact::Identity => "[identity]",
            Fact::Today => "--today",
            Fact::Host => "--facts",
        }
    }
}

/// A rule as a static. Its doc comment has the sections *What it checks*, *Why is this bad*,
/// *Bad* and *Good*; the latter two hold a ```` ```toml ```` example that a test overlays on a
/// minimal profile.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $vis:vis static $id:ident = { $($field:ident: $value:expr),+ $(,)? }) => {
        $(#[doc = $doc])+
        $vis static $id: $crate::lint::Rule = $crate::lint::Rule {
            docs: concat!($($doc, "\n"),+),
            $($field: $value,)+
            ..$crate::lint::Rule::PLAIN
        };
    };
}
pub(crate) use rule;
