//! From `imagemanager.json` to a profile. What no key of a profile can say is left to the comparison with what is rendered,
//! which puts it below `[extra.imagemanager]`.

use super::draft::{Draft, Origin};
use super::platform;
use super::vault::Secrets;
use crate::secret::Address;
use crate::target;
use serde_json::Value as Json;
use shifter_formats::Target;
use shifter_gateway_types::config::{AuthMethod, Days, ImageFormat, Listen, LogLevel, RemoteType};
use toml::Value;

/// A file being lifted.
pub(super) struct Lift<'a> {
    /// The profile of the gateway, or of the system that has its own.
    pub(super) draft: &'a mut Draft,
    /// The passwords that stood in it.
    pub(super) secrets: &'a mut Secrets,
    /// Whose file it is.
    pub(super) target: Target,
}

impl Lift<'_> {
    /// Everything but the systems served.
    pub(super) fn service(&mut self, json: &Json) {
        self.directories(json);
        self.images(json);
        self.habits(json);
        self.database(json);
        self.broker(json);
        self.registries(json);
        if self.target.is_native() {
            self.native(json);
        }
    }

    /// Sets a key from the JSON key `origin`.
    pub(super) fn put(&mut self, path: &[&str], origin: &str, value: impl Into<Value>) {
        self.draft.set_from(path, value, Origin::of(origin, Vec::new()));
    }

    fn put_text(&mut self, path: &[&str], origin: &str, value: Option<&str>) {
        if let Some(text) = value.filter(|text| !text.contains(char::is_control)) {
            self.put(path, origin, text);
        }
    }

    fn directories(&mut self, json: &Json) {
        let keys = [("cache_dir", "CacheDirectory"), ("expand_dir", "ExpandDirectory"), ("examiner", "examiner")];
        for (path, key) in keys {
            self.put_text(&["gateway", path], key, json[key].as_str());
        }
    }

    fn images(&mut self, json: &Json) {
        let format = json["DefaultImageFormat"].as_str().filter(|text| is_word::<ImageFormat>(text));
        self.put_text(&["images", "format"], "DefaultImageFormat", format);
        let span = json["ImageExpirationTimeout"].as_str().and_then(|text| text.parse::<Days>().ok());
        if let Some(span) = span {
            self.put(&["images", "expire_after"], "ImageExpirationTimeout", duration(span.duration().as_secs()));
        }
        for (path, key) in [("stripe_count", "DefaultOstCount"), ("replication", "DefaultLustreReplication")] {
            if let Some(count) = small(&json[key]) {
                self.put(&["images", "lustre", path], key, count);
            }
        }
    }

    fn habits(&mut self, json: &Json) {
        if let Some(threads) = small(&json["WorkerThreads"]).filter(|threads| *threads > 0) {
            self.put(&["gateway", "workers", "threads"], "WorkerThreads", threads);
        }
        let level = json["LogLevel"].as_str().map(str::to_ascii_lowercase).filter(|text| is_word::<LogLevel>(text));
        self.put_text(&["gateway", "log_level"], "LogLevel", level.as_deref());
        if let Some(seconds) = pull_recheck(json, self.target) {
            self.put(&["gateway", "pull_recheck"], "PullUpdateTimeout", duration(seconds));
        }
        if matches!(json["Authentication"].as_str(), Some("munge" | "mock")) {
            self.put_text(&["gateway", "authentication"], "Authentication", json["Authentication"].as_str());
        }
        if let Some(counted) = json["Metrics"].as_bool() {
            self.put(&["gateway", "metrics"], "Metrics", counted);
        }
        match importers(&json["ImportUsers"], self.target) {
            Some(Json::String(text)) => self.put(&["gateway", "import_users"], "ImportUsers", text),
            Some(Json::Array(list)) => {
                if let Some(names) = texts(&Json::Array(list)) {
                    self.put(&["gateway", "import_users"], "ImportUsers", names);
                }
            }
            _ => {}
        }
        if let Some(dirs) = texts(&json["ImportDirectories"]) {
            self.put(&["gateway", "import_dirs"], "ImportDirectories", dirs);
        }
        for (format, words) in json["ConverterOptions"].as_object().into_iter().flatten() {
            let words = words.as_str().map(|one| vec![one.to_owned()]).or_else(|| texts(words));
            if let Some(words) = words.filter(|_| is_word::<ImageFormat>(format)) {
                self.put(&["gateway", "converter_options", format], "ConverterOptions", words);
            }
        }
    }

    fn database(&mut self, json: &Json) {
        let key = if json["Database"].is_null() { "MongoDBURI" } else { "Database" };
        self.put_text(&["gateway", "database", "name"], "MongoDB", json["MongoDB"].as_str());
        if let Some(file) = json[key]["file"].as_str() {
            // The address lies in the file, which the gateway reads; its scheme is not known here.
            let uri = if key == "Database" { "sqlite:///var/lib/shifter/gateway.db" } else { "mongodb://localhost/" };
            self.put(&["gateway", "database", "uri"], key, uri);
            self.put(&["gateway", "database", "password"], key, Secrets::reference_to(file));
            return;
        }
        let Some(uri) = json[key].as_str() else { return };
        let address = Address::split(uri);
        self.put(&["gateway", "database", "uri"], key, address.uri.as_str());
        if let Some(user) = &address.user {
            self.put(&["gateway", "database", "user"], key, user.as_str());
        }
        if let Some(password) = &address.password {
            let name = address.user.as_deref().map_or("mongodb".to_owned(), |user| format!("mongodb-{user}"));
            let reference = self.secrets.keep(&name, password);
            self.draft.set_from(&["gateway", "database", "password"], reference, Origin::silent(key));
        }
    }

    fn broker(&mut self, json: &Json) {
        let Some(uri) = json["Broker"].as_str().filter(|_| target::has_broker(self.target)) else { return };
        let address = Address::split(uri);
        self.put(&["gateway", "broker", "uri"], "Broker", address.uri.as_str());
        if let Some(password) = &address.password {
            let reference = self.secrets.keep("redis", password);
            self.draft.set_from(&["gateway", "broker", "password"], reference, Origin::silent("Broker"));
        }
    }

    fn registries(&mut self, json: &Json) {
        for (name, location) in json["Locations"].as_object().into_iter().flatten() {
            let at = |key: &'static str| ["registry", name.as_str(), key];
            let kind = location["remotetype"].as_str().filter(|text| is_word::<RemoteType>(text));
            self.draft.set_from(&at("type"), kind.unwrap_or("dockerv2"), Origin::silent("Locations"));
            if json["DefaultImageLocation"].as_str() == Some(name) {
                self.put(&at("default"), "DefaultImageLocation", true);
            }
            let method = location["authMethod"].as_str().filter(|text| is_word::<AuthMethod>(text));
            self.put_text(&at("auth"), "authentication", location["authentication"].as_str());
            self.put_text(&at("auth_method"), "authMethod", method);
            self.put_text(&at("url"), "url", location["url"].as_str());
            let ca = location["sslcacert"].as_str().filter(|path| path.starts_with('/'));
            self.put_text(&at("ca_certificate"), "sslcacert", ca);
            if !self.target.is_native() {
                continue;
            }
            for key in ["aliases", "mirrors"] {
                if let Some(list) = texts(&location[key]).filter(|list| !list.is_empty()) {
                    self.put(&["registry", name, key], key, list);
                }
            }
            if let Some(direct) = location["direct"].as_bool() {
                self.put(&at("direct"), "direct", direct);
            }
            if let Some(file) = location["credential"]["file"].as_str() {
                self.put(&at("credential"), "credential", Secrets::reference_to(file));
            } else if let Some(text) = location["credential"].as_str() {
                let reference = self.secrets.keep(&format!("registry-{name}"), text);
                self.draft.set_from(&at("credential"), reference, Origin::silent("credential"));
            }
        }
    }

    fn native(&mut self, json: &Json) {
        let listeners: Vec<Listen> =
            texts(&json["Listen"]).unwrap_or_default().iter().filter_map(|text| text.parse().ok()).collect();
        let mut addresses = Vec::new();
        for listen in &listeners {
            match listen {
                Listen::Unix(path) => self.put(&["gateway", "socket"], "Listen", path.display().to_string()),
                Listen::Tcp(address) => addresses.push(address.as_str()),
            }
        }
        // One host with several ports: those of the endpoints.
        let host = |address: &str| address.rsplit_once(':').map(|(host, _)| host.to_owned());
        match addresses.as_slice() {
            [] => {}
            [one] => self.put(&["gateway", "bind"], "Listen", *one),
            [first, ..] => {
                if let Some(host) = host(first) {
                    self.put(&["gateway", "bind"], "Listen", host);
                }
            }
        }
        if json["compat"]["anonymous"].as_bool().or(json["Compat"]["anonymous"].as_bool()) == Some(true) {
            self.put(&["gateway", "anonymous"], "Compat", true);
        }
        for (path, key, unit) in LIMITS {
            if let Some(number) = json["Limits"][key].as_u64() {
                let value = match unit {
                    "" => i64::try_from(number).map(Value::from).unwrap_or_else(|_| number.to_string().into()),
                    unit => format!("{number}{unit}").into(),
                };
                self.put(&["gateway", "limits", path], key, value);
            }
        }
        self.life(&json["Retention"], &json["Quota"]);
        let policy = &json["Policy"];
        for (path, key) in
            [("ownership", "ownership"), ("modes", "modes"), ("set_id_bits", "setIdBits"), ("xattrs", "xattrs")]
        {
            self.put_text(&["images", "contents", path], key, policy[key].as_str());
        }
        self.put_text(&["images", "readable_by"], "readableBy", policy["readableBy"].as_str());
    }

    /// How long images live, and how much of them there may be.
    fn life(&mut self, retention: &Json, quota: &Json) {
        let spans = [("unused", "unused"), ("warn", "warn"), ("pin_max", "pinMax")];
        let span = |key: &str| retention[key].as_str().and_then(|text| text.parse::<Days>().ok());
        for (path, key) in spans {
            if let Some(span) = span(key) {
                self.put(&["images", "retention", path], key, duration(span.duration().as_secs()));
            }
        }
        if let Some(span) = span("deleteGrace") {
            self.put(&["images", "delete_grace"], "deleteGrace", duration(span.duration().as_secs()));
        }
        if let Some(keep) = texts(&retention["keep"]).filter(|list| !list.is_empty()) {
            self.put(&["images", "retention", "keep"], "keep", keep);
        }
        for (path, key) in [("user", "userBytes"), ("total", "totalBytes")] {
            if let Some(bytes) = quota[key].as_u64() {
                self.put(&["images", "quota", path], key, format!("{bytes}B"));
            }
        }
        if let Some(share) = quota["startExpiryAt"].as_u64() {
            self.put(&["images", "quota", "start_expiry_at"], "startExpiryAt", format!("{share}%"));
        }
    }

    /// A system that this gateway serves: its keys below `at`.
    pub(super) fn platform(&mut self, at: platform::At<'_>, platform: &Json) {
        platform::lift(self, at, platform);
    }
}

