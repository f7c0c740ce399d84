//! The program `unsetupRoot`.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(u8::try_from(shifter::unsetup::main()).unwrap_or(1))
}
