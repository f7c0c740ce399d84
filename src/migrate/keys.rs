//! Which keys go and come with a release.

use toml::Table;

use super::{Does, Step};
use crate::{
    diagnostic::{Edit, KeyPath, Located, Safety, Severity},
    profile::Profile,
    target::{self, Target},
};

/// A step and the edits that make it.
pub(super) struct Move {
    pub(super) step: Step,
    pub(super) edits: Vec<Edit>,
}

impl Move {
    /// By what it is known when it turns up again.
    pub(super) fn name(&self) -> String {
        format!("{:?}", self.edits)
    }

    pub(super) fn only_removes(&self) -> bool {
        self.edits.iter().all(|edit| matches!(edit, Edit::Remove { .. }))
    }

    fn new(does: Does, key: impl Into<KeyPath>, why: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { step: Step { does, key: key.into().to_string(), why: why.into() }, edits }
    }
}

/// Rules whose findings go away with the key they are about.
const DROPPED: [&str; 7] = ["VER001", "VER002", "VER003", "VER004", "VER014", "GPU004", "WLM030"];

/// What a new release needs and the profile does not say.
pub(super) fn needed(profile: &Profile, to: Target) -> Vec<Move> {
    let mut moves = Vec::new();
    let gateway = profile.gateway.as_ref();
    let runs_one = gateway.is_some_and(|gateway| gateway.database.is_some());
    if runs_one && target::has_broker(to) && gateway.is_some_and(|gateway| gateway.broker.is_none()) {
        let password = Table::from_iter([("file".to_owned(), "secrets/redis".into())]);
        let why = "until 17.04 the gateway works through Celery and Redis; write its password into `secrets/redis`";
        let edits =
            vec![Edit::set("gateway.broker.uri", "redis://localhost/"), Edit::set("gateway.broker.password", password)];
        moves.push(Move::new(Does::Add, "gateway.broker", why, edits));
    }
    if runs_one && to != Target::Native {
        moves.extend(originals_gateway(profile));
    }
    if to != Target::Native {
        moves.extend(only_native(profile, to));
    }
    if target::has_modules(to) && !target::has_site_resources(to) {
        moves.extend(driver_as_module(profile, to));
    }
    moves
}

/// What only the native runtime does, and no rule refuses key by key.
fn only_native(profile: &Profile, to: Target) -> Vec<Move> {
    let mut paths: Vec<KeyPath> = Vec::new();
    let mut drop_if = |is_written: bool, path: KeyPath| {
        if is_written {
            paths.push(path);
        }
    };
    drop_if(profile.fabric.is_some(), "fabric".into());
    for (vendor, _) in profile.gpu.iter().flat_map(|gpu| gpu.vendors()) {
        drop_if(true, KeyPath::from("gpu").key(vendor));
    }
    drop_if(profile.runtime.as_ref().is_some_and(|runtime| !runtime.keep_env.is_empty()), "runtime.keep_env".into());
    for (name, module) in &profile.module {
        let at = KeyPath::from("module").key(name.as_str());
        drop_if(!module.keep_env.is_empty(), at.clone().key("keep_env"));
        drop_if(!module.version.is_empty(), at.clone().key("version"));
        drop_if(module.default_version.is_some(), at.key("default_version"));
    }
    let why = format!("only the native runtime does what it asks; {to} does not");
    paths.into_iter().map(|path| Move::new(Does::Drop, path.clone(), why.as_str(), vec![Edit::remove(path)])).collect()
}

/// What the original's gateway has to be told and the native one knows by itself.
fn originals_gateway(profile: &Profile) -> Vec<Move> {
    let Some(gateway) = &profile.gateway else { return Vec::new() };
    let mut moves = Vec::new();
    let mut add = |key: &str, value: toml::Value, why: &str| {
        moves.push(Move::new(Does::Add, key, why, vec![Edit::set(key, value)]));
    };
    let over_a_socket = gateway.endpoints.iter().any(|url| url.as_str().starts_with("unix:"));
    if gateway.endpoints.is_empty() || over_a_socket {
        add("gateway.endpoints", vec!["http://localhost:5000"].into(), "clients of the original ask over TCP");
    }
    if gateway.expand_dir.is_none() {
        let why = "the original unpacks images into a directory before it packs them again";
        add("gateway.expand_dir", "/var/lib/shifter/expand".into(), why);
    }
    if gateway.cache_dir.is_none() {
        add("gateway.cache_dir", "/var/cache/shifter".into(), "the original keeps layers in a directory of its own");
    }
    let uri = gateway.database.as_ref().and_then(|database| database.uri.as_ref());
    if uri.is_some_and(|uri| uri.scheme().is_some_and(|scheme| scheme != "mongodb")) {
        let why = "the original keeps its records in MongoDB; those of another database do not move";
        let edits = vec![Edit::set("gateway.database.uri", "mongodb://localhost/")];
        moves.push(Move::new(Does::Change, "gateway.database.uri", why, edits));
    }
    moves
}

