//! A PostgreSQL that is reached over TLS.

use std::path::Path;
use std::process::Command;

use super::server::{self, Postgres};
use super::*;

/// A certificate for `localhost` that vouches for itself, and its key.
fn certificate(dir: &Path, name: &str) -> (String, String) {
    let (certificate, key) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost"]);
    // An end-entity certificate: rustls refuses an authority in that place.
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
    assert!(openssl.output().expect("openssl is installed").status.success());
    // postgres(1) takes a key that is its own and nobody else's.
    server::give(&key);
    (certificate.display().to_string(), key.display().to_string())
}

#[test]
fn a_server_is_believed_if_the_named_authority_vouches_for_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (certificate, key) = certificate(dir.path(), "server");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let options = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={certificate}"),
        format!("ssl_key_file={key}"),
    ];
    let options: Vec<&str> = options.iter().flat_map(|option| ["-c", option.as_str()]).collect();
    let server = Postgres::with_port(port, &options);
    let url = |root: &str| {
        let query = format!("sslmode=verify-full&sslrootcert={root}");
        format!("postgresql://postgres@localhost:{port}/postgres?{query}").parse::<Database>().unwrap()
    };
    let store = Store::open(&url(&certificate)).unwrap();
    pulled(&store, "a:1", 1000, "f00", false);
    let mut session = ::postgres::Client::connect(&server.url("postgres"), ::postgres::NoTls).unwrap();
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE ssl AND application_name = 'shifter-imagegw'";
    assert!(session.query_one(encrypted, &[]).unwrap().get::<_, i64>(0) >= 1);
    let (stranger, _) = self::certificate(dir.path(), "stranger");
    let refused = Store::open(&url(&stranger)).unwrap_err().to_string();
    assert!(refused.contains("certificate"), "{refused}");
}
