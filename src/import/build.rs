//! The profile of the chosen files, with what earlier comparisons taught.

use super::chosen::Chosen;
use super::draft::{Draft, Origin, element};
use super::manager::Lift;
use super::platform::At;
use super::rendered::{self, Rendered};
use super::report::Lost;
use super::vault::Secrets;
use super::{FileKind, InputFile, Options, hook, platform, redis, udiroot, wlm};
use crate::digest::sha256;
use crate::profile::section::{Phase, ScriptRole};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What comparing taught so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Knowledge {
    /// Keys of udiRoot.conf that stand word for word below `[extra.udiroot]`.
    pub(super) verbatim: BTreeSet<String>,
    /// Values of imagemanager.json that stand below `[extra.imagemanager]`.
    pub(super) overlay: BTreeMap<Vec<String>, Json>,
    /// What becomes of the premount and the postmount script.
    pub(super) hooks: [HookWay; 2],
    /// Whether mounts of a script become mounts of the runtime.
    pub(super) modernise: bool,
}

/// What becomes of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HookWay {
    /// There is none, and none is called for.
    #[default]
    None,
    /// Its lines become keys.
    Lifted,
    /// It is carried whole.
    Carried,
    /// It stays where it is, or there is none although one is called for.
    LeftAlone,
}

impl Knowledge {
    pub(super) fn of(chosen: &Chosen<'_>, options: &Options) -> Self {
        let way = |phase| match (chosen.hook(phase), chosen.hook_path(phase)) {
            (Some(file), _) if file.effects.is_some() => HookWay::Lifted,
            (Some(_), _) => HookWay::Carried,
            (None, Some(_)) => HookWay::LeftAlone,
            (None, None) => HookWay::None,
        };
        let unread = chosen.conf.iter().flat_map(|conf| {
            let refused = |line: usize| conf.survey.refusals.iter().find(move |refusal| refusal.line == Some(line));
            let is_unknown = move |line: usize| {
                use shifter_formats::original::RefusalKind::UnknownKey;
                refused(line).is_some_and(|refusal| matches!(refusal.kind, UnknownKey(_)))
            };
            conf.survey.unread.iter().filter(move |unread| is_unknown(unread.line)).map(|unread| unread.key.clone())
        });
        Self {
            verbatim: unread.collect(),
            overlay: BTreeMap::new(),
            hooks: [way(Phase::Premount), way(Phase::Postmount)],
            modernise: options.modernise,
        }
    }

    pub(super) fn way(&mut self, phase: Phase) -> &mut HookWay {
        &mut self.hooks[usize::from(phase == Phase::Postmount)]
    }
}

/// Everything that is written.
pub(super) struct Built {
    /// The main profile under `""`, then those it names.
    pub(super) profiles: Vec<(String, String)>,
    pub(super) secrets: Secrets,
    pub(super) scripts: BTreeMap<String, String>,
    pub(super) lost: Vec<Lost>,
    system: Option<String>,
    gateway: Option<(String, Vec<String>)>,
}

impl Built {
    pub(super) fn render(&self) -> Rendered {
        let gateway = self.gateway.as_ref().map(|(text, served)| (text.as_str(), served.as_slice()));
        rendered::render(self.system.as_deref(), gateway, &self.secrets, &self.scripts)
    }
}

