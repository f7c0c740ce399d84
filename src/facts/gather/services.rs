//! Tools, munge, files with secrets, fapolicyd, and the gateway where it is asked.

use super::Described;
use super::program::{DIRECTORIES, NoAnswer};
use super::sight::Sight;
use crate::digest::sha256;
use crate::facts::{Facts, Fapolicyd, Gateway, Kind, Munge, Role, SecretFile, Tool, named};
use crate::profile::section::scalar::{Mode, Url};
use crate::profile::section::secret::Secret;
use crate::site::{Access, Site};
use std::io::{self, Read as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Programs that are looked for, with the option that makes them say their version; no option for those that have none.
const TOOLS: [(&str, &str); 18] = [
    ("chmod", ""),
    ("cp", ""),
    ("dd", ""),
    ("fasthash", ""),
    ("insmod", ""),
    ("mkfs.erofs", "-V"),
    ("mkfs.xfs", "-V"),
    ("mksquashfs", "-version"),
    ("modprobe", "--version"),
    ("munge", "--version"),
    ("mv", ""),
    ("nvidia-smi", ""),
    ("python3", "--version"),
    ("scontrol", "--version"),
    ("skopeo", "--version"),
    ("sshd", ""),
    ("unmunge", "--version"),
    ("unsquashfs", "-version"),
];

/// Where munge keeps its key, as its packages are built.
const MUNGE_KEY: &str = "/etc/munge/munge.key";

pub(super) fn find(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    for (name, option) in TOOLS {
        let places = DIRECTORIES.iter().map(|directory| format!("{directory}/{name}"));
        let tool = places.into_iter().find(|place| sight.has(place)).map(|path| {
            let said = if option.is_empty() { None } else { sight.run(&path, &[option]).ok() };
            Tool { version: said.as_deref().and_then(version), path }
        });
        facts.tools.insert(name.to_owned(), tool);
    }
    find_munge(sight, described, facts);
    find_fapolicyd(sight, described, facts);
    if let Some(described) = described.filter(|_| sight.is_live()) {
        find_secrets(sight, described, facts);
    }
}

/// The first word that is a version: it begins with a digit and has a dot.
fn version(said: &str) -> Option<String> {
    let words = said.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'));
    let trimmed = words.map(|word| word.trim_start_matches(['v', '-']).trim_start_matches("munge-"));
    let mut versions = trimmed.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    versions.next().map(str::to_owned)
}

fn find_munge(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    let mut munge = Munge::default();
    if let Some(key) = facts.paths.get(MUNGE_KEY).filter(|key| key.kind == Kind::File) {
        munge.key_owner = key.owner.clone().or(key.uid.map(|uid| uid.to_string()));
        munge.key_mode = key.mode;
        match sight.read_bytes(MUNGE_KEY, 4096) {
            // 16 bits: equal keys look equal, and a guess of the key is right for one key in 65536 that is wrong.
            Ok(bytes) => munge.key_mark = Some(sha256(&[b"munge key\0", &bytes[..]].concat())[..4].to_owned()),
            Err(error) => drop(facts.unknown.insert("munge.key_mark".to_owned(), error.to_string())),
        }
    }
    if facts.tools.get("munge").is_some_and(Option::is_some) && sight.is_live() {
        // A gateway may have a daemon of its own for each cluster; a node has the usual one.
        let platforms =
            described.and_then(|described| described.site.gateway.as_ref()).map(|gateway| &gateway.platforms);
        let is_there = |socket: &&String| facts.paths.get(*socket).is_some_and(|found| found.kind == Kind::Socket);
        let named =
            platforms.into_iter().flatten().filter_map(|platform| platform.munge_socket.as_ref()).find(is_there);
        let socket: Vec<&str> = named.map(|socket| vec!["-S", socket]).unwrap_or_default();
        let made = sight.run("munge", &[&socket[..], &["-n"]].concat());
        let made = made.and_then(|credential| sight.run_with("unmunge", &socket, &credential));
        munge.round_trip = Some(made.is_ok());
        munge.complaint = made.err().map(|error| match error {
            NoAnswer::Failed { said, .. } => said,
            other => other.to_string(),
        });
    } else {
        let why = if sight.is_live() { "there is no munge" } else { "only the node itself can tell" };
        facts.unknown.insert("munge.round_trip".to_owned(), why.to_owned());
    }
    facts.munge = (munge != Munge::default()).then_some(munge);
}

/// The trust files of fapolicyd (fapolicyd.trust(5)), and which of the programs that the profile names a package owns:
/// those are trusted without standing there.
fn find_fapolicyd(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    let Ok(configuration) = sight.read("/etc/fapolicyd/fapolicyd.conf") else { return };
    let is_permissive = configuration.lines().any(|line| line.replace(' ', "").starts_with("permissive=1"));
    let runs = !sight.is_live() || sight.run("systemctl", &["is-active", "fapolicyd"]).is_ok();
    let mut found = Fapolicyd { enforcing: runs && !is_permissive, ..Fapolicyd::default() };
    let more = sight.list("/etc/fapolicyd/trust.d").unwrap_or_default();
    let files = more.iter().map(|name| format!("/etc/fapolicyd/trust.d/{name}"));
    for file in files.chain(["/etc/fapolicyd/fapolicyd.trust".to_owned()]) {
        let text = sight.read(&file).unwrap_or_default();
        let paths = text.lines().filter(|line| line.starts_with('/')).filter_map(|line| line.split(' ').next());
        found.trusted.extend(paths.map(|path| path.trim_end_matches('/').to_owned()));
    }
    for path in described.map(programs).unwrap_or_default() {
        match sight.run("rpm", &["-qf", &path]) {
            Ok(_) => drop(found.trusted.insert(path)),
            Err(NoAnswer::Failed { .. }) => {}
            // Without the packages' list nobody can say what is not trusted.
            Err(why) => {
                facts.unknown.insert("fapolicyd".to_owned(), why.to_string());
                return;
            }
        }
    }
    facts.fapolicyd = Some(found);
}

/// What the profile names that is executed or loaded.
fn programs(described: &Described) -> Vec<String> {
    let runs = |role: Role| matches!(role, Role::Tool | Role::MountHelper | Role::Hook | Role::Plugin);
    let named = named(&described.profile, &described.site).into_iter().filter(|named| runs(named.role));
    named.map(|named| named.path).collect()
}

/// Files with secrets where the profile lies.
fn find_secrets(sight: &Sight, described: &Described, facts: &mut Facts) {
    for reference in references(&described.site) {
        let path = described.directory.join(&reference);
        let (asked, limit) = (path.clone(), sight.limit());
        let Some(found) = super::deadline::within(limit, move || std::fs::metadata(asked)) else {
            facts.unknown.insert(format!("secrets.{reference}"), sight.late().to_string());
            continue;
        };
        let found = match found {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                facts.secrets.insert(reference, SecretFile::default());
                continue;
            }
            Err(error) => {
                facts.unknown.insert(format!("secrets.{reference}"), error.to_string());
                continue;
            }
        };
        let (directory, file) = (path.parent().unwrap_or(&path).display().to_string(), path.display().to_string());
        let git = sight.run("git", &["-C", &directory, "ls-files", "--error-unmatch", "--", &file]);
        let in_git = match git {
            Ok(_) => Some(true),
            Err(NoAnswer::Failed { .. } | NoAnswer::NotFound(_)) => Some(false),
            Err(_) => None,
        };
        let (uid, mode) = (Some(found.uid()), Some(Mode::new(found.mode())));
        facts.secrets.insert(reference, SecretFile { present: true, uid, mode, in_git });
    }
}

