//! Bad input for every verb: what is no profile, what never ends, what cannot be written to.
//!
//! Each verb of `--help` has a row in [`verbs`]; a new one fails the suite until somebody has said what it reads.

#[path = "hostile/inputs.rs"]
mod inputs;
#[path = "hostile/outputs.rs"]
mod outputs;
#[path = "hostile/run.rs"]
mod run;
#[path = "hostile/verbs.rs"]
mod verbs;
