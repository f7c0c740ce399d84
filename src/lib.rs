//! Describe an HPC site once, in typed TOML; check it; render every file Shifter needs.
//!
//! The story, in the order in which data flows:
//!
//! 1. [`cli`] reads the command line and chooses the form of what is said.
//! 2. [`profile`] reads a profile and the layers it is made of. Each value keeps the place where it was
//!    written; every mistake becomes a finding ([`diagnostic`]), and nothing stops at the first.
//! 3. [`site`] decides what the profile means for one class of nodes, for the installed software
//!    ([`target`]): no default is left to decide after it.
//! 4. [`lint`] asks every rule. A rule names key paths, never lines.
//! 5. [`check`] puts the findings of all classes together and leaves out what is suppressed, or known ([`baseline`]).
//! 6. [`repair`] carries out what findings propose. It changes texts by [`edit`], which leaves alone all else;
//!    [`layout`] brings whole texts into the usual form, and [`migrate`] takes a profile to another release.
//! 7. [`render`] makes every file of a site, reads each back with the parser of the program it is for,
//!    and writes it. The same site gives the same bytes.
//! 8. [`change`] says in the words of a file's reader what differs between two versions of it.
//! 9. [`install`] compares a plan with what lies below a root ([`tree`]), puts it in place, and goes back.
//!
//! [`facts`] finds what a node really is, for the rules about hosts; [`doctor`] asks them on the spot.
//! [`verify`] holds the files of a node against the manifest that was rendered with them, and [`report`] folds what many
//! nodes say. [`versioned`] installs what containers hold open under names of its own, so that nothing changes below
//! them. [`bundle`] gathers what a supporter needs to see. [`secret`] reads what references to secrets refer to, and knows
//! what a secret looks like where none may be.
//! [`import`] goes the other way: from the files of a running site to a profile, with the proof that they say the same.
//! [`cdi`] makes a module of a node's accelerators, and [`stage`] one of an MPI of the host: [`elf`] knows what libraries need, and `shifter_libraries::mpi` which may stand for which.
//! [`schema`] describes the files read and written, for editors and other programs; [`docs`] is the manual for people.
//! [`lsp`] serves editors: the same findings while a profile is typed.

pub mod baseline;
pub mod bundle;
pub mod capacity;
pub mod cdi;
pub mod change;
pub mod check;
pub mod cli;
pub mod coverage;
pub mod diagnostic;
mod digest;
pub mod docs;
pub mod doctor;
pub mod edit;
pub mod elf;
pub mod facts;
pub mod import;
pub mod init;
pub mod install;
pub mod layout;
pub mod lint;
pub mod lsp;
pub mod migrate;
pub mod profile;
pub mod render;
pub mod repair;
pub mod report;
pub mod sandbox;
pub mod schema;
pub mod script;
pub mod secret;
pub mod show;
pub mod site;
pub mod stage;
pub mod target;
pub mod tree;
pub mod verify;
pub mod versioned;
pub mod versions;
pub mod why;
