//! What is wrong with a node as it is: the rules about hosts, asked about the node itself.
//!
//! What is said and how it is judged is `check`'s; only the facts are found on the spot, and only rules that need them are
//! heard. Where there is no profile, the installed files say what is wanted ([`installed`]). [`image`] looks at one image,
//! [`inside`] into it, and [`modules`] says which module would take the place of its MPI.

pub mod image;
pub mod inside;
pub mod installed;
pub mod modules;

use crate::check::{self, Strictness, Verdict};
use crate::facts::Facts;
use crate::lint::{Fact, RULES};
use crate::profile::{Buffers, LoadError, LoadOptions};

/// Rules that say why a profile means nothing: then nothing can be said of a node either.
const OF_THE_PROFILE: [&str; 9] =
    ["SITE001", "SITE002", "SITE003", "SITE004", "SITE005", "SITE007", "SITE008", "SITE012", "SITE013"];

/// The codes that are heard.
fn codes() -> Vec<String> {
    let of_hosts = RULES.iter().filter(|rule| rule.needs.contains(&Fact::Host)).map(|rule| rule.id.code);
    of_hosts.chain(OF_THE_PROFILE).map(str::to_owned).collect()
}

/// What is wrong with the node that `facts` are of, for a class of a profile, with texts that stand for files.
///
/// # Errors
/// When the profile cannot be read.
pub fn examine(
    options: &LoadOptions,
    buffers: &Buffers,
    class: Option<&str>,
    facts: Facts,
    strictness: Strictness,
) -> Result<Verdict, LoadError> {
    let select = if strictness.select.is_empty() { codes() } else { strictness.select.clone() };
    let strictness = Strictness { select, facts: vec![facts], ..strictness };
    let mut verdict = check::check_with(options, class, &strictness, buffers)?.verdict;
    // What other rules say was not asked for, and is not kept from anybody.
    verdict.suppressed = 0;
    Ok(verdict)
}
