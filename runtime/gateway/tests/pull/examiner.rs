//! The site's examiner: what it is shown, what it may say, and what is left of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use shifter_imagegw::pull::{Examiner, Existing};

use super::builder::{Image, directory, file, write_layout};
use super::puller::Puller;

struct Site {
    directory: tempfile::TempDir,
    puller: Puller,
}

impl Site {
    /// A layout of one image, and a script that examines it.
    fn with(script: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let image = Image::of(&[vec![
            file("etc/os-release", "ID=test\n"),
            directory("locked").mode(0o500),
            file("locked/secret", "x").mode(0o400),
        ]]);
        write_layout(&place.path().join("image"), "latest", &image.manifest, image.blobs());
        let program = place.path().join("examiner");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let mut puller = Puller::of_layout(&place.path().join("image"));
        let room = place.path().join("room");
        puller.examiner = Some(Examiner { program, directory: room, time: Duration::from_secs(60) });
        Self { directory: place, puller }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn refusal(&self) -> String {
        let text = self.puller.refusal("image");
        assert_eq!(fs::read_dir(self.at("room")).unwrap().count(), 0, "the unpacked image is still there");
        text.replace(self.directory.path().to_str().unwrap(), "")
    }
}

#[test]
fn an_image_that_passes_is_there_and_what_was_said_is_kept() {
    let site =
        Site::with("set -e; cd \"$1\"; cat etc/os-release; cat locked/secret; echo \" $2 $# $PATH\"; env | wc -l >&2");
    let pulled = site.puller.pull("image").unwrap();
    let said = pulled.report.examination.as_deref().unwrap();
    let (out, variables) = said.rsplit_once("bin\n").unwrap();
    assert_eq!(out, format!("ID=test\nx {} 2 /usr/sbin:/usr/bin:/sbin:/", pulled.id));
    // PATH and LC_ALL, and what the shell itself adds.
    assert!(variables.trim().parse::<u32>().unwrap() <= 5, "{variables}");
    assert_eq!(fs::read_dir(site.at("room")).unwrap().count(), 0);
}

#[test]
fn an_image_is_refused_in_the_examiners_words() {
    let refused = Site::with("echo found CVE-2014-6271; echo '  in bin/bash' >&2; exit 3");
    insta::assert_snapshot!(refused.refusal(), @"the examiner refuses the image (status 3): found CVE-2014-6271; in bin/bash");
    insta::assert_snapshot!(Site::with("exit 1").refusal(), @"the examiner refuses the image (status 1)");
    insta::assert_snapshot!(Site::with("kill -9 $$").refusal(), @"the examiner refuses the image (killed by signal 9)");
    let long = Site::with("yes much | head -c 100000; exit 1").refusal();
    assert!(long.len() < 10_000, "{}", long.len());
    let mut missing = Site::with("");
    missing.puller.examiner.as_mut().unwrap().program = "/no/such/examiner".into();
    insta::assert_snapshot!(missing.refusal(), @"cannot run the examiner /no/such/examiner: No such file or directory (os error 2)");
}

#[test]
fn an_examiner_without_an_end_is_killed_with_all_it_started() {
    let mut site = Site::with("echo begun; sleep 1000 & echo $! > \"$0.pid\"; wait");
    site.puller.examiner.as_mut().unwrap().time = Duration::from_millis(500);
    insta::assert_snapshot!(site.refusal(), @"the examiner was not done after 0.5 s: begun");
    assert!(is_gone(&site.at("examiner.pid")));
}

#[test]
fn what_an_examiner_leaves_running_is_not_waited_for() {
    let site = Site::with("sleep 1000 & echo $! > \"$0.pid\"; exit 0");
    site.puller.pull("image").unwrap();
    assert!(is_gone(&site.at("examiner.pid")));
}

#[test]
fn an_image_that_is_there_is_not_examined_again() {
    let mut site = Site::with("echo once >> \"$0.runs\"");
    let first = site.puller.pull("image").unwrap();
    let target = site.puller.images().join(format!("{}.squashfs", first.id));
    first.product.publish(&target).unwrap();
    assert!(site.puller.pull("image").unwrap().known);
    assert_eq!(fs::read_to_string(site.at("examiner.runs")).unwrap(), "once\n");
    site.puller.existing = Existing::ConvertAgain;
    assert!(!site.puller.pull("image").unwrap().known);
    assert_eq!(fs::read_to_string(site.at("examiner.runs")).unwrap(), "once\nonce\n");
}

/// Whether the process is, at last, no more, or nobody's but init's to wait for.
fn is_gone(pid: &std::path::Path) -> bool {
    let pid = fs::read_to_string(pid).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    let is_dead = || fs::read_to_string(&stat).map_or(true, |stat| stat.rsplit(") ").next().unwrap().starts_with('Z'));
    (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        is_dead()
    })
}
