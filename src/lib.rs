//! Describe an HPC site once, in typed TOML; check it; render every file Shifter needs.

pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod lint;
pub mod profile;
pub mod render;
pub mod sandbox;
pub mod schema;
pub mod site;
pub mod target;
