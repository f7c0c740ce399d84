//! The rules: what is wrong with a profile that can be read.
//!
//! A [`Rule`] is a static in one file per group. Its doc comment is its manual page
//! (`shifter-site explain FS011`, `schemas/rules.md`) and its test: the *bad* example, laid over a
//! minimal profile, gives that finding and no other, the *good* one gives none. [`RULES`] is a
//! plain list; nothing registers itself.
//!
//! [`run`] asks every rule about the profile and about each node class. A rule sees a [`View`] and
//! answers with key paths; it never learns of a file, a line, the host or the clock. Where the
//! profile does not tell what a rule needs ([`Fact`]), the rule says nothing, and SITE017 names it.

mod carried;
mod env;
mod etc;
mod findings;
mod fs;
mod gpu;
mod gw;
mod hook;
mod host;
mod inst;
mod kmod;
mod modules;
mod mounts;
mod page;
mod paths;
mod raw;
mod reg;
mod registry;
mod retired;
mod rt;
mod rule;
mod run;
mod sec;
mod sections;
mod site;
mod storage;
mod ver;
mod view;
mod wlm;

pub use crate::profile::section::Tier;
pub use findings::Findings;
pub use inst::{
    artifacts::ARTIFACT_COLLISION,
    outside::{EDITED_IN_PLACE, HOOK_SHELLCHECK, SCRIPT_NOT_POSIX, UNIT_EXPOSURE, UNIT_VERIFY},
};
pub use page::{Example, SECTIONS, examples, explain, listing, markdown, reference, section, summary, text};
pub(crate) use raw::further::further;
pub use registry::{RULES, find, group_title, is_selector, nearest_rule};
pub use retired::{RETIRED, Retired};
pub use rule::{Check, Fact, Impact, Repair, Rule, Targets};
pub use run::{check, run};
pub use sec::references::{SECRET_IN_PUBLIC_ARTIFACT, needs_secrets};
pub use view::{Context, View};
