//! The service that pulls images.

use super::database::{Broker, Database};
use super::platform::Platform;
use super::registry::Registry;
use super::resolve::Resolver;
use crate::profile::section::scalar::{AbsPath, Duration};
use crate::profile::section::secret::Secret;
use crate::profile::section::{
    self, AllProxy, Contents, ImportUsers, Kind, Limits, Lustre, Profile, Quota, ReadableBy, Retention,
};
use crate::target;
use std::collections::{BTreeMap, BTreeSet};

/// The service that pulls images.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// The user and group it runs as.
    pub user: String,
    /// The group it runs as.
    pub group: String,
    /// The Python environment of the original; none when it is installed in the system's.
    pub python: Option<String>,
    /// Where it logs.
    pub log_dir: String,
    /// How much it logs.
    pub log_level: Option<String>,
    /// Where it listens.
    pub bind: Bind,
    /// Where downloaded layers are kept.
    pub cache_dir: String,
    /// Where images are unpacked; none where nothing is unpacked on disk.
    pub expand_dir: Option<String>,
    /// Seconds a pulled tag is taken to be current.
    pub pull_recheck: u64,
    /// How long an unused image lives.
    pub expire_after: Duration,
    /// Pulls at once.
    pub worker_threads: Option<u32>,
    /// Worker processes of 16.08 and 17.04.
    pub worker_processes: u32,
    /// Image format.
    pub format: String,
    /// Striping keys that nothing reads.
    pub lustre: Option<Lustre>,
    /// How requests are authenticated, where that is written.
    pub authentication: Option<String>,
    /// Requests without credentials.
    pub anonymous: bool,
    /// Whether lookups are counted.
    pub metrics: Option<bool>,
    /// Who may import.
    pub import_users: Option<ImportUsers>,
    /// Where image files may be imported from.
    pub import_dirs: Vec<String>,
    /// Options of converters.
    pub converter_options: BTreeMap<String, Vec<String>>,
    /// A program that examines images.
    pub examiner: Option<String>,
    /// Bounds of a pull.
    pub limits: Option<Limits>,
    /// What becomes of owners and modes.
    pub contents: Option<Contents>,
    /// Who can read image files, where that is written.
    pub readable_by: Option<ReadableBy>,
    /// What is removed when nobody uses it, where that is written.
    pub retention: Option<Retention>,
    /// How long the file of an expired image stays, where that is written.
    pub delete_grace: Option<Duration>,
    /// How much may be stored, where that is written.
    pub quota: Option<Quota>,
    /// The records.
    pub database: Database,
    /// The queue.
    pub broker: Option<Broker>,
    /// How registries are reached.
    pub proxy: Proxy,
    /// The registries.
    pub registries: Vec<Registry>,
    /// The registry of references that name none.
    pub default_registry: Option<String>,
    /// The systems it serves.
    pub platforms: Vec<Platform>,
}

/// Where the service listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bind {
    /// The address of TCP ports.
    pub host: String,
    /// The TCP ports, each with its instance of the original. Sorted.
    pub ports: Vec<u16>,
    /// A Unix socket. Native only.
    pub socket: Option<String>,
}

/// Proxy settings as variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// Name and value, in the order http, https, all, no.
    pub variables: Vec<(String, String)>,
    /// Whom the proxies for http and https know.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
}

