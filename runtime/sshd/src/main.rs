//! The program `shifter-sshd`.

use std::process::ExitCode;

fn main() -> ExitCode {
    shifter_sshd::cli::main()
}
