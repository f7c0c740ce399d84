//! `imagemanager.json`: every key of the gateway's configuration, answered.

use super::udiroot::expect;
use super::{Artifact, Check, Inputs, RenderError, inputs, uri};
use crate::profile::document::names_a_secret;
use crate::profile::section::scalar::{Duration, Size};
use crate::profile::section::secret::Secret as Reference;
use crate::profile::section::{
    self, ArtifactKind, Contents, ImportUsers, KeepOrDrop, Limits as WrittenLimits, ReadableBy,
};
use crate::site::{Access, Gateway, Platform as ServedSystem, Registry, Site};
use serde::de::{IntoDeserializer as _, value::StrDeserializer};
use shifter_gateway_types::config::{
    AccessType, AuthMethod, Compat, Days, ImageFormat, ImportUsers as Importers, Limits, Listen, LocalAccess, Modes,
    Options, Ownership, PlatformSpec, Policy, ReadableBy as Readers, RemoteType, Secret, SetIdBits, SshAccess, Xattrs,
};
use shifter_gateway_types::{ImageManager, Location, Platform};
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::Zeroizing;

mod life;

const FILE: &str = "imagemanager.json";

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let Some(gateway) = site.gateway.as_ref().filter(|_| site.renders(ArtifactKind::Imagemanager)) else {
        return Ok(Vec::new());
    };
    let mut errors = Vec::new();
    let config = config(site, gateway, inputs, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut text = config.print();
    if !site.extra.imagemanager.is_empty() {
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("it was just printed");
        for (key, extra) in &site.extra.imagemanager {
            lay_over(&mut value[key.as_str()], extra);
        }
        text = shifter_gateway_types::pretty::print(&value);
    }
    let consumer = if site.target.is_native() { "shifter-imagegw" } else { "the image gateway (Python)" };
    let mut file = Artifact::new(site, FILE, format!("{}/{FILE}", site.config), text);
    file.secret = !site.target.is_native() && (gateway.database.password.is_some() || gateway.broker.is_some())
        || site.extra.imagemanager.iter().any(|(key, value)| holds_secret(key, value));
    file = file.with(site, &gateway.group, 0o640, consumer, "restart the gateway");
    file.check = if site.extra.imagemanager.is_empty() { Check::ImageManager(Box::new(config)) } else { Check::None };
    Ok(vec![file])
}

/// Tables merge key by key; anything else replaces.
fn lay_over(value: &mut serde_json::Value, extra: &serde_json::Value) {
    match (value, extra) {
        (serde_json::Value::Object(below), serde_json::Value::Object(above)) => {
            for (key, extra) in above {
                lay_over(below.entry(key.clone()).or_insert(serde_json::Value::Null), extra);
            }
        }
        (value, extra) => *value = extra.clone(),
    }
}

fn config(site: &Site, gateway: &Gateway, inputs: &Inputs, errors: &mut Vec<RenderError>) -> ImageManager {
    let native = site.target.is_native();
    let lustre = gateway.lustre.clone().unwrap_or_default();
    let uri = database(site, gateway, inputs, errors);
    let mongo = (!native || gateway.database.uri.starts_with("mongodb")).then(|| gateway.database.name.clone());
    let (mongodb_uri, database) = if mongo.is_some() { (Some(uri), None) } else { (None, Some(uri)) };
    ImageManager {
        worker_threads: gateway.worker_threads,
        log_level: gateway.log_level.as_ref().and_then(|text| word("gateway.log_level", text, errors)),
        default_lustre_replication: lustre.replication,
        default_ost_count: lustre.stripe_count,
        default_image_location: gateway.default_registry.clone(),
        default_image_format: word("images.format", &gateway.format, errors),
        pull_update_time: Some(gateway.pull_recheck),
        pull_update_timeout: Some(gateway.pull_recheck),
        image_expiration_timeout: Some(Days::from_duration(gateway.expire_after.std())),
        mongodb_uri,
        mongodb: mongo,
        database,
        broker: broker(gateway, inputs, errors),
        cache_directory: Some(gateway.cache_dir.clone().into()),
        expand_directory: gateway.expand_dir.as_ref().map(PathBuf::from),
        listen: native.then(|| listen(gateway, errors)),
        authentication: gateway.authentication.as_ref().and_then(|t| word("gateway.authentication", t, errors)),
        metrics: gateway.metrics,
        import_users: gateway.import_users.as_ref().and_then(|written| importers(written, errors)),
        import_directories: import_directories(gateway).filter(|_| native),
        converter_options: converter_options(gateway, errors),
        examiner: gateway.examiner.as_ref().map(PathBuf::from),
        limits: gateway.limits.as_ref().filter(|_| native).map(limits),
        policy: if native { policy(gateway) } else { None },
        retention: if native { life::retention(gateway) } else { None },
        quota: if native { life::quota(gateway) } else { None },
        compat: (native && gateway.anonymous).then_some(Compat { anonymous: true }),
        locations: gateway
            .registries
            .iter()
            .filter_map(|r| Some((r.name.clone(), location(site, r, errors)?)))
            .collect(),
        platforms: gateway.platforms.iter().map(|p| (p.name.clone(), platform(site, p, errors))).collect(),
    }
}

