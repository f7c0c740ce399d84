//! The control group of what a set-up leaves running, where control groups have version 1 (cgroups(7)).
//!
//! `DIR/shifter/uid_UID/job_JOB` below the mount of the memory controller, as the original names it. Version 2 has no such
//! mount and no file `tasks`, and Slurm owns the tree there: nothing is done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How often processes are ended that go on making new ones, and how long after each other.
const TRIES: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(20);

/// The group of a job, if the controller is there in version 1.
#[must_use]
pub fn of(mount: &Path, uid: u32, job: u32) -> Option<PathBuf> {
    let is_first = mount.join("tasks").exists() && !mount.join("cgroup.controllers").exists();
    is_first.then(|| mount.join(format!("shifter/uid_{uid}/job_{job}")))
}

/// Puts this process into the group, and what it starts.
///
/// # Errors
/// Only what the kernel says.
pub fn enter(group: &Path) -> io::Result<()> {
    fs::create_dir_all(group)?;
    fs::write(group.join("tasks"), "0")
}

/// Ends what is in the group, until nothing is, and removes it; the user's, when it was the last.
///
/// # Errors
/// When something stays.
pub fn end(group: &Path) -> io::Result<()> {
    for _ in 0..TRIES {
        let tasks = match fs::read_to_string(group.join("tasks")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            tasks => tasks?,
        };
        for pid in tasks.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 1) {
            match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        match fs::remove_dir(group) {
            Ok(()) => {
                // Another job of the user keeps it.
                let _busy = group.parent().map(fs::remove_dir);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.raw_os_error() != Some(libc::EBUSY) => return Err(error),
            Err(_) => std::thread::sleep(BETWEEN),
        }
    }
    Err(io::Error::other(format!("processes in `{}` do not end", group.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_version_2_has_no_group() {
        assert_eq!(of(Path::new("/sys/fs/cgroup/unified"), 1, 2), None);
        assert_eq!(of(Path::new("/nowhere"), 1, 2), None);
    }

    #[test]
    fn what_is_left_in_a_group_is_ended_and_the_group_removed() {
        let mount = Path::new("/sys/fs/cgroup/memory");
        let Some(group) = of(mount, 4_000_000_000, std::process::id()) else {
            return eprintln!("skipped: no memory controller of version 1");
        };
        if fs::create_dir_all(&group).is_err() {
            return eprintln!("skipped: control groups cannot be made");
        }
        let script = "echo 0 >$0/tasks && (sleep 600 & sleep 600 & echo ready; wait)";
        let mut child = std::process::Command::new("/bin/sh")
            .args(["-c", script])
            .arg(&group)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut ready = [0; 6];
        io::Read::read_exact(&mut child.stdout.take().expect("a pipe"), &mut ready).expect("it is ready");
        end(&group).expect("they end");
        assert!(!child.wait().expect("it ended").success());
        assert!(!group.exists() && !group.parent().expect("of the user").exists());
        end(&group).expect("nothing is left to do");
        let _jobs_have_it = fs::remove_dir(mount.join("shifter"));
    }
}