/// `gateway.limits`: the profile's key, the file's, and the unit of its numbers.
const LIMITS: [(&str, &str, &str); 16] = [
    ("image_size", "imageBytes", "B"),
    ("layer_size", "layerBytes", "B"),
    ("ratio", "ratio", ""),
    ("files", "entries", ""),
    ("layers", "layers", ""),
    ("path_bytes", "pathBytes", ""),
    ("manifest_size", "manifestBytes", "B"),
    ("downloads", "downloads", ""),
    ("idle", "idleSeconds", "s"),
    ("pull_time", "pullSeconds", "s"),
    ("examiner_time", "examinerSeconds", "s"),
    ("queued", "queued", ""),
    ("user_queued", "userQueued", ""),
    ("cache_size", "cacheBytes", "B"),
    ("upload_size", "uploadBytes", "B"),
    ("uploads", "uploads", ""),
];

/// How long a pulled tag is current, as the target reads it: the originals read `PullUpdateTimeout` only beside
/// `PullUpdateTime` (gateway of 16.08 to 18.03: one is tested, the other read).
pub(super) fn pull_recheck(json: &Json, target: Target) -> Option<u64> {
    let timeout = json["PullUpdateTimeout"].as_u64();
    if target.is_native() || !json["PullUpdateTime"].is_null() { timeout } else { None }
}

