//! The HTTP library, set up for one registry, and small questions about addresses and answers.

use std::sync::Once;
use std::time::Instant;

use reqwest::{Certificate, NoProxy, Proxy, Response, redirect};
use serde::Deserialize;
use url::Url;

use crate::pull::{RegistryLocation, Timing};
use crate::registry::error::RegistryError;

/// How much of a registry's own error text a message carries.
const DETAIL_BYTES: u64 = 64 << 10;
const DETAIL_CHARACTERS: usize = 200;

/// A client that follows no redirects, keeps no cookies and trusts what the location says.
pub(super) fn build(registry: &RegistryLocation) -> Result<reqwest::Client, String> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another part of the process may have installed the same provider first.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let timing = &registry.timing;
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("shifter-imagegw/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(timing.connect)
        .read_timeout(timing.idle);
    if let Some(path) = &registry.ca_certificate {
        let pem = std::fs::read(path);
        let pem = pem.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let certificates = Certificate::from_pem_bundle(&pem);
        let certificates = certificates.map_err(|error| causes(&error))?;
        if certificates.is_empty() {
            return Err(format!("{} holds no certificate", path.display()));
        }
        builder = builder.tls_certs_only(certificates);
    } else if registry.url.scheme() == "http" {
        // A machine without any certificates can still use its plain registry.
        builder = builder.tls_certs_only(root_certificates());
    }
    if is_exempt(registry) {
        builder = builder.no_proxy();
    } else if let Some(url) = &registry.proxy {
        let proxy = Proxy::all(url.clone()).map_err(|error| causes(&error))?;
        let exempt = NoProxy::from_string(&registry.no_proxy.join(","));
        builder = builder.proxy(proxy.no_proxy(exempt));
    }
    builder.build().map_err(|error| causes(&error))
}

/// The system's authorities, as far as there are any: a redirect may lead to `https`.
fn root_certificates() -> Vec<Certificate> {
    const BUNDLES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
    let bundle = BUNDLES.iter().find_map(|path| std::fs::read(path).ok());
    let certificates = bundle.and_then(|pem| Certificate::from_pem_bundle(&pem).ok());
    certificates.unwrap_or_default()
}

/// Whether the registry's host is, or lies below, a domain that needs no proxy.
fn is_exempt(registry: &RegistryLocation) -> bool {
    let Some(host) = registry.url.host_str() else {
        return false;
    };
    registry.no_proxy.iter().any(|domain| {
        let domain = domain.trim().trim_start_matches('.');
        let below = host.strip_suffix(domain);
        !domain.is_empty() && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Scheme, host and port are the same.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// An address for a message: without user, password, query and fragment.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Both fail only for addresses that cannot have a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

pub(crate) fn transport(url: &Url, error: &reqwest::Error) -> RegistryError {
    RegistryError::Transport { url: shown(url), what: causes(error) }
}

/// The innermost causes; the outermost text of the library repeats the whole address.
fn causes(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts.dedup();
    if texts.is_empty() { "the request failed".to_owned() } else { texts.join(": ") }
}

/// A whole answer of at most `limit` bytes, which come no slower than a registry's answers may.
pub(super) async fn body(
    mut response: Response,
    what: &str,
    limit: u64,
    timing: &Timing,
) -> Result<Vec<u8>, RegistryError> {
    let started = Instant::now();
    let too_large = |bytes| RegistryError::TooLarge { what: what.to_owned(), bytes, limit };
    if let Some(bytes) = response.content_length().filter(|bytes| *bytes > limit) {
        return Err(too_large(bytes));
    }
    let url = response.url().clone();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| transport(&url, &e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        if timing.is_too_slow(bytes.len() as u64, started.elapsed()) {
            let what = format!("the registry is too slow after {} bytes", bytes.len());
            return Err(RegistryError::Transport { url: shown(&url), what });
        }
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// What a registry says about its refusal, made safe to print; empty if it says nothing.
pub(super) async fn detail(response: Response, timing: &Timing) -> String {
    let bytes = body(response, "an error", DETAIL_BYTES, timing).await;
    let errors = bytes.ok().and_then(|b| serde_json::from_slice::<Errors>(&b).ok());
    let first = errors.and_then(|errors| errors.errors.into_iter().next());
    match first {
        Some(error) => {
            let text = format!(": {} {}", error.code, error.message);
            let text: String = text.trim_end().chars().take(DETAIL_CHARACTERS).collect();
            text.escape_debug().to_string()
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exempt(host: &str, domains: &[&str]) -> bool {
        let mut registry = RegistryLocation::new(format!("https://{host}/").parse().unwrap());
        registry.no_proxy = domains.iter().map(|&domain| domain.to_owned()).collect();
        is_exempt(&registry)
    }

    #[test]
    fn a_proxy_is_left_out_by_domain_component() {
        assert!(exempt("example.com", &["example.com"]));
        assert!(exempt("a.example.com", &["x", ".example.com"]));
        assert!(!exempt("evilexample.com", &["example.com"]));
        assert!(!exempt("example.com", &["", ".", "a.example.com"]));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |one: &str, other: &str| same_origin(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("https://h/a", "https://h:443/b?c"));
        assert!(!same("https://h/", "http://h/"));
        assert!(!same("https://h/", "https://h:444/"));
        assert!(!same("https://h/", "https://i/"));
    }

    #[test]
    fn a_signature_is_not_shown() {
        let url = "https://u:p@h/path?X-Signature=s#f".parse().unwrap();
        assert_eq!(shown(&url), "https://h/path");
    }
}
