//! What the files installed on a node say is wanted, as a profile: enough of it for the rules about hosts.

use std::path::Path;
use std::time::Duration;

use shifter_formats::{Target, original, udiroot::Conf};
use shifter_gateway_types::ImageManager;
use toml::{Table, Value};

use crate::facts;
use crate::render::Manifest;

/// A profile made of installed files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The profile.
    pub text: String,
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
}

/// Reads `udiRoot.conf`, `imagemanager.json` and `manifest.json` in the directory `config` below `root`.
///
/// # Errors
/// Neither of the first two is there, or one cannot be read.
pub fn read(root: &Path, config: &str, limit: Duration) -> Result<Installed, InstalledError> {
    let of = |name: &str| facts::read_below(root, &format!("{config}/{name}"), limit).ok();
    let manifest: Option<Manifest> = of("manifest.json").and_then(|text| serde_json::from_str(&text).ok());
    let told = manifest.as_ref().and_then(|manifest| manifest.target.as_deref()?.parse().ok());
    let (mut profile, mut files) = (Table::new(), Vec::new());
    set(&mut profile, "schema", 1);
    set(&mut profile, "paths.config", config);
    if let Some(text) = of("udiRoot.conf") {
        let file = format!("{config}/udiRoot.conf");
        let (target, conf) =
            understand(&text, told).map_err(|why| InstalledError::Unreadable { file: file.clone(), why })?;
        set(&mut profile, "target.shifter", target.to_string());
        of_nodes(&conf, &mut profile);
        files.push(file);
    }
    if let Some(text) = of("imagemanager.json") {
        let file = format!("{config}/imagemanager.json");
        let manager = ImageManager::parse(&text)
            .map_err(|error| InstalledError::Unreadable { file: file.clone(), why: error.to_string() })?;
        if files.is_empty() {
            set(&mut profile, "target.shifter", told.unwrap_or(Target::Native).to_string());
        }
        of_gateway(&manager, &mut profile);
        files.push(file);
    }
    if files.is_empty() {
        return Err(InstalledError::Nothing(config.to_owned()));
    }
    // What a profile must say and the files of a node do not.
    for (key, value) in [("site.name", "installed"), ("images.path", "/"), ("gateway.cache_dir", "/")] {
        let needed = !key.starts_with("gateway") || files.len() == 2;
        if needed && get(&profile, key).is_none() {
            set(&mut profile, key, value);
        }
    }
    let text = toml::to_string_pretty(&profile).expect("tables of texts, numbers and lists are TOML");
    Ok(Installed { text: format!("# What {} say.\n{text}", files.join(" and ")), files })
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

fn of_nodes(conf: &Conf, profile: &mut Table) {
    if let Some(system) = &conf.system {
        set(profile, "site.name", system.as_str());
    }
    let paths = [
        ("paths.prefix", &conf.udi_root_path),
        ("paths.udi_mount", &conf.udi_mount),
        ("paths.loop_mount", &conf.loop_mount),
        ("paths.opt_udi_image", &conf.opt_udi_image),
        ("paths.mount_command", &conf.mount_cmd),
        ("paths.tools.modprobe", &conf.modprobe_path),
        ("paths.tools.insmod", &conf.insmod_path),
        ("paths.tools.cp", &conf.cp_path),
        ("paths.tools.mv", &conf.mv_path),
        ("paths.tools.chmod", &conf.chmod_path),
        ("paths.tools.dd", &conf.dd_path),
        ("paths.tools.mkfs_xfs", &conf.mkfs_xfs_path),
        ("images.path", &conf.image_path),
        ("etc.path", &conf.etc_path),
        ("kernel_modules.base_path", &conf.kmod_base_path),
    ];
    for (key, path) in paths {
        if let Some(path) = path.as_ref().and_then(|path| path.to_str()) {
            set(profile, key, path);
        }
    }
    let hooks = [("premount", &conf.site_pre_mount_hook), ("postmount", &conf.site_post_mount_hook)];
    for (name, hook) in hooks {
        if let Some(path) = hook.as_ref().and_then(|path| path.to_str()) {
            set(profile, &format!("hooks.{name}.path"), path);
            set(profile, &format!("hooks.{name}.render"), false);
        }
    }
    if conf.populate_etc_dynamically == Some(true) {
        set(profile, "runtime.populate_etc", "dynamic");
    }
    if conf.auto_load_kernel_module == Some(true) {
        set(profile, "kernel_modules.autoload", true);
    }
    let sources = |map: &shifter_formats::volume::VolumeMap| {
        let entry = |entry: &shifter_formats::volume::VolumeEntry| {
            let mut table = Table::new();
            set(&mut table, "source", entry.from.display().to_string());
            set(&mut table, "target", entry.to.display().to_string());
            if entry.optional {
                set(&mut table, "optional", true);
            }
            Value::Table(table)
        };
        Value::Array(map.entries.iter().map(entry).collect())
    };
    if !conf.site_fs.is_empty() {
        profile.insert("filesystem".to_owned(), sources(&conf.site_fs));
    }
    for (name, module) in &conf.modules {
        let name = name.name.as_str();
        let mut table = Table::new();
        for (key, path) in [("copy_from", &module.copy_path), ("hooks.root", &module.roothook)] {
            if let Some(path) = path.as_ref().and_then(|path| path.to_str()) {
                set(&mut table, key, path);
            }
        }
        if module.optional == Some(true) {
            set(&mut table, "optional", true);
        }
        if !module.site_fs.is_empty() {
            table.insert("filesystem".to_owned(), sources(&module.site_fs));
        }
        let modules = profile.entry("module").or_insert_with(|| Value::Table(Table::new()));
        if let Some(modules) = modules.as_table_mut() {
            modules.insert(name.to_owned(), Value::Table(table));
        }
    }
    let endpoints: Vec<String> = conf.image_gateway.iter().map(ToString::to_string).collect();
    let endpoints = if endpoints.is_empty() { vec!["http://localhost:5000".to_owned()] } else { endpoints };
    set(profile, "gateway.endpoints", endpoints);
}

fn of_gateway(manager: &ImageManager, profile: &mut Table) {
    let paths = [("gateway.cache_dir", &manager.cache_directory), ("gateway.expand_dir", &manager.expand_directory)];
    for (key, path) in paths {
        if let Some(path) = path.as_ref().and_then(|path| path.to_str()) {
            set(profile, key, path);
        }
    }
    // Where its records are is nothing that a node shows; the address holds a password.
    set(profile, "gateway.database.uri", "mongodb://localhost/");
    if get(profile, "gateway.endpoints").is_none() {
        set(profile, "gateway.endpoints", vec!["http://localhost:5000".to_owned()]);
    }
    let Some((name, platform)) = manager.platforms.first_key_value() else { return };
    if get(profile, "site.name").is_none() {
        set(profile, "site.name", name.as_str());
    }
    if let Some(socket) = platform.munge_socket_path.as_ref().and_then(|path| path.to_str()) {
        set(profile, "gateway.munge_socket", socket);
    }
    let images = platform.local.as_ref().and_then(|local| local.image_dir.to_str());
    if let Some(images) = images.filter(|_| get(profile, "images.path").is_none()) {
        set(profile, "images.path", images);
    }
}

/// Sets a dotted key, its tables made as needed.
fn set(table: &mut Table, key: &str, value: impl Into<Value>) {
    match key.split_once('.') {
        None => drop(table.insert(key.to_owned(), value.into())),
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Some(below) = below.as_table_mut() {
                set(below, rest, value);
            }
        }
    }
}

fn get<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((first, rest)) => get(table.get(first)?.as_table()?, rest),
    }
}
