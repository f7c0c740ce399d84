//! The project's own commands: `cargo xtask try | test | bench | soak | fuzz | generate`.
//!
//! The story: [`packages`] and [`wheels`] bring what a machine lacks, [`cargo`] builds and runs, [`suite`] counts what was tested, [`fuzz`] looks for
//! inputs that break a parser, [`bench`] compares the runtime with its peers, [`soak`] runs briefly tested
//! things for long.

mod bench;
mod cargo;
mod fuzz;
mod packages;
mod soak;
mod suite;
mod wheels;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  try [ARGUMENT...]      build, then run a whole site in a scratch directory (shifter-site try)
  test [ARGUMENT...]     the whole test suite; arguments go to `cargo test`
  bench start            starts of /bin/true beside the floor and the peers, into docs/evidence/start.md and README.md
  bench gateway [--quick] [PART...]
                         the gateway under load: lookups, storm, convert; into docs/evidence/gateway-speed.md and README.md
  soak apply             apply killed 500 times; the report goes to docs/evidence
  soak gateway           a gateway killed 500 times under load on each store; likewise
  soak kernel            the runtime's tests on Debian 12's kernel under qemu; likewise
  bench capacity         the simulation of shifter-site capacity beside real queues, into docs/evidence/capacity.md
  bench check            profiles per second and memory of shifter-site check, into docs/evidence/check.md
  fuzz [OPTION...] [TARGET...]
                         every fuzz target, or these, for 60 s each (--seconds N); with AddressSanitizer (--address);
                         into tests/fuzz/kept (--keep) and docs/evidence/fuzz.md (--report)
  generate               write the generated files below schemas/ again
  packages               install what the test suite uses beside Rust, or name it";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = words.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    let outcome = match verb.as_str() {
        "try" => cargo::try_site(rest),
        "test" => suite::run(rest),
        "bench" => bench::run(rest),
        "soak" => soak::run(rest),
        "fuzz" => fuzz::run(rest),
        "generate" => cargo::generate(),
        "packages" => packages::ensure(packages::FOR_TESTS).and_then(|()| wheels::ensure()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => {
            eprintln!("xtask: no command `{other}`\n\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
