//! How a connection is made.
//!
//! The URL is libpq's ("Connection URIs"): several hosts, of which the one that takes writes is used, and options. Of
//! `sslmode` there are two kinds here: `disable` (the default), or encrypted to a server whose certificate for its name
//! `sslrootcert` vouches for, however weak a check was asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{SslMode, TargetSessionAttrs};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use shifter_gateway_types::config::DatabaseUrl;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long to wait for a host, where the URL does not say.
const PATIENCE: Duration = Duration::from_secs(3);

/// What every session sets. A gateway that is cut off in a transaction must not keep the others waiting: the server ends
/// its session, and with it what it holds (PostgreSQL, "Client Connection Defaults", "TCP Settings").
const SESSION: &str = "
    SET statement_timeout = '30s';
    SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '15s';
    SET tcp_keepalives_idle = 5;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
";

/// The URL of the database cannot be used. It is never printed: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is none.
    #[error("not a URL of PostgreSQL: {0}")]
    Syntax(String),
    /// An unknown `sslmode`.
    #[error("`sslmode={0}` is none of disable, require, verify-ca, verify-full")]
    Mode(String),
    /// Encryption without knowing to whom.
    #[error("`sslmode={0}` needs `sslrootcert=/path/of/the/authority.pem`")]
    NoRoot(String),
    /// The authority cannot be read.
    #[error("cannot read the certificates in {}: {reason}", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Where and how to connect.
#[derive(Clone)]
pub(in crate::store) struct Target {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a URL, and the certificates it names.
    pub(in crate::store) fn new(url: &DatabaseUrl) -> Result<Self, TargetError> {
        let (url, options) = split(url.reveal());
        let mut config: Config = url.parse().map_err(|error: postgres::Error| {
            // The text of the error names the part that is wrong, not the URL.
            TargetError::Syntax(std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string))
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("shifter-imagegw");
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(5));
        let mode = options.mode.as_deref().unwrap_or("disable");
        let tls = match mode {
            "disable" => None,
            "require" | "verify-ca" | "verify-full" => {
                let root = options.root.ok_or_else(|| TargetError::NoRoot(mode.to_owned()))?;
                Some(MakeRustlsConnect::new(trusting(Path::new(&root))?))
            }
            other => return Err(TargetError::Mode(other.to_owned())),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }

    /// A new session.
    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        let mut client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone())?,
            None => self.config.connect(NoTls)?,
        };
        client.batch_execute(SESSION)?;
        Ok(client)
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

/// The options that are ours to understand.
#[derive(Debug, Default)]
struct Options {
    mode: Option<String>,
    root: Option<String>,
}

/// Takes the options that are ours out of a URL.
fn split(url: &str) -> (String, Options) {
    let Some((place, query)) = url.split_once('?') else { return (url.to_owned(), Options::default()) };
    let mut options = Options::default();
    let mut rest = Vec::new();
    for pair in query.split('&') {
        let value =
            |text: &str| url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned());
        match pair.split_once('=') {
            Some(("sslmode", _)) => options.mode = value(pair),
            Some(("sslrootcert", _)) => options.root = value(pair),
            _ => rest.push(pair),
        }
    }
    let rest = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    (format!("{place}{rest}"), options)
}

/// Encryption to servers that the certificates in `root` vouch for.
fn trusting(root: &Path) -> Result<ClientConfig, TargetError> {
    let error = |reason: String| TargetError::Root { path: root.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root).map_err(|found| error(found.to_string()))? {
        let certificate = certificate.map_err(|found| error(found.to_string()))?;
        roots.add(certificate).map_err(|found| error(found.to_string()))?;
    }
    if roots.is_empty() {
        return Err(error("it holds none".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use shifter_gateway_types::config::Database;

    use super::*;

    fn refusal(url: &str) -> String {
        let Ok(Database::Postgres(url)) = url.parse() else { panic!("{url}") };
        Target::new(&url).unwrap_err().to_string()
    }

    #[test]
    fn encryption_without_an_authority_is_refused() {
        let wanted = "`sslmode=require` needs `sslrootcert=/path/of/the/authority.pem`";
        assert_eq!(refusal("postgresql://h/n?sslmode=require"), wanted);
        assert_eq!(
            refusal("postgresql://h/n?sslmode=prefer"),
            "`sslmode=prefer` is none of disable, require, verify-ca, verify-full"
        );
    }

    #[test]
    fn a_wrong_url_is_refused_without_its_password() {
        for url in ["postgresql://u:hunter2@h:port/n", "postgresql://u:hunter2@h/n?sslcert=x"] {
            let refusal = refusal(url);
            assert!(refusal.starts_with("not a URL of PostgreSQL: ") && !refusal.contains("hunter2"), "{refusal}");
        }
    }
}