pub(super) fn build(chosen: &Chosen<'_>, knowledge: &Knowledge, options: &Options) -> Built {
    let mut work =
        Work { chosen, knowledge, secrets: Secrets::new(&options.secrets), scripts: BTreeMap::new(), lost: Vec::new() };
    let mut system = chosen.conf.as_ref().map(|_| work.system());
    if let Some(draft) = &mut system {
        work.around(draft);
    }
    if chosen.has_own_gateway() || chosen.manager.is_none() {
        let mut draft = system.unwrap_or_else(|| {
            let mut draft = work.opening();
            work.around(&mut draft);
            draft
        });
        if let Some(manager) = &chosen.manager {
            let json = &manager.json;
            let mut lift = Lift { draft: &mut draft, secrets: &mut work.secrets, target: chosen.target };
            lift.service(json);
            for (_, entry) in chosen.platforms() {
                lift.platform(At::Own, entry);
            }
            work.overlay(&mut draft);
        }
        work.redis(&mut draft);
        let profiles = vec![(String::new(), draft.print())];
        return work.built(profiles, Some(for_rendering(draft)), None);
    }
    let mut profiles = Vec::new();
    let mut gateway = work.gateway(system.is_none());
    let (mut names, mut served) = (Vec::new(), Vec::new());
    for (n, (name, entry)) in chosen.platforms().into_iter().enumerate() {
        let is_own = chosen.conf.as_ref().is_some_and(|conf| conf.conf.system.as_ref() == Some(name));
        let draft = match &system {
            Some(draft) if is_own => draft.clone(),
            _ => work.stub(name, entry),
        };
        let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let file = if is_name && !name.starts_with('.') { format!("{name}.toml") } else { format!("system-{n}.toml") };
        names.push(file.clone());
        served.push(draft.print());
        profiles.push((file, draft.print()));
    }
    work.redis(&mut gateway);
    // The served profiles are given beside it where it is rendered, and named where it is written.
    let alone = for_rendering(gateway.clone());
    gateway.set(&["serves"], names);
    profiles.insert(0, (String::new(), gateway.print()));
    let system = system.map(for_rendering);
    work.built(profiles, system, Some((alone, served)))
}

struct Work<'a> {
    chosen: &'a Chosen<'a>,
    knowledge: &'a Knowledge,
    secrets: Secrets,
    scripts: BTreeMap<String, String>,
    lost: Vec<Lost>,
}

