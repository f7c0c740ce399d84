//! sftp and scp.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Output, Stdio};

use crate::job::Job;

/// sftp with these lines, to its end.
fn sftp(job: &Job, lines: &str) -> Output {
    let mut sftp = job.client("sftp");
    sftp.args(["-b", "-", "node"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut sftp = sftp.spawn().unwrap();
    sftp.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    sftp.wait_with_output().unwrap()
}

/// A file with this much in it that the user can read.
fn source(job: &Job, name: &str, size: usize) -> (String, Vec<u8>) {
    let path = job.place.path().join(name);
    let content: Vec<u8> = (0..size).map(|place| (place * 7 / 3) as u8).collect();
    fs::write(&path, &content).unwrap();
    (path.display().to_string(), content)
}

#[test]
fn files_are_put_got_listed_renamed_and_removed() {
    let job = Job::begin();
    let (from, content) = source(&job, "from", 300_000);
    let lines = format!(
        "pwd\nmkdir dir\nput -p {from} dir/one\nls -ln dir\nrename dir/one dir/two\nln -s two dir/link\nln dir/two dir/hard\n\
         chmod 640 dir/two\nget dir/two {home}/back\nls dir\nrm dir/link\n",
        home = job.home().display()
    );
    let output = sftp(&job, &lines);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("Remote working directory: {}", job.home().display())), "{said}");
    let home = job.home();
    assert!(fs::read(home.join("back")).unwrap() == content);
    let (two, hard) = (fs::metadata(home.join("dir/two")).unwrap(), fs::metadata(home.join("dir/hard")).unwrap());
    assert_eq!((two.mode() & 0o777, two.ino()), (0o640, hard.ino()));
    assert!(fs::symlink_metadata(home.join("dir/link")).is_err());
    let from = fs::metadata(from).unwrap();
    assert_eq!(two.mtime(), from.mtime());
}

#[test]
fn what_may_not_be_done_is_said() {
    let job = Job::begin();
    let said = |line: &str| String::from_utf8(sftp(&job, line).stderr).unwrap();
    assert!(said("get nothing-there\n").contains("not found"), "{}", said("get nothing-there\n"));
    let lines = "mkdir /proc/no\n";
    assert!(!sftp(&job, lines).status.success());
    assert!(said("chmod 777 /etc/passwd\n").contains("denied"), "{}", said("chmod 777 /etc/passwd\n"));
}

#[test]
fn scp_copies_trees_both_ways() {
    let job = Job::begin();
    let tree = job.place.path().join("tree");
    fs::create_dir_all(tree.join("below/deeper")).unwrap();
    for number in 0..250 {
        fs::write(tree.join(format!("below/{number}")), format!("{number}")).unwrap();
    }
    fs::write(tree.join("run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(tree.join("run"), fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::chown(tree.join("run"), Some(65534), Some(65534)).ok();
    let scp = |from: &str, to: &str| {
        let output = job.client("scp").args(["-rpq", from, to]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    scp(&tree.display().to_string(), "node:there");
    scp("node:there", &job.home().join("back").display().to_string());
    for found in ["there", "back"].map(|name| job.home().join(name)) {
        let entries = |path: &Path| fs::read_dir(path).unwrap().count();
        assert_eq!((entries(&found), entries(&found.join("below"))), (2, 251), "{}", found.display());
        assert_eq!(fs::read_to_string(found.join("below/249")).unwrap(), "249");
        assert_eq!(fs::metadata(found.join("run")).unwrap().mode() & 0o777, 0o750);
    }
}

#[test]
fn a_hundred_megabytes_are_copied() {
    let job = Job::begin();
    let (from, content) = source(&job, "large", 100 << 20);
    let output = job.client("scp").args(["-q", &from, "node:large"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(fs::read(job.home().join("large")).unwrap() == content);
}
