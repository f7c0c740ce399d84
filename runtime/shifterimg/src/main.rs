//! The command `shifterimg`.

fn main() {}
