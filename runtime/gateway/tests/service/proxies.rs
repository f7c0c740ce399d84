//! The proxies that the service's variables name: `http_proxy`, `no_proxy` and, for SOCKS, `all_proxy` (manual 1.4).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::daemon::Site;
use super::munged::Munged;
use super::{program, pull, site_with_hello};

/// What is spoken before a request.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Http,
    Socks,
}

/// A proxy that answers for a registry with `hello:1`, and the first line of each request it got.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(way: Way, layout: PathBuf, id: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if way == Way::Socks && !greets(&mut stream) {
                    continue;
                }
                let Some(line) = answer(&mut stream, &layout, &id) else { continue };
                seen.lock().expect("no panic").push(line);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// The greeting of RFC 1928: without a password, to an address of IPv4.
fn greets(stream: &mut TcpStream) -> bool {
    let mut head = [0; 2];
    let mut methods = Vec::new();
    let mut request = [0; 10];
    stream.read_exact(&mut head).is_ok()
        && stream.take(head[1].into()).read_to_end(&mut methods).is_ok()
        && stream.write_all(&[5, 0]).is_ok()
        && stream.read_exact(&mut request).is_ok()
        && request[..4] == [5, 1, 0, 1]
        && stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).is_ok()
}

/// Answers one request from a layout's blobs; gives its first line back.
fn answer(stream: &mut TcpStream, layout: &Path, id: &str) -> Option<String> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let line = lines.next()?.ok()?;
    lines.map_while(Result::ok).find(String::is_empty)?;
    let target = line.split(' ').nth(1)?;
    let manifest =
        ["/manifests/1".to_owned(), format!("/manifests/sha256:{id}")].iter().any(|end| target.ends_with(end));
    let hex = if manifest { id } else { target.rsplit(':').next()? };
    let body = std::fs::read(layout.join("blobs/sha256").join(hex)).unwrap_or_default();
    let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
    let kind = if manifest { "application/vnd.oci.image.manifest.v1+json" } else { "application/octet-stream" };
    let size = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    if !line.starts_with("HEAD ") {
        stream.write_all(&body).ok()?;
    }
    Some(line)
}

/// The gateway with no variables of proxies but these.
fn program_with(site: &Site, variables: &str) -> PathBuf {
    let path = site.path("with-proxy");
    let unset = "unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY";
    let text = format!("#!/bin/sh\n{unset}\nexport {variables}\nexec {} \"$@\"\n", program().display());
    std::fs::write(&path, text).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("own file");
    path
}

#[test]
fn a_proxy_of_the_environment_is_used_but_for_the_exempt() {
    let munged = Munged::start();
    let (mut site, id) = site_with_hello(&munged);
    let proxy = Proxy::start(Way::Http, site.path("layouts/hello"), id);
    let address = proxy.address;
    site.config["Locations"]["far.test"] = json!({ "remotetype": "dockerv2", "url": "http://registry.far.test" });
    site.config["Locations"]["near.test"] = json!({ "remotetype": "dockerv2", "url": format!("http://{address}") });
    let variables = format!("http_proxy=http://{address} no_proxy={},.near.test", address.ip());
    let _daemon = site.start(&program_with(&site, &variables));

    assert_eq!(pull(&site, "far.test/hello:1").state(), "READY", "{}", site.log());
    let far = proxy.asked();
    assert!(!far.is_empty() && far.iter().all(|line| line.contains(" http://registry.far.test/v2/")), "{far:?}");
    assert_eq!(pull(&site, "near.test/hello:1").state(), "READY", "{}", site.log());
    let near = proxy.asked().split_off(far.len());
    assert!(!near.is_empty() && near.iter().all(|line| line.contains(" /v2/")), "the server is asked itself: {near:?}");
}

#[test]
fn a_socks_proxy_of_the_environment_is_used() {
    let munged = Munged::start();
    let (mut site, id) = site_with_hello(&munged);
    let proxy = Proxy::start(Way::Socks, site.path("layouts/hello"), id);
    // Nobody listens there: only the proxy leads to a registry.
    site.config["Locations"]["far.test"] = json!({ "remotetype": "dockerv2", "url": "http://192.0.2.1" });
    let _daemon = site.start(&program_with(&site, &format!("all_proxy=socks5://{}", proxy.address)));

    assert_eq!(pull(&site, "far.test/hello:1").state(), "READY", "{}", site.log());
    assert!(proxy.asked().iter().any(|line| line.contains("/v2/hello/manifests/1")), "{:?}", proxy.asked());
}
