//! `cargo xtask soak`: the long runs of tests that the suite runs briefly. The last report of each lies below `docs/evidence`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, packages};

mod gateway;
mod kernel;

/// As many runs of `apply` or of a gateway are killed when nobody says otherwise.
const KILLS: &str = "500";

/// `cargo xtask soak apply|gateway [--kills N]` and `cargo xtask soak kernel`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["apply"] => apply(KILLS),
        ["apply", "--kills", kills] if kills.parse::<u32>().is_ok() => apply(kills),
        ["gateway"] => report("gateway", &gateway::run(KILLS)?),
        ["gateway", "--kills", kills] if kills.parse::<u32>().is_ok() => report("gateway", &gateway::run(kills)?),
        ["kernel"] => {
            let console = kernel::run()?;
            let text = format!(
                "# The runtime on older kernels\n\nLast report of `cargo xtask soak kernel`: the runtime's tests, as built for \
                 this machine, run as root in a guest with the kernel of Debian 12. {}",
                console.text()
            );
            report("kernel", &text)?;
            if console.is_well() { Ok(()) } else { bail!("tests failed in the guest, or did not end") }
        }
        _ => bail!("usage: cargo xtask soak apply|gateway [--kills N] | kernel"),
    }
}

/// `apply` killed at every step that changes something on disk, and at `kills` random instants.
fn apply(kills: &str) -> Result<()> {
    packages::ensure(packages::FOR_TESTS)?;
    let part = cargo::root().join("target/soak-apply.md");
    let mut command =
        cargo::cargo(&["test", "--package", "shifter-site", "--test", "install", "--", "killed", "--nocapture"]);
    cargo::run(command.env("SHIFTER_KILLS", kills).env("SHIFTER_KILLS_REPORT", &part))?;
    let counts = std::fs::read_to_string(&part).with_context(|| format!("cannot read {}", part.display()))?;
    report(
        "apply",
        &format!(
            "# `apply`, killed\n\n\
             Last report of `cargo xtask soak apply`. Two profiles are applied in turn; they differ in a mount, in the hook that \
             `udiRoot.conf` names, and in the place of that hook. Each run is sent SIGKILL. At that instant every file must be \
             the old or the new one, whole, `udiRoot.conf` must read, and the hook it names must be there. Then the next command \
             must make it exactly the old or the new set, with nothing left beside it, and say which; `diff` must agree.\n\n\
             {counts}\n\
             Besides, one run each was killed on entering every `renameat`, `unlinkat` and `mkdirat`, every second `fchmod` and \
             every third `fsync` it makes, by strace(1); and the recovery itself at five steps. All held. Linux {}.\n",
            kernel()
        ),
    )
}

/// Writes the report of one soak.
fn report(name: &str, text: &str) -> Result<()> {
    let path: PathBuf = cargo::root().join(format!("docs/evidence/{name}.md"));
    let directory = path.parent().context("a report lies in a directory")?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}

fn kernel() -> String {
    let output = Command::new("uname").arg("-r").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