/// Whether a key of `[extra]` says that a text below it is a secret.
fn holds_secret(key: &str, value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(_) => names_a_secret(key),
        serde_json::Value::Array(elements) => elements.iter().any(|element| holds_secret(key, element)),
        serde_json::Value::Object(entries) => entries.iter().any(|(key, value)| holds_secret(key, value)),
        _ => false,
    }
}

/// A value that is one of a few words of the gateway's own types.
fn word<T: serde::de::DeserializeOwned>(key: &str, text: &str, errors: &mut Vec<RenderError>) -> Option<T> {
    let reader: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    match T::deserialize(reader) {
        Ok(value) => Some(value),
        Err(why) => {
            let (key, value) = (key.to_owned(), text.to_owned());
            errors.push(RenderError::BadValue { key, value, expected: format!("another word: {why}") });
            None
        }
    }
}

/// The secret's text where the original needs it.
fn revealed(inputs: &Inputs, secret: &Reference, errors: &mut Vec<RenderError>) -> Option<Zeroizing<String>> {
    let text = inputs.vault.text(secret);
    if text.is_none() {
        errors.push(RenderError::SecretUnknown { name: secret.name().to_owned() });
    }
    text
}

fn database(site: &Site, gateway: &Gateway, inputs: &Inputs, errors: &mut Vec<RenderError>) -> Secret {
    let written = &gateway.database;
    match (&written.password, &written.user) {
        (None, None) => Secret::text(written.uri.clone()),
        // The whole address lies in the file: the gateway reads it at start.
        (Some(password), _) if site.target.is_native() => Secret::file(inputs::place(site, password)),
        (password, user) => {
            let user = user.as_deref().unwrap_or_default();
            login("gateway.database.uri", &written.uri, user, password.as_ref(), inputs, errors)
        }
    }
}

fn broker(gateway: &Gateway, inputs: &Inputs, errors: &mut Vec<RenderError>) -> Option<Secret> {
    let broker = gateway.broker.as_ref()?;
    Some(match &broker.password {
        Some(password) => login("gateway.broker.uri", &broker.uri, "", Some(password), inputs, errors),
        None => Secret::text(broker.uri.clone()),
    })
}

/// An address with a login, which the original reads in clear.
fn login(
    key: &str,
    uri: &str,
    user: &str,
    password: Option<&Reference>,
    inputs: &Inputs,
    errors: &mut Vec<RenderError>,
) -> Secret {
    let password = password.and_then(|secret| revealed(inputs, secret, errors));
    let whole = uri::with_login(uri, user, password.as_deref().map(String::as_str));
    Secret::text(expect(key, uri, "a URI with a host, as in mongodb://localhost/", whole, errors).unwrap_or_default())
}

fn listen(gateway: &Gateway, errors: &mut Vec<RenderError>) -> Vec<Listen> {
    let bind = &gateway.bind;
    let socket = bind.socket.iter().map(|path| format!("unix:{path}"));
    let host = if bind.host.contains(':') { format!("[{}]", bind.host) } else { bind.host.clone() };
    let ports = bind.ports.iter().map(|port| format!("tcp:{host}:{port}"));
    let expected = "an address such as `unix:/run/shifter/gateway.sock` or `tcp:0.0.0.0:5000`";
    socket.chain(ports).filter_map(|text| expect("gateway.bind", &text, expected, text.parse().ok(), errors)).collect()
}

fn importers(written: &ImportUsers, errors: &mut Vec<RenderError>) -> Option<Importers> {
    match written {
        ImportUsers::List(names) if names.is_empty() => Some(Importers::Nobody),
        ImportUsers::List(names) => Some(Importers::Named(names.clone())),
        ImportUsers::Text(text) => word("gateway.import_users", text, errors),
    }
}

fn import_directories(gateway: &Gateway) -> Option<Vec<PathBuf>> {
    (!gateway.import_dirs.is_empty()).then(|| gateway.import_dirs.iter().map(PathBuf::from).collect())
}

fn converter_options(gateway: &Gateway, errors: &mut Vec<RenderError>) -> Option<BTreeMap<ImageFormat, Options>> {
    let read = |(format, words): (&String, &Vec<String>)| {
        Some((word("gateway.converter_options", format, errors)?, Options::Many(words.clone())))
    };
    let all: BTreeMap<_, _> = gateway.converter_options.iter().filter_map(read).collect();
    (!all.is_empty()).then_some(all)
}