/// The files that hold the site's secrets, as written in the profile.
fn references(site: &Site) -> Vec<String> {
    let Some(gateway) = &site.gateway else { return Vec::new() };
    let broker = gateway.broker.as_ref().and_then(|broker| broker.password.as_ref());
    let registries = gateway.registries.iter().filter_map(|registry| registry.credential.as_ref());
    let platforms = gateway.platforms.iter().flat_map(|platform| {
        let ssh = match &platform.access {
            Access::Remote { key: Some((secret, _)), .. } => secret.as_ref(),
            _ => None,
        };
        platform.munge_key.iter().chain(ssh)
    });
    let all = gateway.database.password.iter().chain(broker).chain(registries).chain(platforms);
    let file = |secret: &Secret| match secret {
        Secret::File(path) => Some(path.clone()),
        _ => None,
    };
    all.filter_map(file).collect()
}

/// Asks every endpoint. One with `https` is reached when it takes a connection.
pub(super) fn probe(sight: &Sight, described: Option<&Described>, facts: &mut Facts) {
    if !sight.is_live() {
        facts.unknown.insert("gateway".to_owned(), NoAnswer::NotHere.to_string());
        return;
    }
    for endpoint in described.iter().flat_map(|described| &described.site.node).flat_map(|node| &node.endpoints) {
        let (asked, limit) = (endpoint.clone(), sight.limit());
        let answer = super::deadline::within(limit * 2, move || ask(&asked, limit));
        let found = match answer.unwrap_or_else(|| Err(sight.late())) {
            Ok(version) => Gateway { reachable: true, version, complaint: None },
            Err(error) => Gateway { reachable: false, version: None, complaint: Some(error.to_string()) },
        };
        facts.gateway.insert(endpoint.clone(), found);
    }
}

