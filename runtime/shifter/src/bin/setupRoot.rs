//! The program `setupRoot`.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(u8::try_from(shifter::setup::main()).unwrap_or(1))
}
