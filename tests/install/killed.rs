//! Killed at every step, the old set or the new one is left whole, and the next run makes it one of the two.

use crate::support::{Files, Machine};
use shifter_formats::udiroot::Conf;
use shifter_site::install::Recovery;
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CONF: &str = "/etc/shifter/udiRoot.conf";

/// A machine with two profiles, and the files of each once they are in place.
struct Killed {
    machine: Machine,
    old: Files,
    new: Files,
}

impl Killed {
    fn new() -> Self {
        let machine = Machine::new().with_profiles();
        let mut sets = ["old.toml", "new.toml"].map(|profile| {
            let ran = machine.run(&["apply", profile, "--yes", "--no-owner"]);
            assert_eq!(ran.code, 0, "{ran:?}");
            machine.files()
        });
        let (old, new) = (std::mem::take(&mut sets[0]), std::mem::take(&mut sets[1]));
        assert!(old != new && old.keys().ne(new.keys()), "the sets differ in files and in their contents");
        Self { machine, old, new }
    }

    /// The profile that is not in place.
    fn other(&self) -> &'static str {
        if self.machine.files() == self.old { "new.toml" } else { "old.toml" }
    }

    fn arguments(&self) -> [&'static str; 4] {
        ["apply", self.other(), "--yes", "--no-owner"]
    }

    /// Runs `arguments` with a fault that strace(1) injects. None where no process may be traced, which is said.
    fn with_fault(&self, fault: &str, arguments: &[&str]) -> Option<Output> {
        let mut command = Command::new("strace");
        command.args(["-f", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
        command.arg(env!("CARGO_BIN_EXE_shifter-site")).args(arguments);
        command.arg("--root").arg(self.machine.root()).current_dir(self.machine.beside());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let output = command.output().expect("strace(1) runs: install the package strace");
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("PTRACE_TRACEME") || said.contains("ptrace(") {
            eprintln!("skipped: no process may be traced here: {said}");
            return None;
        }
        Some(output)
    }

    /// What must hold at the instant of a kill: every file is that of one of the sets, `udiRoot.conf` reads and all it
    /// names is there.
    fn is_whole(&self, when: &str) {
        let files = self.machine.files();
        for (path, text) in files.iter().filter(|(path, _)| !path.contains(".shifter-site-")) {
            let is_one = [&self.old, &self.new].iter().any(|set| set.get(path) == Some(text));
            assert!(is_one, "{when}: {path} is neither the old nor the new one");
        }
        let conf = Conf::parse_native(&files[CONF]).unwrap_or_else(|errors| panic!("{when}: {errors:?}"));
        let hook = conf.site_pre_mount_hook.expect("it names one").display().to_string();
        assert!(files.contains_key(&hook), "{when}: {hook} is named and not there");
    }

    /// What the next run makes of it: exactly the old or the new set, and nothing beside it.
    fn is_one_of_two(&self, when: &str) -> Option<Recovery> {
        let recovery = self.machine.recover();
        let files = self.machine.files();
        assert!(files == self.old || files == self.new, "{when}: {recovery:?}: {:?}", files.keys());
        assert_eq!(self.machine.recover(), None, "{when}: once is enough");
        let same = if files == self.old { "old.toml" } else { "new.toml" };
        let ran = self.machine.run(&["diff", same, "--no-owner"]);
        assert_eq!(ran.code, 0, "{when}: {ran:?}");
        recovery
    }
}

#[test]
fn a_run_that_is_killed_at_any_step_is_finished_or_taken_back_by_the_next() {
    let killed = Killed::new();
    let mut steps: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut taken_back, mut finished) = (0, 0);
    // Each step that changes something on disk. Between two of them a kill leaves what the later one leaves.
    for (call, stride) in [("renameat", 1), ("unlinkat", 1), ("mkdirat", 1), ("fchmod", 2), ("fsync", 3)] {
        for when in (1..).step_by(stride) {
            let fault = format!("{call}:signal=KILL:when={when}");
            let Some(output) = killed.with_fault(&fault, &killed.arguments()) else { return };
            if output.status.success() {
                break;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.signal(), Some(9), "{call} {when}: {said}");
            let when = format!("at the {when}th {call}");
            killed.is_whole(&when);
            match killed.is_one_of_two(&when) {
                Some(Recovery::TakenBack { .. }) => taken_back += 1,
                Some(Recovery::Finished { .. }) => finished += 1,
                Some(Recovery::Reverted { why, .. }) => panic!("{when}: {why}"),
                None => {}
            }
            *steps.entry(call).or_default() += 1;
        }
    }
    println!("killed at {steps:?}: {taken_back} taken back, {finished} finished");
    assert!(steps.len() == 5 && taken_back > 0 && finished > 0, "{steps:?}: {taken_back}, {finished}");
}

