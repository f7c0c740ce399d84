//! The command `shifter-site`.

fn main() {}