/// `siteResources` went with 18.03: the driver's files are a module from then on.
fn driver_as_module(profile: &Profile, to: Target) -> Option<Move> {
    let gpu = profile.gpu.as_ref()?;
    let place = gpu.site_resources.as_ref()?.as_str();
    let mut edits = vec![Edit::remove("gpu.site_resources")];
    if !gpu.driver_path.is_empty() {
        edits.push(Edit::remove("gpu.driver_path"));
    }
    let why = if profile.module.contains_key("gpu") {
        format!("{to} does not know `siteResources`; the module `gpu` has to bring the driver's files")
    } else {
        let entry = Table::from_iter([("source".to_owned(), place.into())]);
        edits.push(Edit::set("module.gpu.filesystem", vec![toml::Value::Table(entry)]));
        edits.push(Edit::set("module.gpu.default", true));
        format!(
            "{to} does not know `siteResources`; the module `gpu` shows the directory `{place}` of the node, where the driver's files have to lie"
        )
    };
    Some(Move::new(Does::Change, "gpu.site_resources", why, edits))
}

/// What makes a finding go away that came with the new release.
pub(super) fn against(located: &Located, before: &[Located]) -> Option<Move> {
    let finding = &located.finding;
    if before.iter().any(|known| super::is_same(known, located)) {
        return None;
    }
    let at = finding.anchor().map(|label| label.path.clone())?;
    let why = finding.message.clone();
    if DROPPED.contains(&finding.code) {
        return Some(Move::new(Does::Drop, at.clone(), why, vec![Edit::remove(at)]));
    }
    match finding.code {
        "VER005" => {
            let why = format!("{why}; build it with the patch `mount-cmd`");
            let edits = vec![Edit::append("target.patches", "mount-cmd")];
            return Some(Move::new(Does::Change, "target.patches", why, edits));
        }
        "FS031" => {
            let entry = up_to_element(&at)?;
            let why = format!("{why}; list what is mounted below one by one");
            return Some(Move::new(Does::Drop, entry.clone(), why, vec![Edit::remove(entry)]));
        }
        "MOD019" => {
            let module = KeyPath::from(at.segments().get(..2)?.to_vec());
            return Some(Move::new(Does::Drop, module.clone(), why, vec![Edit::remove(module)]));
        }
        _ => {}
    }
    if let Some(fix) = finding.fixes.iter().find(|fix| fix.safety == Safety::Safe) {
        let drops = fix.edits.iter().all(|edit| matches!(edit, Edit::Remove { .. }));
        // A comment of the author's is no key, nor is a script; whether they are right is for `check`.
        if fix.edits.iter().any(|edit| matches!(edit, Edit::Comment { .. } | Edit::Script { .. })) {
            return None;
        }
        let does = if drops { Does::Drop } else { Does::Change };
        return Some(Move::new(does, at, why, fix.edits.clone()));
    }
    // What only another release has is told by its rule in words: the key goes.
    let is_for_others = finding.severity == Severity::Error && is_of_another_release(finding.code);
    is_for_others.then(|| Move::new(Does::Drop, at.clone(), why, vec![Edit::remove(at)]))
}

/// The element of a list that `path` lies in.
fn up_to_element(path: &KeyPath) -> Option<KeyPath> {
    let last = path.segments().iter().rposition(|segment| segment.parse::<usize>().is_ok())?;
    Some(KeyPath::from(path.segments()[..=last].to_vec()))
}

/// Rules outside of VER that refuse a key where the release cannot do what it asks.
fn is_of_another_release(code: &str) -> bool {
    matches!(code, "ENV002")
}