/// What the endpoint says its server is, if it is a gateway.
fn ask(endpoint: &str, limit: Duration) -> io::Result<Option<String>> {
    let url: Url = endpoint.parse().map_err(io::Error::other)?;
    if url.scheme().as_deref() == Some("unix") {
        let path = endpoint.trim_start_matches("unix:").trim_start_matches("//");
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        return talk(stream, "localhost");
    }
    let is_https = url.scheme().as_deref() == Some("https");
    let host = url.host().ok_or_else(|| io::Error::other("the endpoint names no host"))?;
    let port = url.port().unwrap_or(if is_https { 443 } else { 80 });
    let mut last = io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(_) if is_https => return Ok(None),
            Ok(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                return talk(stream, host);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// `GET /` is answered by every release with the list of its verbs.
fn talk(mut stream: impl io::Read + io::Write, host: &str) -> io::Result<Option<String>> {
    write!(stream, "GET / HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    let read = (&mut stream).take(16 << 10).read_to_end(&mut bytes);
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    if !answer.starts_with("HTTP/1.") {
        read?;
        return Err(io::Error::other("it does not speak HTTP"));
    }
    if !answer.contains("lookup") {
        return Err(io::Error::other("it answers, and is no image gateway"));
    }
    let server = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("server").then(|| value.trim().to_owned())
    };
    Ok(answer.lines().find_map(server))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        let found = |said| version(said).unwrap_or_default();
        assert_eq!(found("mksquashfs version 4.5.1 (2022/03/17)\ncopyright"), "4.5.1");
        assert_eq!(found("munge-0.5.15 (2022-06-22)"), "0.5.15");
        assert_eq!(found("kmod version 30\n+ZSTD"), "");
        assert_eq!(found("Python 2.7.13"), "2.7.13");
    }

    /// What a server answers; what is written to it is dropped.
    struct Server(Cursor<&'static [u8]>);

    impl io::Read for Server {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl io::Write for Server {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_gateway_is_told_from_other_servers() {
        let of =
            |text: &'static str| talk(Server(Cursor::new(text.as_bytes())), "gw").map_err(|error| error.to_string());
        let gateway = "HTTP/1.1 200 OK\r\nServer: gunicorn/19.7\r\n\r\n{lookup,pull,expire,list}";
        assert_eq!(of(gateway), Ok(Some("gunicorn/19.7".to_owned())));
        assert_eq!(of("HTTP/1.1 404 Not Found\r\n\r\n"), Err("it answers, and is no image gateway".to_owned()));
        assert_eq!(of("SSH-2.0-OpenSSH\r\n"), Err("it does not speak HTTP".to_owned()));
    }
}