impl Resolver<'_> {
    /// The service, unless the profile only says where clients find one.
    pub(super) fn gateway(&mut self, name: &str, served: &[Profile]) -> Option<Gateway> {
        let profile = self.profile;
        let is_own = profile.kind == Some(Kind::Gateway);
        let Some(written) = &profile.gateway else {
            if is_own {
                self.missing("gateway.cache_dir", "cache_dir = \"/var/cache/shifter\"");
            }
            return None;
        };
        // A system that names a gateway elsewhere writes nothing but where to find it.
        let describes_service = written.database.is_some() || written.cache_dir.is_some() || written.socket.is_some();
        if !is_own && !describes_service {
            return None;
        }
        let config = self.config();
        let platforms =
            if is_own { self.served_platforms(served, &config) } else { vec![self.own_platform(name, &config)] };
        let images = profile.images.clone().unwrap_or_default();
        let workers = written.workers.clone().unwrap_or_default();
        let user = written.user.as_ref().map_or("shifter", |user| user.as_str()).to_owned();
        Some(Gateway {
            group: written.group.as_ref().map_or(user.as_str(), |group| group.as_str()).to_owned(),
            user,
            python: self.path("gateway.python", written.python.as_ref()),
            log_dir: self.path_or("gateway.log_dir", written.log_dir.as_ref(), "/var/log/shifter_imagegw"),
            log_level: written.log_level.clone(),
            bind: self.bind(written),
            cache_dir: self.required_path("gateway.cache_dir", written.cache_dir.as_ref(), "/var/cache/shifter"),
            expand_dir: self.expand_dir(written.expand_dir.as_ref()),
            pull_recheck: written.pull_recheck.as_ref().map_or(300, Duration::seconds),
            expire_after: images.expire_after.unwrap_or_else(ninety_days),
            worker_threads: workers.threads,
            worker_processes: workers.processes.or(workers.threads).unwrap_or(1),
            format: images.format.unwrap_or_else(|| "squashfs".to_owned()),
            lustre: images.lustre,
            authentication: written.authentication.clone(),
            anonymous: written.anonymous.unwrap_or(false),
            metrics: written.metrics,
            import_users: written.import_users.clone(),
            import_dirs: written.import_dirs.iter().map(|dir| self.absolute("gateway.import_dirs", dir)).collect(),
            converter_options: written.converter_options.clone(),
            examiner: self.path("gateway.examiner", written.examiner.as_ref()),
            limits: written.limits.clone(),
            contents: images.contents,
            readable_by: images.readable_by,
            retention: images.retention,
            delete_grace: images.delete_grace,
            quota: images.quota,
            database: self.database(written),
            broker: self.broker(written),
            proxy: written.proxy.as_ref().map(proxy).unwrap_or_default(),
            registries: self.registries(),
            default_registry: self.default_registry(),
            platforms,
        })
    }

    fn required_path(&mut self, key: &str, written: Option<&AbsPath>, example: &str) -> String {
        match written {
            Some(path) => self.absolute(key, path),
            None => {
                let name = key.rsplit('.').next().unwrap_or(key);
                self.missing(key, &format!("{name} = \"{example}\""));
                String::new()
            }
        }
    }

    /// The original unpacks images there; the native gateway streams them.
    fn expand_dir(&mut self, written: Option<&AbsPath>) -> Option<String> {
        match written {
            None if self.target.is_native() => None,
            written => Some(self.required_path("gateway.expand_dir", written, "/var/lib/shifter/expand")),
        }
    }

    fn database(&mut self, written: &section::GatewaySection) -> Database {
        let database = written.database.clone().unwrap_or_default();
        if database.uri.is_none() {
            let example =
                if self.target.is_native() { "sqlite:///var/lib/shifter/gateway.db" } else { "mongodb://localhost/" };
            self.missing("gateway.database.uri", &format!("uri = \"{example}\""));
        }
        Database {
            uri: database.uri.map(|uri| uri.to_string()).unwrap_or_default(),
            name: database.name.unwrap_or_else(|| "Shifter".to_owned()),
            user: database.user,
            password: database.password,
        }
    }

    fn broker(&mut self, written: &section::GatewaySection) -> Option<Broker> {
        if !target::has_broker(self.target) {
            return None;
        }
        let Some(broker) = &written.broker else {
            self.missing("gateway.broker.uri", "uri = \"redis://localhost/\"");
            return None;
        };
        Some(Broker {
            uri: broker.uri.as_ref().map_or("redis://localhost/", |uri| uri.as_str()).to_owned(),
            password: broker.password.clone(),
            data_dir: self.path_or("gateway.broker.data_dir", broker.data_dir.as_ref(), "/var/lib/redis"),
            user: broker.user.as_ref().map_or("redis", |user| user.as_str()).to_owned(),
        })
    }

    /// The address of `bind` with its port, else with the ports of the endpoints.
    fn bind(&mut self, written: &section::GatewaySection) -> Bind {
        let socket = self.path("gateway.socket", written.socket.as_ref());
        let host = match &written.bind {
            Some(bind) if bind.port().is_some() => bind.host().to_owned(),
            Some(bind) => bind.as_str().to_owned(),
            None => "0.0.0.0".to_owned(),
        };
        let of_endpoints: BTreeSet<u16> = written
            .endpoints
            .iter()
            .filter(|url| url.scheme().is_some_and(|scheme| scheme.starts_with("http")))
            .map(|url| url.port().unwrap_or(if url.scheme().as_deref() == Some("https") { 443 } else { 80 }))
            .collect();
        let ports = match written.bind.as_ref().and_then(section::scalar::HostPort::port) {
            Some(port) => vec![port],
            None => of_endpoints.into_iter().collect(),
        };
        Bind { host, ports, socket: if self.target.is_native() { socket } else { None } }
    }
}

fn ninety_days() -> Duration {
    "90d".parse().expect("90d is a duration")
}

fn proxy(written: &section::Proxy) -> Proxy {
    let (user, password) = (written.user.clone(), written.password.clone());
    Proxy { variables: proxy_variables(written), user, password }
}

/// As the original's client reads them: `all_proxy` is `socks5:host:port`, without slashes.
fn proxy_variables(written: &section::Proxy) -> Vec<(String, String)> {
    let all = written.all.as_ref().map(|all| match all {
        AllProxy::Socks5(address) => format!("socks5:{address}"),
        AllProxy::Text(text) => text.clone(),
    });
    let no = (!written.no_proxy.is_empty()).then(|| written.no_proxy.join(","));
    [
        ("http_proxy", written.http.as_ref().map(ToString::to_string)),
        ("https_proxy", written.https.as_ref().map(ToString::to_string)),
        ("all_proxy", all),
        ("no_proxy", no),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
