//! The command `shifter-site`.

fn main() -> std::process::ExitCode {
    shifter_site::cli::main()
}
