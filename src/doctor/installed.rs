//! What the files installed on a node say is wanted, as a profile.
//!
//! The profile is that of [`import`](crate::import), without the files that only an administrator has: hooks stay where they
//! are. Below it lies a layer with what a profile must say and the files of a node do not. Nothing of it is on a disk: it
//! is read from [`Buffers`].

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;
use shifter_formats::{Target, original, udiroot::Conf};
use shifter_gateway_types::ImageManager;

use crate::facts;
use crate::import::{self, Choice, InputFile, Options};
use crate::profile::{Buffers, Input, LoadOptions};
use crate::render::Manifest;

/// A profile made of installed files.
#[derive(Debug, Clone)]
pub struct Installed {
    /// What to load.
    pub options: LoadOptions,
    /// The layers below it, and the systems that a gateway serves.
    pub buffers: Buffers,
    /// The files it is made of, as seen from the root.
    pub files: Vec<String>,
}

/// Why the installed files say nothing.
#[derive(Debug, thiserror::Error)]
pub enum InstalledError {
    /// Neither file is there.
    #[error("neither `udiRoot.conf` nor `imagemanager.json` is in `{0}`: name a profile with `--profile`")]
    Nothing(String),
    /// No release of Shifter reads the file.
    #[error("no release of Shifter reads `{file}`: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the last one that was asked said.
        why: String,
    },
    /// It is there and is no file that can be read.
    #[error("cannot read `{file}`: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// They are no files of Shifter.
    #[error(transparent)]
    Import(#[from] import::ImportError),
}

/// What every system has, where its files do not say otherwise.
const OF_A_SYSTEM: &str = r#"
site.name = "installed"
images.path = "/"
gateway.endpoints = ["http://localhost:5000"]
"#;

/// What every gateway has, where its file does not say otherwise. Where its records are is nothing that a node shows.
const OF_A_GATEWAY: &str = r#"
gateway.cache_dir = "/"
gateway.database.uri = "mongodb://localhost/"
"#;

/// Reads `udiRoot.conf`, `imagemanager.json` and `manifest.json` in the directory `config` below `root`.
///
/// # Errors
/// Neither of the first two is there, or one cannot be read.
pub fn read(root: &Path, config: &str, limit: Duration) -> Result<Installed, InstalledError> {
    let of = |name: &str| facts::read_below(root, &format!("{config}/{name}"), limit);
    let manifest: Option<Manifest> = of("manifest.json").ok().and_then(|text| serde_json::from_str(&text).ok());
    let told = manifest.as_ref().and_then(|manifest| manifest.target.as_deref()?.parse().ok());
    let named = |name: &str| {
        let file = format!("{config}/{name}");
        match of(name) {
            Ok(text) => Ok(Some((file, text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(InstalledError::Read { file, source }),
        }
    };
    let (conf, manager) = (named("udiRoot.conf")?, named("imagemanager.json")?);
    let fail = |file: &str, why: String| InstalledError::Unreadable { file: file.to_owned(), why };

    let (mut target, mut system, mut inputs) = (told.unwrap_or(Target::Native), None, Vec::new());
    if let Some((file, text)) = &conf {
        let (of, read) = understand(text, told).map_err(|why| fail(file, why))?;
        (target, system) = (of, Some(read.system));
        inputs.push((file, text.clone()));
    }
    if let Some((file, text)) = &manager {
        ImageManager::parse(text).map_err(|error| fail(file, error.to_string()))?;
        inputs.push((file, system.as_ref().map_or_else(|| text.clone(), |system| of_system(text, system.as_deref()))));
    }
    if inputs.is_empty() {
        return Err(InstalledError::Nothing(config.to_owned()));
    }
    let files = inputs.iter().map(|(file, _)| (*file).clone()).collect();
    let inputs: Vec<InputFile> = inputs
        .into_iter()
        .map(|(file, text)| InputFile { place: Some(file.clone()), ..InputFile::new(file, text) })
        .collect();
    let options = Options { target: Choice::Fixed(target), secrets: "secrets".to_owned(), ..Options::default() };
    let imported = import::import(&inputs, &options)?;

    let at = |name: &str| Path::new(config).join(name);
    let mut buffers = Buffers::none();
    let whole = |is_system: bool, has_gateway: bool| {
        let of = |holds: bool, text: &'static str| if holds { text } else { "" };
        let config = toml::Value::from(config);
        format!("schema = 1\npaths.config = {config}{}{}", of(is_system, OF_A_SYSTEM), of(has_gateway, OF_A_GATEWAY))
    };
    buffers.set(&at("(usual)"), whole(conf.is_some(), manager.is_some()));
    buffers.set(&at("(served)"), whole(true, false));
    let mut main = String::new();
    for (name, text) in imported.profiles {
        if name.is_empty() {
            main = format!("extends = \"(usual)\"\n{text}");
        } else {
            buffers.set(&at(&name), format!("extends = \"(served)\"\n{text}"));
        }
    }
    let input = Input::Text { path: Some(at("(installed)")), bytes: main.into_bytes() };
    Ok(Installed { options: LoadOptions { input, ..LoadOptions::file(PathBuf::new()) }, buffers, files })
}

/// The release that reads the text, and what it reads: the one the manifest names, else the first that does, this
/// repository's own first and then from the youngest original on.
fn understand(text: &str, told: Option<Target>) -> Result<(Target, Conf), String> {
    let all = [Target::Native, Target::Master, Target::V1803, Target::V1704, Target::V1608Gpu, Target::V1608];
    let mut why = String::new();
    for target in told.into_iter().chain(all) {
        let read = if target == Target::Native {
            let said = |errors: Vec<_>| errors.first().map(ToString::to_string).unwrap_or_default();
            Conf::parse_native(text).map_err(said)
        } else {
            original::read(text, target).map_err(|refusal| refusal.to_string())
        };
        match read {
            Ok(conf) => return Ok((target, conf)),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// What a gateway's file says of one of its systems, the node's own or the first: a node is of one.
fn of_system(text: &str, system: Option<&str>) -> String {
    let Ok(mut json) = serde_json::from_str::<Json>(text) else { return text.to_owned() };
    if let Some(platforms) = json["Platforms"].as_object_mut() {
        let own = system.filter(|own| platforms.contains_key(*own)).map(str::to_owned);
        if let Some(own) = own.or_else(|| platforms.keys().next().cloned()) {
            platforms.retain(|name, _| *name == own);
        }
    }
    json.to_string()
}
