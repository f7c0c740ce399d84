//! The two programs that read a node's log, each as it is installed, with a record of the greatest length.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shifter_formats::record::{Outcome, Record};

use crate::node;
use crate::world::{ALICE, BOB, World, at, isolated, run};

const JOURNALD: [&str; 2] = ["/lib/systemd/systemd-journald", "/usr/lib/systemd/systemd-journald"];

/// A program of the test, ended with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn begin(command: &mut Command) -> Running {
    Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// Asks again until there is an answer.
#[track_caller]
fn wait_for<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What alice asks for here: a refusal whose every field is as long as it can be.
fn ask_at_length(world: &World) {
    let long = "\u{1b}]0;é\n\"".repeat(1000);
    let prepare = |command: &mut Command| {
        command.env("SLURM_JOB_ID", &long);
    };
    world.run_as(ALICE, prepare, &["--image", &long, "--", &long]).fails(1);
}

fn is_whole(record: &Record) -> bool {
    record.outcome == Outcome::Refused
        && record.uid == ALICE
        && record.error.as_ref().is_some_and(|error| error.ends_with("..."))
}

#[test]
fn rsyslog_keeps_a_record_whole_and_knows_its_fields() {
    isolated(|world| {
        node::memory();
        drop(node::log());
        fs::remove_file("/dev/log").unwrap();
        let log = at("out/rsyslog");
        let conf = format!(
            "global(workDirectory=\"/run\")\nmodule(load=\"imuxsock\" SysSock.Name=\"/dev/log\")\n\
             module(load=\"mmjsonparse\")\naction(type=\"mmjsonparse\")\n\
             template(name=\"t\" type=\"string\" string=\"%syslogfacility-text%.%syslogseverity-text% \
             %$!outcome% %$!uid% %syslogtag%%msg%\\n\")\n*.* action(type=\"omfile\" file=\"{}\" template=\"t\")\n",
            log.display()
        );
        fs::write("/run/rsyslog.conf", conf).unwrap();
        let mut rsyslogd = Command::new("rsyslogd");
        let _running = begin(rsyslogd.args(["-n", "-f", "/run/rsyslog.conf", "-i", "/run/rsyslog.pid"]));
        wait_for("install the package `rsyslog`", || Path::new("/dev/log").exists().then_some(()));
        ask_at_length(world);
        let line = wait_for("a record in the log", || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            text.lines().find(|line| line.contains("shifter[")).map(str::to_owned)
        });
        assert!(line.starts_with(&format!("authpriv.notice refused {ALICE} shifter[")), "{line}");
        assert!(is_whole(&Record::in_log_line(&line).unwrap().unwrap()), "{line}");
    });
}

#[test]
fn journald_keeps_a_record_whole_and_as_roots() {
    isolated(|world| {
        node::memory();
        drop(node::log());
        for directory in ["/run/systemd/journal", "/run/log/journal"] {
            fs::create_dir_all(directory).unwrap();
        }
        fs::write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n").unwrap();
        fs::remove_file("/dev/log").unwrap();
        symlink("/run/systemd/journal/dev-log", "/dev/log").unwrap();
        let journald = JOURNALD.iter().find(|path| Path::new(path).exists()).expect("install the package `systemd`");
        let _running = begin(&mut Command::new(journald));
        wait_for("journald listens", || Path::new("/run/systemd/journal/dev-log").exists().then_some(()));
        ask_at_length(world);
        // What a user writes by himself is not root's.
        let mut logger = Command::new("logger");
        logger.args(["-u", "/dev/log", "-t", "shifter", "@cee: {\"at\":1,\"outcome\":\"started\",\"uid\":0}"]);
        run(BOB, logger).ok();
        let find = |uid: u32| {
            wait_for("a record in the journal", || {
                let mut journalctl = Command::new("journalctl");
                journalctl.args(["-D", "/run/log/journal", "-o", "cat", "--no-pager", "SYSLOG_IDENTIFIER=shifter"]);
                let output = journalctl.arg(format!("_UID={uid}")).output().unwrap();
                Some(String::from_utf8(output.stdout).unwrap()).filter(|text| !text.is_empty())
            })
        };
        let line = find(0);
        let record = Record::in_log_line(&format!("shifter[1]: {line}")).unwrap().unwrap();
        assert!(is_whole(&record) && line.lines().count() == 1, "{line}");
        assert!(find(BOB).contains("\"uid\":0"));
    });
}
