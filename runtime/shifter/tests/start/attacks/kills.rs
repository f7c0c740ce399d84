//! kill -9 at each step: a start is ended at each call by which it changes anything, one after the other.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use shifter_sys::mountinfo;
use shifter_sys::process::Ended;

use super::traced;
use crate::image;
use crate::world::{at, directory_of, isolated, write};

/// Each is made at least once by this start or one of its children.
const CHANGES: [&str; 19] = [
    "unshare",
    "mount",
    "lsetxattr",
    "pivot_root",
    "umount2",
    "fsopen",
    "fsmount",
    "open_tree",
    "move_mount",
    "mount_setattr",
    "mkdirat",
    "symlinkat",
    "unlinkat",
    "fchown",
    "ioctl",
    "clone",
    "setresuid",
    "setsid",
    "execve",
];

/// How a traced start ended, when nobody had a descriptor of its standard input any more: then all it left has ended.
fn ended(mut command: Command) -> Ended {
    let (mut reading, writing) = std::io::pipe().unwrap();
    command.stdin(Stdio::from(writing)).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().unwrap();
    drop(command);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _end = reading.read(&mut [0]);
        let _nobody_waits = sender.send(());
    });
    receiver.recv_timeout(Duration::from_secs(30)).expect("no process of the start is left");
    match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(signal) => Ended::Killed(signal),
        None => Ended::Exited(status.code().unwrap()),
    }
}

fn loops_of(part: &str) -> usize {
    let has_it = |entry: std::io::Result<fs::DirEntry>| {
        let file = entry.unwrap().path().join("loop/backing_file");
        fs::read_to_string(file).is_ok_and(|file| file.contains(part))
    };
    fs::read_dir("/sys/block").unwrap().map(has_it).filter(|&has| has).count()
}

#[test]
fn a_start_that_is_killed_at_any_call_leaves_nothing() {
    isolated(|world| {
        let own = format!("kills-{}", std::process::id());
        image::install(&own, "");
        directory_of(&own, 0, 0o700);
        let hook = write("hooks/root", "touch made-by-root\n");
        fs::write(at("host/file"), "").unwrap();
        world.configure(&format!(
            "siteFs=/srv/host:/deep/site\nmodule_m_copyPath=/srv/host\nmodule_m_roothook={}\n\
             mkfsExt4Path=/usr/sbin/mkfs.ext4\nperNodeCachePath=/srv/{own}",
            hook.display()
        ));
        let image = format!("--image=id:{own}");
        let words =
            ["-m", "m", "-V", "/tmp:/data", "-V", "/any:/fast:perNodeCache=size=8M,fs=ext4", image.as_str(), "id"];
        let before = mountinfo::read().unwrap();
        let mut kills = 0;
        for call in CHANGES {
            // A call of which there are many is tried at its first times, and then now and then.
            let times = (1..=8).chain((9..).step_by(7));
            for nth in times {
                let inject = format!("inject={call}:signal=SIGKILL:when={nth}");
                match ended(traced(&["-f", "-e", &inject], &words)) {
                    // A child that is killed is a start that fails; one that makes no such call goes well.
                    Ended::Exited(0) => break,
                    Ended::Killed(9) | Ended::Exited(1 | 137) => kills += 1,
                    other => panic!("{call} {nth}: {other:?}"),
                }
                assert_eq!(mountinfo::read().unwrap(), before, "{call} {nth}");
                assert_eq!(fs::read_dir(at(&own)).unwrap().count(), 0, "{call} {nth}");
                let names = fs::read_dir(at("loop")).unwrap().map(|entry| entry.unwrap().file_name());
                let strange = names.filter(|name| !name.to_str().unwrap().starts_with(".loop-")).count();
                assert_eq!((fs::read_dir(at("udi")).unwrap().count(), strange), (0, 0), "{call} {nth}");
            }
        }
        assert!(kills > 60, "{kills}");
        // The kernel clears a device when its last user is gone, in its own time.
        let are_gone = (0..6000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            loops_of(&own) == 0
        });
        assert!(are_gone, "a loop device is left");
    });
}
