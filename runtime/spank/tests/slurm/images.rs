//! Images, made of this machine's programs, and the gateway that has them: the real one, with a directory as its registry.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ground::{PREFIX, at, must, write};
use crate::layout;

const PROGRAMS: [&str; 8] =
    ["/bin/sh", "/bin/cat", "/bin/id", "/bin/env", "/bin/ls", "/bin/sleep", "/bin/hostname", "/bin/stat"];

/// Adds an image to the registry; its identity.
pub(crate) fn publish(name: &str, tag: &str, more: &[(&str, Vec<u8>)]) -> String {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for program in PROGRAMS {
        add_with_libraries(program, &mut files);
    }
    files.insert("name".to_owned(), format!("{name}:{tag}\n").into_bytes());
    files.extend(more.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    layout::write(&at("layouts"), name, tag, &files)
}

/// A program of this machine and what it is linked with.
pub(crate) fn add_with_libraries(program: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let listed = must("ldd", &[program]);
    for file in listed.split_whitespace().filter(|word| word.starts_with('/')).chain([program]) {
        files.insert(file.trim_start_matches('/').to_owned(), fs::read(file).expect("readable"));
    }
}

/// A gateway that runs until it is dropped.
pub(crate) struct Gateway(Child);

impl Gateway {
    pub(crate) fn start() -> Gateway {
        let config = r#"{
            "DefaultImageLocation": "site", "DefaultImageFormat": "squashfs", "Database": "sqlite:///srv/gateway.db",
            "CacheDirectory": "/srv/cache", "Listen": ["unix:/srv/gateway.sock"],
            "Locations": { "site": { "remotetype": "oci-layout", "url": "oci:/srv/layouts" } },
            "Platforms": { "rig": { "accesstype": "local", "admins": ["root"], "imageOwner": "root",
                "local": { "imageDir": "/srv/images" } } }
        }"#;
        fs::create_dir_all(at("cache")).expect("made");
        let config = write("imagemanager.json", config, 0o600);
        let log = fs::File::create(at("log/gateway")).expect("a log");
        let mut child = Command::new(format!("{PREFIX}/sbin/shifter-imagegw"));
        child.arg("--config").arg(config).env_clear().env("PATH", crate::inside::PATH);
        child.stdin(Stdio::null()).stdout(log.try_clone().expect("the same")).stderr(log);
        let mut gateway = Gateway(child.spawn().expect("the gateway starts"));
        let begun = Instant::now();
        while UnixStream::connect(at("gateway.sock")).is_err() {
            let ended = gateway.0.try_wait().expect("a child");
            let log = || fs::read_to_string(at("log/gateway")).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < Duration::from_secs(30), "{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        gateway
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ended = self.0.wait();
        let _gone = fs::remove_file(at("gateway.sock"));
    }
}
