//! The files of a site, each read by the grammar of its program, and what they agree on.

use super::hook::{Effects, name};
use super::lines::ConfLines;
use super::report::Lost;
use super::{FileKind, InputFile, Options, Prefer, build::Knowledge, platform, same, target};
use crate::diagnostic::source::Source;
use crate::profile::section::Phase;
use serde_json::Value as Json;
use shifter_formats::Target;
use shifter_formats::original::{self, Survey};
use shifter_formats::udiroot::Conf;
use std::path::PathBuf;
use std::sync::Arc;

/// Why nothing can be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No file is one of Shifter's.
    #[error("there is nothing to import: name a udiRoot.conf, an imagemanager.json, or a directory with one")]
    Nothing,
    /// A site has the file once.
    #[error("`{first}` and `{second}` are both {what}: name the one to import")]
    Several {
        /// What both are.
        what: &'static str,
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
}

/// A `udiRoot.conf` as it is read.
pub(super) struct ConfFile<'a> {
    pub(super) file: &'a InputFile,
    pub(super) source: Arc<Source>,
    pub(super) lines: ConfLines,
    pub(super) survey: Survey,
    /// What it says, with what was decided about it.
    pub(super) conf: Conf,
}

/// An `imagemanager.json` as it is read.
pub(super) struct ManagerFile<'a> {
    pub(super) file: &'a InputFile,
    pub(super) source: Arc<Source>,
    /// What it says, with what was decided about it; null when it is no JSON.
    pub(super) json: Json,
    /// The document as it is written.
    pub(super) written: Json,
    /// Why it is no JSON.
    pub(super) error: Option<(usize, usize, String)>,
}

/// A script of `udiRoot.conf`.
pub(super) struct HookFile<'a> {
    pub(super) phase: Phase,
    pub(super) file: &'a InputFile,
    pub(super) source: Arc<Source>,
    /// What it does, when every line is understood.
    pub(super) effects: Option<Effects>,
    /// Whether udiRoot.conf names it, or there is none to do so.
    pub(super) is_used: bool,
}

/// The files of a site.
pub(super) struct Chosen<'a> {
    pub(super) files: &'a [InputFile],
    pub(super) target: Target,
    pub(super) ties: Vec<Target>,
    pub(super) accepted: bool,
    pub(super) conf: Option<ConfFile<'a>>,
    pub(super) manager: Option<ManagerFile<'a>>,
    pub(super) hooks: Vec<HookFile<'a>>,
    pub(super) decided: Vec<String>,
}

impl<'a> Chosen<'a> {
    pub(super) fn of(files: &'a [InputFile], options: &Options) -> Result<Self, ImportError> {
        let conf = only(files, FileKind::UdiRoot, "a udiRoot.conf")?;
        let manager = only(files, FileKind::ImageManager, "an imagemanager.json")?;
        if files.iter().all(|file| file.kind == FileKind::Other) {
            return Err(ImportError::Nothing);
        }
        let read = manager.map(|file| serde_json::from_slice::<Json>(&file.bytes));
        let document = read.as_ref().and_then(|read| read.as_ref().ok());
        let (target, ties) = target::choose(options.target, conf.map(|file| file.bytes.as_slice()), document);
        let mut chosen = Self {
            files,
            target,
            ties,
            accepted: true,
            conf: conf.map(|file| conf_file(file, target)),
            manager: manager.zip(read).map(|(file, read)| manager_file(file, read)),
            hooks: Vec::new(),
            decided: Vec::new(),
        };
        chosen.accepted = chosen.is_accepted();
        chosen.find_hooks();
        chosen.agree(options.prefer);
        Ok(chosen)
    }

    fn is_accepted(&self) -> bool {
        let conf = self.conf.as_ref().is_none_or(|conf| same::read(&conf.file.bytes, self.target).1);
        conf && self.manager.as_ref().is_none_or(|manager| manager.is_accepted(self.target))
    }

    fn find_hooks(&mut self) {
        for (phase, kind) in [(Phase::Premount, FileKind::Premount), (Phase::Postmount, FileKind::Postmount)] {
            let named = self.hook_path(phase).map(str::to_owned);
            let base = named.as_deref().and_then(|path| path.rsplit('/').next());
            // By its name, even where that does not say what it is; else by what its name says.
            let file = self
                .files
                .iter()
                .find(|file| base == Some(file.base()))
                .or_else(|| self.files.iter().find(|file| file.kind == kind));
            let Some(file) = file else { continue };
            let effects = std::str::from_utf8(&file.bytes).ok().and_then(|text| Effects::read(text).ok());
            let is_used = self.conf.is_none() || base == Some(file.base()) || named.is_some() && file.kind == kind;
            self.hooks.push(HookFile { phase, file, source: file.source(), effects, is_used });
        }
    }

    /// Where udiRoot.conf says that a script is.
    pub(super) fn hook_path(&self, phase: Phase) -> Option<&str> {
        let conf = &self.conf.as_ref()?.conf;
        let path = match phase {
            Phase::Premount => conf.site_pre_mount_hook.as_ref(),
            Phase::Postmount => conf.site_post_mount_hook.as_ref(),
        };
        path.and_then(|path| path.to_str()).filter(|path| !path.is_empty())
    }

