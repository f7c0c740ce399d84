//! From the file to a [`Config`].

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use shifter_gateway_types::ImageManager;
use shifter_gateway_types::config::{
    Authentication, Database, Days, ImageFormat, ImportUsers, Modes as WantedModes, Ownership as WantedOwnership,
    Policy as WantedPolicy, Retention, SetIdBits, Xattrs,
};

use super::Config;
use super::error::ConfigError;
use super::location::Registries;
use super::secret::resolve;
use super::system::System;
use crate::convert::{Conversion, Format, Modes, Ownership, SetId, Stripes};
use crate::pull::Examiner;
use crate::store;

/// On a local disk: SQLite needs locks that a parallel file system often lacks, and the directories
/// that older files name (`CacheDirectory`, `imageDir`) lie on one.
const STATE: &str = "/var/lib/shifter";
/// The database below the state directory.
const DATABASE: &str = "gateway.db";

impl Config {
    /// Reads, checks and resolves the configuration at `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let written =
            ImageManager::parse(&text).map_err(|source| ConfigError::Syntax { path: path.to_owned(), source })?;
        let state = state_directory(std::env::var_os("STATE_DIRECTORY").as_deref());
        Self::resolve(&written, path.parent().unwrap_or(Path::new("/")), &state)
    }

    /// Checks and resolves what was written; `base` is the directory its secrets are relative to,
    /// `state` the one of the database where the file names none.
    pub fn resolve(written: &ImageManager, base: &Path, state: &Path) -> Result<Self, ConfigError> {
        refuse_what_cannot_be_done(written)?;
        // Not used, but a file full of placeholders must not look like a working one.
        for (key, secret) in [("MongoDBURI", &written.mongodb_uri), ("Broker", &written.broker)] {
            secret.as_ref().map(|secret| resolve(key, secret, base)).transpose()?;
        }
        let systems = written.platforms.iter();
        let systems = systems.map(|(name, platform)| Ok((name.clone(), System::resolve(name, platform)?)));
        Ok(Self {
            database: database(written, base, state)?,
            listen: written.listen(),
            cache: cache(written)?,
            systems: systems.collect::<Result<_, ConfigError>>()?,
            registries: Registries::resolve(written, base)?,
            conversion: conversion(written)?,
            readable_by: written.policy().readable_by,
            retention: retention(written)?,
            quota: written.quota.unwrap_or_default(),
            expire_after: written.image_expiration_timeout.map(Days::duration),
            import_users: written.import_users.clone().unwrap_or_default(),
            import_directories: import_directories(written)?,
            metrics: written.metrics == Some(true),
            limits: written.limits(),
            examiner: examiner(written)?,
            workers: usize::try_from(written.worker_threads()).unwrap_or(usize::MAX).min(256),
            pull_update: Duration::from_secs(written.pull_update_timeout()),
            anonymous: written.compat.unwrap_or_default().anonymous,
            log_level: written.log_level.unwrap_or_default(),
            notices: notices(written),
        })
    }
}

/// Where state lies: as the service manager says (`StateDirectory=`, systemd.exec(5)), else [`STATE`].
pub(super) fn state_directory(managed: Option<&OsStr>) -> PathBuf {
    let first = managed.and_then(|all| all.as_bytes().split(|byte| *byte == b':').next());
    let absolute = first.map(|bytes| PathBuf::from(OsStr::from_bytes(bytes))).filter(|path| path.is_absolute());
    absolute.unwrap_or_else(|| PathBuf::from(STATE))
}

/// Reads the file through one descriptor, whose mode is checked.
fn read(path: &Path) -> Result<String, ConfigError> {
    let error = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(error)?;
    let mode = file.metadata().map_err(error)?.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(ConfigError::Mode { path: path.to_owned(), mode, right: "go-w" });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(error)?;
    Ok(text)
}

fn refuse_what_cannot_be_done(written: &ImageManager) -> Result<(), ConfigError> {
    if written.authentication == Some(Authentication::Mock) {
        return Err(ConfigError::unsupported("Authentication", "`mock` lets anybody be anybody; write `munge`"));
    }
    if written.platforms.is_empty() {
        return Err(ConfigError::missing("Platforms", "name at least one system"));
    }
    Ok(())
}

/// What is written and has no effect here.
fn notices(written: &ImageManager) -> Vec<&'static str> {
    let imports = written.import_users.as_ref().is_some_and(|users| *users != ImportUsers::Nobody);
    let has_directories = written.import_directories.as_ref().is_some_and(|all| !all.is_empty());
    let all = [
        (written.database.is_none(), "`Database` is not written: records lie in the default place, not in MongoDB"),
        (imports && !has_directories, "`ImportUsers`: without `ImportDirectories` nothing is imported"),
    ];
    all.into_iter().filter_map(|(holds, text)| holds.then_some(text)).collect()
}