impl Work<'_> {
    fn built(
        self,
        profiles: Vec<(String, String)>,
        system: Option<String>,
        gateway: Option<(String, Vec<String>)>,
    ) -> Built {
        let Self { secrets, scripts, lost, .. } = self;
        Built { profiles, secrets, scripts, lost, system, gateway }
    }

    /// The lines every profile begins with.
    fn opening(&self) -> Draft {
        let mut draft = Draft::default();
        draft.head(":schema site-profile.schema.json");
        let is_known = |file: &&InputFile| file.kind != FileKind::Other;
        let names: Vec<&str> = self.chosen.files.iter().filter(is_known).map(InputFile::base).collect();
        draft.head(format!("Imported by shifter-site from {}.", names.join(", ")));
        draft.head("A comment behind a key names the key that it was. Passwords live outside this file.");
        draft.set(&["schema"], 1);
        draft.set(&["target", "shifter"], self.chosen.target.as_str());
        draft
    }

    /// What udiRoot.conf and its scripts say.
    fn system(&mut self) -> Draft {
        let mut draft = self.opening();
        let Some(conf) = &self.chosen.conf else { return draft };
        let text = conf.source.text();
        for phase in [Phase::Premount, Phase::Postmount] {
            self.hook(&mut draft, phase, true);
        }
        udiroot::lift(&mut draft, &conf.conf, text, &conf.lines, self.chosen.target);
        for phase in [Phase::Premount, Phase::Postmount] {
            self.hook(&mut draft, phase, false);
        }
        for key in &self.knowledge.verbatim {
            udiroot::verbatim(&mut draft, text, &conf.lines, key);
        }
        owner(&mut draft, conf.file, "udiRoot.conf", ("root", "root", 0o644));
        draft
    }

    /// The script of a hook. Its mounts come `before` those of siteFs, as they are made, but not once they become its.
    fn hook(&mut self, draft: &mut Draft, phase: Phase, before: bool) {
        let name = hook::name(phase);
        let way = self.knowledge.hooks[usize::from(phase == Phase::Postmount)];
        let file = self.chosen.hook(phase);
        match (way, file) {
            (HookWay::Lifted, Some(file)) => {
                let is_turn = before != (self.knowledge.modernise && phase == Phase::Premount);
                if let (Some(effects), true) = (&file.effects, is_turn) {
                    effects.lift(draft, phase, self.knowledge.modernise);
                }
            }
            (HookWay::Carried, Some(file)) if !before => {
                if let Some((path, hash)) = self.carry(file.file) {
                    draft.set_from(&["hooks", name, "script", "file"], path, Origin::silent(name));
                    draft.set_from(&["hooks", name, "script", "sha256"], hash, Origin::silent(name));
                }
            }
            (HookWay::LeftAlone, _) if !before => {
                draft.set_from(&["hooks", name, "render"], false, Origin::silent(name));
            }
            _ => {}
        }
    }

    /// Keeps a script beside the profile: its path and hash.
    fn carry(&mut self, file: &InputFile) -> Option<(String, String)> {
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            self.lost.push(Lost { file: file.name.clone(), line: 0, what: "the script is no UTF-8".to_owned() });
            return None;
        };
        let mut path = format!("scripts/{}", file.base());
        let mut n = 2;
        while self.scripts.get(&path).is_some_and(|other| other != text) {
            path = format!("scripts/{}-{n}", file.base());
            n += 1;
        }
        self.scripts.insert(path.clone(), text.to_owned());
        Some((path, sha256(text.as_bytes())))
    }

    /// What lies around the runtime: the workload manager's files and the scripts.
    fn around(&mut self, draft: &mut Draft) {
        let udi_mount = self.chosen.conf.as_ref().and_then(|conf| conf.conf.udi_mount.as_ref()?.to_str());
        let files = self.chosen.files;
        for file in files {
            match file.kind {
                FileKind::Plugstack => wlm::plugstack(draft, &file.source(), &mut self.lost),
                FileKind::Roots => wlm::roots(draft, &file.source(), udi_mount, &mut self.lost),
                FileKind::Script(role) if self.chosen.hooks.iter().all(|hook| hook.file.name != file.name) => {
                    self.script(draft, file, role);
                }
                _ => {}
            }
        }
    }

    fn script(&mut self, draft: &mut Draft, file: &InputFile, role: Option<ScriptRole>) {
        let Some((path, hash)) = self.carry(file) else { return };
        let n = element(draft.elements("script"));
        let mut put = |key: &str, value: &str| {
            draft.set_from(&["script", &n, key], value, Origin::silent("script"));
        };
        put("file", &path);
        put("sha256", &hash);
        if let Some(role) = role {
            put("role", role.as_str());
        }
        put("runs_as", "root");
        if let Some(place) = &file.place {
            put("path", place);
        }
        if role == Some(ScriptRole::Init) {
            draft.set(&["target", "init"], "sysv");
            if let Some(processes) = std::str::from_utf8(&file.bytes).ok().and_then(celery_processes) {
                let path = ["gateway", "workers", "processes"];
                draft.set_from(&path, processes, Origin::of("--concurrency", Vec::new()));
            }
        }
    }

    /// A gateway of its own.
    fn gateway(&mut self, alone: bool) -> Draft {
        let mut draft = self.opening();
        draft.set(&["kind"], "gateway");
        let Some(manager) = &self.chosen.manager else { return draft };
        let json = &manager.json;
        let mut lift = Lift { draft: &mut draft, secrets: &mut self.secrets, target: self.chosen.target };
        lift.service(json);
        for (name, entry) in self.chosen.platforms() {
            lift.platform(At::Served(name), entry);
            let is_own = self.chosen.conf.as_ref().is_some_and(|conf| conf.conf.system.as_ref() == Some(name));
            if let Some(directory) = platform::image_dir(entry).filter(|path| is_own && path.starts_with('/')) {
                lift.put(&["platform", name, "image_dir"], "imageDir", directory);
            }
        }
        self.overlay(&mut draft);
        if alone {
            self.around(&mut draft);
        }
        draft
    }

    /// A system of which nothing is known but what its gateway says.
    fn stub(&self, name: &str, entry: &Json) -> Draft {
        let mut draft = self.opening();
        draft.head("Only what the gateway says of it: import the system's own udiRoot.conf over this.");
        draft.set(&["site", "name"], name);
        if let Some(directory) = platform::image_dir(entry).filter(|path| path.starts_with('/')) {
            draft.set(&["images", "path"], directory);
        }
        if let Some(list) = super::manager::texts(&entry["platforms"]).filter(|list| !list.is_empty()) {
            draft.set(&["images", "platforms"], list);
        }
        draft
    }

    /// What no key of a profile says of imagemanager.json, and who owns it.
    fn overlay(&self, draft: &mut Draft) {
        for (path, value) in &self.knowledge.overlay {
            let path: Vec<&str> =
                ["extra", "imagemanager"].into_iter().chain(path.iter().map(String::as_str)).collect();
            if let Ok(value) = toml::Value::try_from(value) {
                draft.set_from(&path, value, Origin::silent("imagemanager.json"));
            }
        }
        if let Some(manager) = &self.chosen.manager {
            owner(draft, manager.file, "imagemanager.json", ("root", "shifter", 0o640));
        }
    }

    /// The two lines of redis.conf. The password is that of the broker; another one is told.
    fn redis(&mut self, draft: &mut Draft) {
        let Some(file) = self.chosen.files.iter().find(|file| file.kind == FileKind::Redis) else { return };
        let source = file.source();
        let all = redis::directives(source.text());
        if let Some(dir) = redis::value(&all, "dir").filter(|dir| dir.text.starts_with('/')) {
            draft.set_from(&["gateway", "broker", "data_dir"], dir.text.as_str(), Origin::of("dir", Vec::new()));
        }
        if let Some(password) = redis::value(&all, "requirepass").filter(|password| !password.text.is_empty()) {
            if !draft.has(&["gateway", "broker", "password"]) {
                let reference = self.secrets.keep("redis", &password.text);
                draft.set_from(&["gateway", "broker", "password"], reference, Origin::silent("requirepass"));
            } else if self.secrets.keep("redis", &password.text) != Secrets::reference_to(&self.secrets.path("redis")) {
                let line = source.position(password.value.start).line;
                self.lost.push(Lost::new(&source, line, "`requirepass` is not the password of `Broker`"));
            }
        }
        let others = all.iter().filter(|directive| !matches!(directive.name.as_str(), "dir" | "requirepass")).count();
        if others > 0 {
            self.lost.push(Lost::new(&source, 0, format!("{others} other directives stay in the site's redis.conf")));
        }
        owner(draft, file, "redis.conf", ("root", "redis", 0o640));
    }
}

/// The profile without owners and modes: what files mean does not depend on them, and a mode that is too wide, which the
/// rules speak of, would stop the rendering.
fn for_rendering(mut draft: Draft) -> String {
    draft.remove(&["install"]);
    draft.print()
}

/// How many processes a script lets Celery start: `celery ... worker ... --concurrency=24`.
fn celery_processes(script: &str) -> Option<i64> {
    let line =
        script.lines().find(|line| line.trim_start().starts_with("celery ") && line.contains("--concurrency="))?;
    let (_, number) = line.split_once("--concurrency=")?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<u32>().ok().filter(|count| *count > 0).map(i64::from)
}

/// Who owns an installed file, where that is known and not as usual.
fn owner(draft: &mut Draft, file: &InputFile, name: &str, usual: (&str, &str, u32)) {
    let Some(own) = &file.owner else { return };
    if (own.user.as_str(), own.group.as_str(), own.mode) != usual {
        draft.set(&["install", name, "owner"], own.user.as_str());
        draft.set(&["install", name, "group"], own.group.as_str());
        draft.set(&["install", name, "mode"], format!("{:04o}", own.mode));
    }
}
