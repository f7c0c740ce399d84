//! Forwarded ports.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use crate::job::{Job, wait_until};

/// A server that answers every connection with what it was sent, backwards, and its port.
fn backwards() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            stream.read_to_end(&mut text).unwrap();
            text.reverse();
            stream.write_all(&text).unwrap();
        }
    });
    port
}

/// A client that only forwards, ended with the test.
struct Forwarding(Child);

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_local_port_leads_to_where_the_host_can_connect() {
    let (job, port) = (Job::begin(), backwards());
    let socket = job.home().join("socket");
    let local = format!("{}:localhost:{port}", socket.display());
    let ssh =
        job.client("ssh").args(["-N", "-oExitOnForwardFailure=yes", "-L", &local, "node"]).stdin(Stdio::null()).spawn();
    let _ssh = Forwarding(ssh.unwrap());
    wait_until("the client listens", || socket.exists());
    for text in ["abc", &"0123456789".repeat(200_000)] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let sent = text.to_owned();
        let writing = std::thread::spawn(move || {
            writer.write_all(sent.as_bytes()).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        writing.join().unwrap();
        assert!(answer.bytes().eq(text.bytes().rev()), "{} bytes", text.len());
    }
}

#[test]
fn a_port_that_nobody_listens_at_and_a_name_that_nobody_knows_are_refused() {
    let job = Job::begin();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (to, why) in [(format!("127.0.0.1:{free}"), "refused"), ("no.such.host:1".to_owned(), "is not in `/etc/hosts`")]
    {
        let output = job.client("ssh").args(["-W", &to, "node"]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{to}: {said}");
    }
}

#[test]
fn a_port_of_the_host_leads_back_and_only_from_the_host_itself() {
    let (job, port) = (Job::begin(), backwards());
    let mut ssh = job.client("ssh");
    // The address is asked for, and not given (`GatewayPorts no`).
    ssh.args(["-N", "-R", &format!("0.0.0.0:0:127.0.0.1:{port}"), "node"]).stdin(Stdio::null()).stderr(Stdio::piped());
    let mut ssh = Forwarding(ssh.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(ssh.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let remote: u16 = line
        .strip_prefix("Allocated port ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{line}"));
    let mut stream = TcpStream::connect(("127.0.0.1", remote)).unwrap();
    stream.write_all(b"there").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "ereht");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let here = format!("0100007F:{remote:04X} 00000000:0000 0A");
    assert!(table.contains(&here) && !table.contains(&format!(" 00000000:{remote:04X} ")), "{table}");
}