fn limits(written: &WrittenLimits) -> Limits {
    let default = Limits::default();
    let size = |size: &Option<Size>, usual| size.as_ref().map_or(usual, Size::bytes);
    let seconds = |span: &Option<Duration>, usual| span.as_ref().map_or(usual, Duration::seconds);
    Limits {
        image_bytes: size(&written.image_size, default.image_bytes),
        layer_bytes: size(&written.layer_size, default.layer_bytes),
        ratio: written.ratio.unwrap_or(default.ratio),
        entries: written.files.unwrap_or(default.entries),
        layers: written.layers.unwrap_or(default.layers),
        path_bytes: written.path_bytes.unwrap_or(default.path_bytes),
        manifest_bytes: size(&written.manifest_size, default.manifest_bytes),
        downloads: written.downloads.unwrap_or(default.downloads),
        idle_seconds: seconds(&written.idle, default.idle_seconds),
        pull_seconds: seconds(&written.pull_time, default.pull_seconds),
        examiner_seconds: seconds(&written.examiner_time, default.examiner_seconds),
        queued: written.queued.unwrap_or(default.queued),
        user_queued: written.user_queued,
        cache_bytes: written.cache_size.as_ref().map(Size::bytes),
        upload_bytes: size(&written.upload_size, default.upload_bytes),
        uploads: written.uploads.unwrap_or(default.uploads),
    }
}

fn policy(gateway: &Gateway) -> Option<Policy> {
    if gateway.contents.is_none() && gateway.readable_by.is_none() {
        return None;
    }
    let Contents { ownership, modes, set_id_bits, xattrs } = gateway.contents.clone().unwrap_or_default();
    Some(Policy {
        ownership: match ownership.unwrap_or_default() {
            section::Ownership::Root => Ownership::Root,
            section::Ownership::Image => Ownership::Image,
        },
        modes: match modes.unwrap_or_default() {
            section::Modes::Image => Modes::Image,
            section::Modes::Readable => Modes::Readable,
        },
        set_id_bits: match set_id_bits.unwrap_or_default() {
            KeepOrDrop::Drop => SetIdBits::Drop,
            KeepOrDrop::Keep => SetIdBits::Keep,
        },
        xattrs: match xattrs.unwrap_or_default() {
            KeepOrDrop::Drop => Xattrs::Drop,
            KeepOrDrop::Keep => Xattrs::Keep,
        },
        readable_by: match gateway.readable_by.unwrap_or_default() {
            ReadableBy::Owner => Readers::Owner,
            ReadableBy::World => Readers::World,
        },
    })
}

fn location(site: &Site, written: &Registry, errors: &mut Vec<RenderError>) -> Option<Location> {
    let auth_method: Option<AuthMethod> =
        written.auth_method.as_ref().and_then(|text| word("registry.auth_method", text, errors));
    let native = site.target.is_native();
    Some(Location {
        remote_type: word::<RemoteType>("registry.type", &written.kind, errors)?,
        authentication: written.auth.clone(),
        url: written.url.clone(),
        ssl_ca_cert: written.ca_certificate.as_ref().map(PathBuf::from),
        auth_method,
        aliases: written.aliases.iter().filter(|_| native).cloned().collect(),
        mirrors: written.mirrors.iter().filter(|_| native).cloned().collect(),
        direct: written.direct.filter(|_| native),
        credential: written
            .credential
            .as_ref()
            .filter(|_| native)
            .map(|secret| Secret::file(inputs::place(site, secret))),
    })
}

fn platform(site: &Site, written: &ServedSystem, errors: &mut Vec<RenderError>) -> Platform {
    let (access_type, local, host, ssh) = match &written.access {
        Access::Local { image_dir } => {
            (AccessType::Local, Some(LocalAccess { image_dir: image_dir.clone().into() }), None, None)
        }
        Access::Remote { hosts, user, key, image_dir, ssh_options, scp_options } => {
            let options = |words: &Vec<String>| (!words.is_empty()).then(|| words.clone());
            let ssh = SshAccess {
                username: user.clone(),
                key: key.as_ref().map(|(_, path)| path.clone().into()),
                image_dir: image_dir.clone().into(),
                ssh_cmd_options: options(ssh_options),
                scp_cmd_options: options(scp_options),
            };
            (AccessType::Remote, None, Some(hosts.clone()), Some(ssh))
        }
    };
    let spec = |text: &String| {
        let found = text.parse::<PlatformSpec>().ok();
        expect("images.platforms", text, "os/arch, as in linux/amd64", found, errors)
    };
    let platforms: Vec<PlatformSpec> = written.platforms.iter().filter_map(spec).collect();
    Platform {
        munge_socket_path: written.munge_socket.as_ref().map(PathBuf::from),
        access_type,
        admins: (!written.admins.is_empty()).then(|| written.admins.clone()),
        user_group_service: written.user_groups.clone(),
        mount_command: None,
        local,
        host,
        ssh,
        use_external: written.external_tools,
        policy_file: written.policy_file.as_ref().map(PathBuf::from),
        platforms: (site.target.is_native() && !platforms.is_empty()).then_some(platforms),
        image_owner: written.image_owner.clone(),
    }
}
