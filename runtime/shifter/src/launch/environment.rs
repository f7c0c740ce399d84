//! The command's environment. Pure. Later steps win:
//!
//! 1. the caller's, without what a set-id start loses, or nothing with `--clearenv`,
//! 2. what the container is: `SHIFTER_IMAGEREQUEST`, `SHIFTER_IMAGETYPE`, `SHIFTER_IMAGE`, `SHIFTER_CONFIG_ID`,
//! 3. the image's; but what `keepEnv` names stays the caller's,
//! 4. `--env-file`, then `--env`,
//! 5. each module's changes in the order of loading, then the site's.

use std::ffi::{OsStr, OsString};

use shifter_formats::env::{self, EnvOp};
use shifter_formats::image::ImageType;

use super::Launch;
use crate::request::{Environment, is_unsafe_name};

/// Puts it together.
#[must_use]
pub fn build(launch: &Launch<'_>, file: &Environment) -> Environment {
    let conf = launch.conf;
    let is_kept = |name: &OsStr| conf.keep_env.iter().any(|pattern| pattern.matches(name));
    let caller = || launch.inherited.environment.iter().filter(|(name, _)| !is_unsafe_name(name));

    let mut environment = Environment::new();
    for (name, value) in caller().filter(|(name, _)| !launch.options.clear_env || is_kept(name)) {
        if env::get(&environment, name).is_none() {
            environment.push((name.clone(), value.clone()));
        }
    }
    let kind = if launch.request.image.kind == ImageType::Local { "local" } else { "id" };
    let mut facts = vec![
        ("SHIFTER_IMAGEREQUEST", launch.request.image_as_asked.as_str()),
        ("SHIFTER_IMAGETYPE", kind),
        ("SHIFTER_IMAGE", launch.image.identifier.as_str()),
    ];
    facts.extend(conf.conf_id.as_deref().map(|id| ("SHIFTER_CONFIG_ID", id)));
    for (name, value) in facts {
        env::set(&mut environment, OsStr::new(name), OsString::from(value));
    }
    for (name, value) in &launch.image.env {
        env::set(&mut environment, name, value.clone());
    }
    for (name, value) in caller().filter(|(name, _)| is_kept(name)) {
        env::set(&mut environment, name, value.clone());
    }
    for (name, value) in file.iter().chain(&launch.options.env) {
        env::set(&mut environment, name, value.clone());
    }
    env::apply(&mut environment, &operations(launch));
    environment
}

fn operations(launch: &Launch<'_>) -> Vec<EnvOp> {
    let conf = launch.conf;
    let of_modules = launch.modules.iter().flat_map(|module| &module.parts).flat_map(|part| {
        env::operations(&part.site_env, &part.site_env_append, &part.site_env_prepend, &part.site_env_unset)
    });
    of_modules
        .chain(env::operations(&conf.site_env, &conf.site_env_append, &conf.site_env_prepend, &conf.site_env_unset))
        .collect()
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
