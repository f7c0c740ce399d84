//! The command `shifter`.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(u8::try_from(shifter::start::main()).unwrap_or(1))
}