/// The store. Files of 16.08 to 18.03 name none: theirs was in MongoDB.
fn database(written: &ImageManager, base: &Path, state: &Path) -> Result<Database, ConfigError> {
    let Some(secret) = &written.database else {
        return Ok(Database::Sqlite(state.join(DATABASE)));
    };
    let database: Database = resolve("Database", secret, base)?.parse()?;
    store::check(&database)?;
    Ok(database)
}

/// A retention that would let every image go at once is a mistake.
fn retention(written: &ImageManager) -> Result<Retention, ConfigError> {
    let retention = written.retention.clone().unwrap_or_default();
    if retention.unused.is_some_and(|span| span.duration().is_zero()) {
        return Err(ConfigError::unsupported("Retention.unused", "every tag would expire at once"));
    }
    let quota = written.quota.unwrap_or_default();
    if quota.start_expiry_at.is_some() && quota.total_bytes.is_none() {
        return Err(ConfigError::unsupported("Quota.startExpiryAt", "it is a share of `Quota.totalBytes`; write both"));
    }
    Ok(retention)
}

fn cache(written: &ImageManager) -> Result<PathBuf, ConfigError> {
    let missing = || ConfigError::missing("CacheDirectory", "name the directory of downloaded layers");
    let path = written.cache_directory.clone().ok_or_else(missing)?;
    if path.is_relative() {
        return Err(ConfigError::unsupported("CacheDirectory", "it is not absolute"));
    }
    Ok(path)
}

/// Where image files may be imported from. A path that is not written as it is walked could mean more than it says.
fn import_directories(written: &ImageManager) -> Result<Vec<PathBuf>, ConfigError> {
    let all = written.import_directories.clone().unwrap_or_default();
    let is_plain = |path: &Path| {
        path.is_absolute() && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
    };
    match all.iter().find(|path| !is_plain(path)) {
        Some(path) => {
            let why = format!("`{}` is no absolute path without `..`", path.display());
            Err(ConfigError::unsupported("ImportDirectories", why))
        }
        None => Ok(all),
    }
}

/// The examiner, which unpacks images in `ExpandDirectory` as the originals do, or beside the cache.
fn examiner(written: &ImageManager) -> Result<Option<Examiner>, ConfigError> {
    let Some(program) = &written.examiner else { return Ok(None) };
    let directory = match &written.expand_directory {
        Some(directory) => directory.clone(),
        None => cache(written)?.join("examine"),
    };
    for (key, path) in [("examiner", program), ("ExpandDirectory", &directory)] {
        if path.is_relative() {
            return Err(ConfigError::unsupported(key, "it is not absolute"));
        }
    }
    let time = Duration::from_secs(written.limits().examiner_seconds);
    Ok(Some(Examiner { program: program.clone(), directory, time }))
}

fn conversion(written: &ImageManager) -> Result<Conversion, ConfigError> {
    let format = written.image_format();
    let word = match format {
        ImageFormat::Squashfs => Format::Squashfs,
        ImageFormat::Erofs => Format::Erofs,
        ImageFormat::Ext4 => Format::Ext4,
        ImageFormat::Vfs => Format::Directory,
        other => {
            let why = format!(
                "images of format `{other}` are not made; write `squashfs`, `erofs`, `ext4`, or `vfs` for directories"
            );
            return Err(ConfigError::unsupported("DefaultImageFormat", why));
        }
    };
    let options = written.converter_options.as_ref().and_then(|all| all.get(&format));
    let mut conversion = Conversion::with_options(word, options.map_or(&[], |options| options.args()))?;
    let WantedPolicy { ownership, modes, set_id_bits, xattrs, readable_by: _ } = written.policy();
    conversion.policy.ownership = match ownership {
        WantedOwnership::Root => Ownership::Root,
        WantedOwnership::Image => Ownership::Image,
    };
    conversion.policy.modes = match modes {
        WantedModes::Image => Modes::Image,
        WantedModes::Readable => Modes::Readable,
    };
    conversion.policy.set_id = match set_id_bits {
        SetIdBits::Drop => SetId::Drop,
        SetIdBits::Keep => SetId::Keep,
    };
    conversion.stripes = written.default_ost_count.filter(|count| *count > 0).map(Stripes::new);
    if xattrs == Xattrs::Keep {
        return Err(ConfigError::unsupported("Policy.xattrs", "extended attributes are never kept; write `drop`"));
    }
    Ok(conversion)
}
