//! A node as records find it: `/run` in memory, and a log that a test reads, or does not.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use shifter_formats::record::Record;
use shifter_sys::mount::{self, Attributes, Parameter};
use shifter_sys::open::{self, For};

use crate::world::at;

/// What a user's records are below.
pub(crate) const STARTS: &str = "/run/shifter/starts";

/// Puts a file system in memory over `/run`.
pub(crate) fn memory() {
    cover("/run", mount::new("tmpfs", &[Parameter::Text("mode", "0755".as_ref())], Attributes::NONE).unwrap());
}

/// A log at `/dev/log`. The rest of `/dev` stays as it is, and so does the host's.
pub(crate) fn log() -> UnixDatagram {
    let [upper, work] = ["above/dev", "above/dev-work"].map(|path| {
        fs::create_dir_all(at(path)).unwrap();
        at(path)
    });
    let parameters = [
        Parameter::Text("lowerdir", "/dev".as_ref()),
        Parameter::Text("upperdir", upper.as_os_str()),
        Parameter::Text("workdir", work.as_os_str()),
    ];
    cover("/dev", mount::new("overlay", &parameters, Attributes::NONE).unwrap());
    let _not_there = fs::remove_file("/dev/log");
    let log = UnixDatagram::bind("/dev/log").unwrap();
    fs::set_permissions("/dev/log", std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    log.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    log
}

fn cover(place: &str, with: std::os::fd::OwnedFd) {
    mount::attach(with, open::host(Path::new(place), For::Place).unwrap()).unwrap();
}

/// The next line of the log. A start has written all of its own when it has ended.
pub(crate) fn line(log: &UnixDatagram) -> String {
    let mut bytes = [0; 8192];
    let length = log.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

/// The record in the next line of the log.
pub(crate) fn record(log: &UnixDatagram) -> Record {
    Record::in_log_line(&line(log)).unwrap().unwrap()
}

/// The records that the node's memory has of a user.
pub(crate) fn remembered(uid: u32) -> Vec<Record> {
    let lines = fs::read_to_string(format!("{STARTS}/{uid}")).unwrap();
    lines.lines().map(|line| Record::parse(line).unwrap()).collect()
}
