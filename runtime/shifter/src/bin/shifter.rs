//! The command `shifter`.

fn main() {}