/// Who may import, as the target reads it: to the originals an empty list is everybody.
pub(super) fn importers(written: &Json, target: Target) -> Option<Json> {
    let everybody = || Some(Json::from("all"));
    match written {
        Json::String(text) if matches!(text.as_str(), "none" | "None") => Some(Json::from("none")),
        Json::String(text) if text == "all" => everybody(),
        Json::String(text) if text.is_empty() && !target.is_native() => everybody(),
        Json::Array(list) if list.is_empty() => {
            if target.is_native() {
                Some(Json::from("none"))
            } else {
                everybody()
            }
        }
        Json::Array(_) => Some(written.clone()),
        _ => None,
    }
}

/// Whether the gateway's own type knows the word.
fn is_word<T: serde::de::DeserializeOwned>(text: &str) -> bool {
    serde_json::from_value::<T>(Json::from(text)).is_ok()
}

/// A number that a profile can hold as a count.
fn small(value: &Json) -> Option<i64> {
    value.as_u64().and_then(|n| u32::try_from(n).ok()).map(i64::from)
}

/// A list of texts, when it is one.
pub(super) fn texts(value: &Json) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Seconds in the largest unit that says them whole.
pub(super) fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let whole = units.iter().find(|(size, _)| seconds >= 2 * size && seconds.is_multiple_of(*size));
    whole.map_or_else(|| format!("{seconds}s"), |(size, unit)| format!("{}{unit}", seconds / size))
}