#[test]
fn a_recovery_that_is_killed_is_finished_by_the_next() {
    let killed = Killed::new();
    // The third rename is the first of a file that is put in place; the journal is renamed twice before.
    for (call, when) in [("renameat", 1), ("renameat", 2), ("unlinkat", 1), ("fsync", 2), ("fsync", 5)] {
        let Some(apply) = killed.with_fault("renameat:signal=KILL:when=4", &killed.arguments()) else { return };
        assert_eq!(apply.status.signal(), Some(9), "{apply:?}");
        killed.with_fault(&format!("{call}:signal=KILL:when={when}"), &["gc"]);
        killed.is_whole(&format!("recovery killed at the {when}th {call}"));
        killed.is_one_of_two(&format!("recovery killed at the {when}th {call}"));
    }
}

/// A call that fails is not a kill: the run itself goes back, or ends with the new set, and says so.
#[test]
fn a_call_that_fails_at_any_step_leaves_one_of_the_two_sets() {
    let killed = Killed::new();
    let (mut reverted, mut failed) = (0, 0);
    for (call, stride) in [("renameat", 1), ("fsync", 4), ("mkdirat", 3)] {
        for when in (1..).step_by(stride) {
            let before = killed.machine.files();
            let fault = format!("{call}:error=EIO:when={when}");
            let Some(output) = killed.with_fault(&fault, &killed.arguments()) else { return };
            if output.status.success() {
                break;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let when = format!("{call} {when} fails: {said}");
            assert!(said.contains("Input/output error"), "{when}");
            killed.is_whole(&when);
            if said.contains("everything is as it was before") {
                assert_eq!(killed.machine.files(), before, "{when}");
                reverted += 1;
            }
            killed.is_one_of_two(&when);
            failed += 1;
        }
    }
    assert!(reverted > 0 && failed > reverted, "{failed} failed, {reverted} of them reverted");
}

/// Random numbers that are the same in every run (splitmix64).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

/// 20 kills, or as many as `SHIFTER_KILLS` says; with `SHIFTER_KILLS_REPORT`, what came of them is written there.
#[test]
fn a_run_that_is_killed_at_a_random_instant_leaves_the_old_or_the_new_set() {
    let kills: u32 = std::env::var("SHIFTER_KILLS").map_or(20, |kills| kills.parse().expect("a number"));
    let killed = Killed::new();
    let start = Instant::now();
    assert_eq!(killed.machine.run(&killed.arguments()).code, 0);
    // About as long as a whole run takes; that changes with what else the machine does, so it is followed.
    let mut most = u64::try_from(start.elapsed().as_micros()).unwrap_or(100_000);
    let mut random = Seeded(0x5148_4946);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut hit, mut missed) = (0, 0);
    while hit < kills {
        let n = hit + missed;
        assert!(missed <= 50 + 4 * kills, "most runs end before they are killed");
        let mut command = killed.machine.command(&killed.arguments());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(most)));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let when = format!("kill {n}");
        killed.is_whole(&when);
        let what = match (killed.is_one_of_two(&when), status.signal()) {
            (Some(Recovery::TakenBack { .. }), _) => "killed while staging, taken back by the next run",
            (Some(Recovery::Finished { .. }), _) => "killed while files were put in place, finished by the next run",
            (Some(Recovery::Reverted { why, .. }), _) => panic!("{when}: {why}"),
            (None, Some(_)) => "killed before or after it changed anything",
            (None, None) => {
                assert_eq!(status.code(), Some(0), "{when}");
                (missed, most) = (missed + 1, most * 9 / 10);
                continue;
            }
        };
        (hit, most) = (hit + 1, most + most / 50);
        *counts.entry(what).or_default() += 1;
    }
    let lines: String = counts.iter().map(|(what, count)| format!("| {what} | {count} |\n")).collect();
    println!("{lines}");
    if let Ok(report) = std::env::var("SHIFTER_KILLS_REPORT") {
        std::fs::write(
            Path::new(&report),
            format!("| {kills} runs killed by SIGKILL at a random instant ({missed} more had ended by then) | |\n|---|---:|\n{lines}"),
        )
        .expect("the report is written");
    }
}
