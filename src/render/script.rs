//! The site's own scripts, byte for byte.

use super::{Artifact, Inputs, RenderError};
use crate::profile::section::{ArtifactKind, ScriptRole};
use crate::site::{Script, Site};

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for script in site.scripts.iter().filter(|script| is_wanted(site, script)) {
        let Some(path) = &script.path else { continue };
        let Some(text) = inputs.files.get(&script.file) else {
            errors.push(RenderError::FileUnknown { file: script.file.clone() });
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let file = Artifact::new(site, &format!("scripts/{name}"), path, text.clone());
        files.push(file.with(site, "root", 0o755, consumer(script.role), "nothing: it is read at each start"));
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// Whether nodes of the class run scripts of this role.
fn is_wanted(site: &Site, script: &Script) -> bool {
    match script.role {
        Some(ScriptRole::Prologue | ScriptRole::Epilogue) => site.renders(ArtifactKind::WlmPrologue),
        Some(ScriptRole::Service) => site.renders(ArtifactKind::WlmNode),
        Some(ScriptRole::Init) => site.renders(ArtifactKind::Services),
        Some(ScriptRole::Cron) => site.renders(ArtifactKind::Etc),
        None => true,
    }
}

fn consumer(role: Option<ScriptRole>) -> &'static str {
    match role {
        Some(ScriptRole::Prologue | ScriptRole::Epilogue) => "the workload manager, as root",
        Some(ScriptRole::Service) => "the prologue and the epilogue, on each node of a job",
        Some(ScriptRole::Init) => "init, when the host comes up and goes down",
        Some(ScriptRole::Cron) => "cron",
        None => "the site",
    }
}
