//! From a rendered plan to the files of a machine, and back.
//!
//! What is wanted ([`Desired`]) is compared three ways with what lies there and with what was applied last
//! ([`compare`]): whatever differs was changed by you, by somebody at the machine, or by both. [`apply`] puts it in
//! place: everything is staged, read back and journaled first; then files are renamed, those that others name before
//! those that name them. Whenever a run is killed, each file is whole, and the next run ([`recover`]) finishes it or
//! takes it back. Each run that changes something is kept as a [`Generation`], with what it replaced, below
//! `/var/lib/shifter-site` of the root; [`rollback`] goes back to one, [`collect`] forgets old ones.

mod accounts;
mod apply;
mod class;
mod clock;
mod compare;
mod desired;
mod difference;
mod error;
mod generation;
mod owning;
mod recover;
mod reload;
mod rollback;
mod saved;
mod store;
mod transition;
mod words;

pub use accounts::Accounts;
pub use apply::{Applied, Edits, Request, Selection, apply};
pub use class::pick as pick_class;
pub use clock::show as show_time;
pub use compare::{Compared, Item, compare};
pub use desired::{Desired, LeftOut, Wanted};
pub use difference::{Difference, FileDifference, Pair, Status, Verdict};
pub use error::InstallError;
pub use generation::{Before, Cause, Content, Generation, Kept};
pub use owning::{Owning, may};
pub use recover::{Recovery, interrupted, recover};
pub use reload::Reload;
pub use rollback::{Rollback, collect, rollback};
pub use saved::SavedPlan;
pub use store::{Lock, STATE, Store};
pub use words::{unified, words};
