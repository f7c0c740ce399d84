//! The init script of Blue Waters, run with stand-ins for celery and gunicorn that stay in the background as those do.

use crate::support::{plan, text};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Says what it was called with, leaves a process behind and its number in the PID file.
const STAND_IN: &str = r#"#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
for word in "$@"; do
    case $word in --pidfile=*) file=${word#--pidfile=} ;; esac
    [ "${last:-}" != --pid ] || file=$word
    last=$word
done
sleep 300 > /dev/null 2>&1 &
echo $! > "$file"
"#;

struct Service {
    dir: tempfile::TempDir,
}

impl Service {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (bin, root) = (dir.path().join("bin"), dir.path().display().to_string());
        fs::create_dir(&bin).unwrap();
        let id =
            |flag| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap().trim().to_owned();
        let script = text(&plan("bluewaters"), "services/shifter-imagegw")
            .replace("user=shifter\n", &format!("user={}\n", id("-un")))
            .replace("group=shifter\n", &format!("group={}\n", id("-gn")))
            .replace("bin=/opt/cray/shifter/16.08.3/imagegw_venv/bin\n", &format!("bin={root}/bin\n"))
            .replace("logs=/var/log/shifter_imagegw\n", &format!("logs={root}/logs\n"))
            .replace("run=/var/run/shifter_imagegw\n", &format!("run={root}/run\n"));
        for (name, text) in [("service", script.as_str()), ("bin/celery", STAND_IN), ("bin/gunicorn", STAND_IN)] {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, action: &str) -> Output {
        let mut command = Command::new("/bin/sh");

        command.arg(self.path("service")).arg(action).env("CALLS", self.path("calls")).output().unwrap()
    }

    fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn pids(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("run")).into_iter().flatten();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap().trim().to_owned()).collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.run("stop");
    }
}

fn lives(pid: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(pid).join("status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

#[test]
fn start_starts_the_workers_and_an_instance_for_each_port_once() {
    let service = Service::new();
    assert!(service.run("start").status.success());
    let calls = service.calls();
    assert_eq!(calls.len(), 4, "{calls:#?}");
    assert!(
        calls[0].starts_with("celery -A shifter_imagegw.imageworker worker -Q bluewaters -n worker.queue.bluewaters ")
    );
    for (call, port) in calls[1..].iter().zip([5000, 5001, 5002]) {
        assert!(call.starts_with(&format!("gunicorn -b 0.0.0.0:{port} ")), "{call}");
    }
    assert!(service.run("start").status.success());
    assert_eq!(service.calls().len(), 4, "what runs is not started again");
    assert_eq!(service.run("status").status.code(), Some(0));
}

#[test]
fn stop_ends_every_process_and_status_says_so() {
    let service = Service::new();
    assert!(service.run("start").status.success());
    let pids = service.pids();
    assert_eq!(pids.len(), 4);
    assert!(pids.iter().all(|pid| lives(pid)));
    assert!(service.run("stop").status.success());
    assert!(pids.iter().all(|pid| !lives(pid)), "{pids:?}");
    assert_eq!(service.run("status").status.code(), Some(3));
    assert!(service.run("stop").status.success(), "nothing to stop is no failure");
}

#[test]
fn a_pid_file_that_names_something_else_kills_nobody() {
    let service = Service::new();
    fs::create_dir(service.path("run")).unwrap();
    for content in ["", "-1", "1 2", "$(touch pwned)", "999999999"] {
        fs::write(service.path("run/api:5000.pid"), content).unwrap();
        let output = service.run("stop");
        assert!(output.status.success() && output.stderr.is_empty(), "{content}: {output:?}");
    }
}
