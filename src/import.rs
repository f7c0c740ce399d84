//! The files of a running site as a profile, with the proof that nothing was changed on the way.
//!
//! [`import`] reads what a site *has*: each file by the grammar of the program that reads it, warts included. It writes a
//! profile, renders that profile in memory, reads the result by the same grammar and compares: the law
//! `parse(render(import(x))) = parse(x)`. Where no key of a profile says the same, the lines go below `[extra]` word for
//! word, and the comparison is made anew. Whatever is left over is said, and the law counts as broken.
//!
//! What the site *meant* is for the rules: RAW rules compare the two in the imported files ([`Imported::findings`]), and
//! all other rules look at the profile when it is checked. Nothing here changes an imported file.

mod build;
mod chosen;
mod compare;
mod draft;
mod examine;
mod hook;
mod input;
mod json;
mod laws;
mod lines;
mod manager;
mod modules;
mod platform;
mod private;
mod redis;
mod rendered;
mod report;
mod same;
mod secret;
mod target;
mod udiroot;
mod vault;
mod wlm;
mod write;

pub use chosen::ImportError;
pub use examine::{Evidence, Marks, TextEdit};
pub use input::{FileKind, InputFile, Ownership, read};
pub use laws::Law;
pub use private::Private;
pub use report::Lost;
pub use target::Choice;
pub use vault::Secrets;

pub(crate) use examine::ConfEvidence;
pub(crate) use json::escaped;
pub(crate) use lines::ConfLine;

pub use write::{Destination, WriteError, write};

use crate::diagnostic::{Located, Safety};
use build::Knowledge;
use chosen::Chosen;
use shifter_formats::Target;

/// Keys that only a patched release knows; an imported file that has one comes from such a release.
pub(crate) const PATCHED: &[&str] = &["mountCmd"];

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// For which release.
    pub target: Choice,
    /// Whose word counts where two files do not agree on one fact.
    pub prefer: Prefer,
    /// Whether mounts of a premount script become mounts of the runtime.
    pub modernise: bool,
    /// The directory of secrets as the profile names it, usually `secrets`.
    pub secrets: String,
    /// Which repairs of the imported files are made.
    pub repairs: Safety,
}

/// Whose word counts where two files do not agree on one fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// That of `udiRoot.conf`.
    #[default]
    UdiRoot,
    /// That of `imagemanager.json`.
    ImageManager,
}

/// A site as it was imported.
#[derive(Debug)]
pub struct Imported {
    /// The release it is for.
    pub target: Target,
    /// Later releases whose keys cover the files too.
    pub ties: Vec<Target>,
    /// Whether the programs of that release accept the files.
    pub accepted: bool,
    /// The profiles, the main one first under the name `""`; the others under the names by which it calls them.
    pub profiles: Vec<(String, String)>,
    /// The passwords, by the file each goes to.
    pub secrets: Secrets,
    /// The scripts that are carried, by their path beside the profile.
    pub scripts: Vec<(String, String)>,
    /// What the comparison of rendered and imported files showed.
    pub laws: Vec<Law>,
    /// The keys, or nothing but the name of the profile, under which something stays in a profile that looks like a secret:
    /// no reference can stand there. Such a profile is its owner's alone.
    pub private: Vec<Private>,
    /// What the profile does not say.
    pub lost: Vec<Lost>,
    /// What was decided where two files did not agree.
    pub decided: Vec<String>,
    /// What is wrong with the imported files, at its place in them.
    pub findings: Vec<Located>,
    /// The imported files with every repair made that was asked for, where there is one.
    pub repaired: Vec<(String, String)>,
    /// The name, the text and the repaired text of each, as they may be shown.
    shown_repairs: Vec<(String, String, String)>,
}

impl Imported {
    /// Whether every file that can be compared reads back as it was.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.laws.iter().all(|law| law.holds)
    }
}

/// How often a profile is rendered and compared at most.
const ROUNDS: usize = 8;

/// Makes a profile of the files of a site.
///
/// # Errors
/// When there is nothing to import, or two files of a kind that a site has once.
pub fn import(files: &[InputFile], options: &Options) -> Result<Imported, ImportError> {
    let chosen = Chosen::of(files, options)?;
    let mut knowledge = Knowledge::of(&chosen, options);
    let mut built = build::build(&chosen, &knowledge, options);
    let mut rendered = built.render();
    for _ in 0..ROUNDS {
        if !compare::learn(&chosen, &rendered, &mut knowledge) {
            break;
        }
        built = build::build(&chosen, &knowledge, options);
        rendered = built.render();
    }
    let laws = laws::judge(&chosen, &rendered, &knowledge);
    let mut examined = examine::examine(&chosen, options.repairs);
    let private = private::of(&built.profiles, &built.secrets);
    examined.findings.extend(private.iter().map(Private::finding));
    let mut lost = built.lost;
    lost.extend(chosen.lost(&knowledge));
    lost.sort();
    lost.dedup();
    Ok(Imported {
        target: chosen.target,
        ties: chosen.ties.clone(),
        accepted: chosen.accepted,
        profiles: built.profiles,
        secrets: built.secrets,
        scripts: built.scripts.into_iter().collect(),
        laws,
        private,
        lost,
        decided: chosen.decided.clone(),
        findings: examined.findings,
        repaired: examined.repaired,
        shown_repairs: examined.shown,
    })
}
