//! The files that an imported profile renders, made in memory.

use super::vault::Secrets;
use crate::diagnostic::Finding;
use crate::profile::{self, LoadOptions, Profile};
use crate::render::{self, Inputs, Plan, RenderError};
use crate::site::Site;
use std::collections::BTreeMap;

/// What the profiles of an import render, or why they do not.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// The files of the system.
    pub(super) system: Option<Plan>,
    /// The files of a gateway of its own.
    pub(super) gateway: Option<Plan>,
    /// What stands in the way. No text holds a secret.
    pub(super) errors: Vec<String>,
    /// Keys of udiRoot.conf whose values the target's grammar cannot hold as the profile says them.
    pub(super) unwritable: Vec<String>,
}

impl Rendered {
    /// The bytes of a rendered file.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        let plans = [self.gateway.as_ref(), self.system.as_ref()];
        plans.into_iter().flatten().find_map(|plan| plan.get(name)).map(|artifact| artifact.bytes.as_slice())
    }
}

/// Renders a system, a gateway of its own with the systems it serves, or both.
pub(super) fn render(
    system: Option<&str>,
    gateway: Option<(&str, &[String])>,
    secrets: &Secrets,
    scripts: &BTreeMap<String, String>,
) -> Rendered {
    let mut rendered = Rendered::default();
    let inputs =
        Inputs { source: "import".to_owned(), vault: secrets.vault(), files: scripts.clone(), trees: Vec::new() };
    if let Some(text) = system {
        let site = load(text).and_then(|profile| Site::resolve(&profile, None).map_err(said));
        rendered.system = rendered.keep_plan(site, &inputs);
    }
    if let Some((text, served)) = gateway {
        let all: Result<Vec<Profile>, Vec<String>> = served.iter().map(|text| load(text)).collect();
        let site = load(text)
            .and_then(|profile| Ok((profile, all?)))
            .and_then(|(profile, served)| Site::resolve_gateway(&profile, &served).map_err(said));
        rendered.gateway = rendered.keep_plan(site, &inputs);
    }
    rendered.errors = rendered.errors.iter().map(|error| secrets.scrub(error)).collect();
    rendered
}

impl Rendered {
    fn keep_plan(&mut self, site: Result<Site, Vec<String>>, inputs: &Inputs) -> Option<Plan> {
        let site = site.map_err(|errors| self.errors.extend(errors)).ok()?;
        match render::plan(std::slice::from_ref(&site), inputs) {
            Ok(plan) => Some(plan),
            Err(errors) => {
                for error in errors {
                    self.errors.push(error.to_string());
                    if let RenderError::Unprintable { key, .. } | RenderError::UnknownToTarget { key, .. } = error {
                        self.unwritable.push(key);
                    }
                }
                None
            }
        }
    }
}

fn load(text: &str) -> Result<Profile, Vec<String>> {
    let loaded = profile::load::<Profile>(&LoadOptions::text("import.toml", text)).map_err(|e| vec![e.to_string()])?;
    // The profiles that a gateway serves are given beside it.
    let is_told =
        |finding: &&Finding| finding.severity == crate::diagnostic::Severity::Error && finding.code != "SITE012";
    let wrong: Vec<String> = loaded.findings.iter().filter(is_told).map(|finding| finding.message.clone()).collect();
    if wrong.is_empty() { Ok(loaded.profile) } else { Err(wrong) }
}

fn said(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.message).collect()
}
