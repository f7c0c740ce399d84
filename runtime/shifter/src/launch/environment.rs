//! The command's environment. Pure. Later steps win:
//!
//! 1. the caller's, without what a set-id start loses, or nothing with `--clearenv`,
//! 2. what the container is: `SHIFTER_IMAGEREQUEST`, `SHIFTER_IMAGETYPE`, `SHIFTER_IMAGE`, `SHIFTER_CONFIG_ID`; and
//!    `PYTHONNOUSERSITE`, where the home is the host's,
//! 3. the image's; but what `keepEnv` names stays the caller's,
//! 4. the devices that `SHIFTER_GPU` chooses, as `CUDA_VISIBLE_DEVICES`,
//! 5. `--env-file`, then `--env`,
//! 6. each module's changes in the order of loading, then the site's.
//!
//! It is worked out as a list of [`Change`]s, each with the one who wants it; `--explain` shows the same list.

use std::ffi::{OsStr, OsString};
use std::fmt;

use shifter_formats::env::{self, EnvOp};
use shifter_formats::image::ImageType;
use shifter_formats::udiroot::{Home, Loaded};

use super::Launch;
use crate::request::{Environment, is_unsafe_name};

/// Python looks for packages below the home, `~/.local`, unless this is set (python(1)). They were made for the host.
const NO_USER_SITE: &str = "PYTHONNOUSERSITE";
/// Where Python looks for them instead. Who sets it has thought of containers.
const USER_BASE: &str = "PYTHONUSERBASE";

/// Who wants a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author<'a> {
    /// The caller's environment.
    Caller,
    /// The runtime.
    Runtime,
    /// The image.
    Image,
    /// The caller's environment, by the site's key `keepEnv`.
    Kept,
    /// `--env-file`.
    EnvFile,
    /// `--env`.
    Option,
    /// A module.
    Module(&'a Loaded<'a>),
    /// The site's configuration.
    Site,
}

impl fmt::Display for Author<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Author::Caller => f.pad("caller"),
            Author::Runtime => f.pad("shifter"),
            Author::Image => f.pad("image"),
            Author::Kept => f.pad("caller (keepEnv)"),
            Author::EnvFile => f.pad("--env-file"),
            Author::Option => f.pad("--env"),
            Author::Module(module) => f.pad(&format!("module {module}")),
            Author::Site => f.pad("site"),
        }
    }
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A variable gets a value.
    Set(OsString, OsString),
    /// An operation of a module or the site.
    Site(EnvOp),
    /// A variable of the caller's is not taken over, for this reason.
    LeftOut(OsString, OsString, &'static str),
}

/// One change, by one author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Who wants it.
    pub author: Author<'a>,
    /// What.
    pub deed: Deed,
}

impl Change<'_> {
    /// Makes it.
    pub fn apply(&self, environment: &mut Environment) {
        match &self.deed {
            Deed::Set(name, value) => env::set(environment, name, value.clone()),
            Deed::Site(operation) => env::apply(environment, [operation]),
            Deed::LeftOut(..) => {}
        }
    }
}

/// Puts it together.
#[must_use]
pub fn build(launch: &Launch<'_>, file: &Environment) -> Environment {
    let mut environment = Environment::new();
    for change in changes(launch, file) {
        change.apply(&mut environment);
    }
    environment
}

/// Every change, in order.
#[must_use]
pub fn changes<'a>(launch: &Launch<'a>, file: &Environment) -> Vec<Change<'a>> {
    let conf = launch.conf;
    let is_kept = |name: &OsStr| conf.keep_env.iter().any(|pattern| pattern.matches(name));
    let mut changes: Vec<Change<'a>> = Vec::new();
    let mut add = |author, deed| changes.push(Change { author, deed });
    let set = |name: &OsStr, value: &OsStr| Deed::Set(name.to_owned(), value.to_owned());

    // Of a name that is there twice, the first one is what getenv(3) finds.
    let mut caller = Environment::new();
    for (name, value) in &launch.inherited.environment {
        if env::get(&caller, name).is_none() {
            caller.push((name.clone(), value.clone()));
        }
    }
    let mut taken = Environment::new();
    for (name, value) in &caller {
        let left_out = |why| Deed::LeftOut(name.clone(), value.clone(), why);
        let deed = if is_unsafe_name(name) {
            left_out("a set-id program loses it (ld.so(8))")
        } else if launch.options.clear_env && !is_kept(name) {
            left_out("--clearenv")
        } else {
            taken.push((name.clone(), value.clone()));
            set(name, value)
        };
        add(Author::Caller, deed);
    }
    for (name, value) in what_it_is(launch, &taken) {
        add(Author::Runtime, Deed::Set(name.into(), value.into()));
    }
    for (name, value) in &launch.image.env {
        add(Author::Image, set(name, value));
    }
    let has_image = |name: &OsStr| env::get(&launch.image.env, name).is_some();
    for (name, value) in taken.iter().filter(|(name, _)| is_kept(name) && has_image(name)) {
        add(Author::Kept, set(name, value));
    }
    if let Some(devices) = &launch.request.visible_devices {
        add(Author::Runtime, Deed::Set("CUDA_VISIBLE_DEVICES".into(), devices.into()));
    }
    for (name, value) in file {
        add(Author::EnvFile, set(name, value));
    }
    for (name, value) in &launch.options.env {
        add(Author::Option, set(name, value));
    }
    for module in launch.modules {
        for part in &module.parts {
            let all =
                env::operations(&part.site_env, &part.site_env_append, &part.site_env_prepend, &part.site_env_unset);
            all.into_iter().for_each(|operation| add(Author::Module(module), Deed::Site(operation)));
        }
    }
    let all = env::operations(&conf.site_env, &conf.site_env_append, &conf.site_env_prepend, &conf.site_env_unset);
    all.into_iter().for_each(|operation| add(Author::Site, Deed::Site(operation)));
    changes
}

fn what_it_is(launch: &Launch<'_>, taken: &Environment) -> Vec<(&'static str, String)> {
    let kind = if launch.request.image.kind == ImageType::Local { "local" } else { "id" };
    let mut facts = vec![
        ("SHIFTER_IMAGEREQUEST", launch.request.image_as_asked.clone()),
        ("SHIFTER_IMAGETYPE", kind.to_owned()),
        ("SHIFTER_IMAGE", launch.image.identifier.clone()),
    ];
    facts.extend(launch.conf.conf_id.clone().map(|id| ("SHIFTER_CONFIG_ID", id)));
    let says = |name: &str| {
        [taken, &launch.image.env].into_iter().any(|environment| env::get(environment, OsStr::new(name)).is_some())
    };
    if *launch.request.home_in(launch.conf) == Home::Site && !says(NO_USER_SITE) && !says(USER_BASE) {
        facts.push((NO_USER_SITE, "1".to_owned()));
    }
    facts
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
