//! Where the cluster is: a process and namespaces of its own, so that nothing of it is seen outside and nothing is left.
//!
//! The tests of this binary share one cluster, since to start Slurm takes seconds. So the binary calls itself once more, in
//! new namespaces for processes, mounts, names and network, with the same filter; there the tests do what they say, one
//! after the other. Outside, each test tells what became of the one of its name.

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::cluster::Cluster;
use crate::mpi;

const INSIDE: &str = "SHIFTER_TEST_INSIDE";

static CLUSTER: OnceLock<Mutex<Cluster>> = OnceLock::new();
static OUTPUT: OnceLock<Result<String, String>> = OnceLock::new();

/// Programs of Slurm and of the kernel's namespaces; a machine without has nothing to test with.
const NEEDED: [(&str, &str); 6] = [
    ("slurmctld", "slurmctld"),
    ("slurmd", "slurmd"),
    ("srun", "slurm-client"),
    ("munged", "munge"),
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
];

/// Runs `body` with the cluster, in the inner process.
pub(crate) fn with_cluster(body: impl FnOnce(&mut Cluster)) {
    if std::env::var_os(INSIDE).is_some() {
        let cluster = CLUSTER.get_or_init(|| Mutex::new(Cluster::start()));
        let mut cluster: MutexGuard<'_, Cluster> = cluster.lock().unwrap_or_else(PoisonError::into_inner);
        cluster.as_it_was();
        return body(&mut cluster);
    }
    let name = std::thread::current().name().expect("a test has a name").to_owned();
    match OUTPUT.get_or_init(run_again) {
        Err(why) => eprintln!("skipped: {why}"),
        Ok(output) => {
            let line = |what: &str| output.lines().any(|line| line.starts_with(&format!("test {name} ... {what}")));
            assert!(line("ok"), "{}", what_it_said(output, &name));
            output.lines().filter(|line| line.starts_with("skipped")).for_each(|line| eprintln!("{line}"));
        }
    }
}

/// What the inner test of this name printed; all there is, if there is no such part.
fn what_it_said<'a>(output: &'a str, name: &str) -> &'a str {
    let begin = output.find(&format!("---- {name} stdout ----"));
    let part = begin.map(|begin| &output[begin..]).unwrap_or(output);
    part.find("\n\n---- ").map_or(part, |end| &part[..end])
}

fn run_again() -> Result<String, String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("needs root".to_owned());
    }
    for (program, package) in NEEDED {
        let found = Command::new("which").arg(program).env("PATH", PATH).stdout(Stdio::null()).status();
        assert!(found.is_ok_and(|status| status.success()), "no {program}: install the package `{package}`");
    }
    let (name, value) = mpi::prepare();
    let own = std::env::current_exe().expect("this program");
    let output = Command::new("unshare")
        .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        // Somebody has to reap what daemons leave behind: bash does, as the first process.
        .args(["bash", "-c", "\"$@\"; exit $?", "bash"])
        .arg(own)
        .args(std::env::args_os().skip(1).filter(|word| word != "--nocapture" && word != "-q" && word != "--quiet"))
        .arg("--test-threads=1")
        .env(INSIDE, "1")
        .env(name, value)
        .stdin(Stdio::null())
        .output()
        .expect("unshare of util-linux");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if shown.contains("unshare: unshare failed") {
        return Err(format!("no namespaces here: {}", shown.trim_end()));
    }
    Ok(shown)
}

/// Where programs are looked for.
pub(crate) const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
