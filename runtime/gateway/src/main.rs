//! The command `shifter-imagegw`.

fn main() {}