    pub(super) fn hook(&self, phase: Phase) -> Option<&HookFile<'a>> {
        self.hooks.iter().find(|hook| hook.phase == phase && hook.is_used)
    }

    /// Whether the system and its gateway are one profile.
    pub(super) fn has_own_gateway(&self) -> bool {
        self.conf.is_some() && self.platforms().len() <= 1
    }

    /// The systems that the gateway serves, by name.
    pub(super) fn platforms(&self) -> Vec<(&String, &Json)> {
        let platforms = self.manager.as_ref().and_then(|manager| manager.json["Platforms"].as_object());
        platforms.into_iter().flatten().collect()
    }

    /// Decides what two files say differently, and lets both say it.
    fn agree(&mut self, prefer: Prefer) {
        if !self.has_own_gateway() {
            return;
        }
        let (Some(conf), Some(manager)) = (&mut self.conf, &mut self.manager) else { return };
        let Some(platforms) = manager.json["Platforms"].as_object().filter(|all| all.len() == 1) else { return };
        let Some((name, platform)) = platforms.iter().next().map(|(name, entry)| (name.clone(), entry.clone())) else {
            return;
        };
        let system = conf.conf.system.clone().unwrap_or_else(|| name.clone());
        let kept = if prefer == Prefer::ImageManager { name.clone() } else { system.clone() };
        if system != name {
            self.decided.push(format!(
                "the system is called `{kept}`: `{system}` in udiRoot.conf, `{name}` in imagemanager.json (--prefer)"
            ));
        }
        conf.conf.system = Some(kept.clone());
        let mut platform = platform;
        let own = conf.conf.image_path.clone();
        let other = platform::image_dir(&platform).map(PathBuf::from);
        let is_local = platform["accesstype"].as_str() != Some("remote");
        if let (Some(own), Some(other), true) = (own, other, is_local)
            && own != other
        {
            let kept = if prefer == Prefer::ImageManager { other.clone() } else { own.clone() };
            self.decided.push(format!(
                "images are in `{}`: `{}` in udiRoot.conf, `{}` in imagemanager.json (--prefer)",
                kept.display(),
                own.display(),
                other.display()
            ));
            platform["local"]["imageDir"] = kept.display().to_string().into();
            conf.conf.image_path = Some(kept);
        }
        manager.json["Platforms"] = Json::Object([(kept, platform)].into_iter().collect());
    }

    /// What the files hold and the profile does not.
    pub(super) fn lost(&self, knowledge: &Knowledge) -> Vec<Lost> {
        let mut lost = Vec::new();
        if let Some(conf) = &self.conf {
            for unread in &conf.survey.unread {
                let why = match conf.survey.refusals.iter().find(|refusal| refusal.line == Some(unread.line)) {
                    Some(refusal) => refusal.to_string(),
                    None => "it is refused".to_owned(),
                };
                let kept = if knowledge.verbatim.contains(&unread.key) { "; kept below [extra.udiroot]" } else { "" };
                lost.push(Lost::new(&conf.source, unread.line, format!("`{}`: {why}{kept}", unread.key)));
            }
            for key in &knowledge.verbatim {
                let line = conf.lines.of_key(conf.source.text(), key).next().map_or(0, |line| line.number);
                if conf.survey.unread.iter().all(|unread| unread.key != *key) {
                    let what = format!("`{key}` is kept word for word below [extra.udiroot]");
                    lost.push(Lost::new(&conf.source, line, what));
                }
            }
        }
        if let Some(manager) = &self.manager {
            for path in knowledge.overlay.keys() {
                let what = format!("`{}` is kept word for word below [extra.imagemanager]", path.join("."));
                lost.push(Lost::new(&manager.source, 0, what));
            }
        }
        for hook in &self.hooks {
            let (word, source) = (name(hook.phase), &hook.source);
            if !hook.is_used {
                lost.push(Lost::new(source, 0, format!("udiRoot.conf names no {word} script")));
            } else if hook.effects.is_none() {
                let line = Effects::read(source.text()).err().map_or(0, |unknown| unknown.line);
                lost.push(Lost::new(source, line, "not understood, so the script is carried whole"));
            }
        }
        for file in self.files.iter().filter(|file| file.kind == FileKind::Other).take(20) {
            lost.push(Lost { file: file.name.clone(), line: 0, what: "the file is not imported".to_owned() });
        }
        lost
    }
}

fn only<'a>(files: &'a [InputFile], kind: FileKind, what: &'static str) -> Result<Option<&'a InputFile>, ImportError> {
    let mut all = files.iter().filter(|file| file.kind == kind);
    match (all.next(), all.next()) {
        (Some(first), Some(second)) => {
            Err(ImportError::Several { what, first: first.name.clone(), second: second.name.clone() })
        }
        (found, _) => Ok(found),
    }
}

fn conf_file(file: &InputFile, target: Target) -> ConfFile<'_> {
    let source = file.source();
    ConfFile {
        file,
        lines: ConfLines::of(source.text()),
        survey: original::survey(&file.bytes, target, super::PATCHED),
        conf: same::read(&file.bytes, target).0,
        source,
    }
}

fn manager_file(file: &InputFile, read: Result<Json, serde_json::Error>) -> ManagerFile<'_> {
    let (written, error) = match read {
        Ok(json) if json.is_object() => (json, None),
        Ok(_) => (Json::Null, Some((1, 1, "the document is no object".to_owned()))),
        Err(error) => (Json::Null, Some((error.line(), error.column(), error.to_string()))),
    };
    ManagerFile { file, source: file.source(), json: written.clone(), written, error }
}

impl ManagerFile<'_> {
    /// Whether the gateway of `target` starts with the file.
    fn is_accepted(&self, target: Target) -> bool {
        if target.is_native() {
            let text = String::from_utf8_lossy(&self.file.bytes);
            return shifter_gateway_types::ImageManager::parse(&text).is_ok();
        }
        let has = |key: &str| !self.written[key].is_null();
        self.error.is_none()
            && has("MongoDBURI")
            && has("MongoDB")
            && self.written["Platforms"].is_object()
            && (has("Broker") || !crate::target::has_broker(target))
            && (has("PullUpdateTimeout") || !has("PullUpdateTime"))
    }
}
