//! `premount.sh` and `postmount.sh`: directories, links and what a site adds itself.

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::{ArtifactKind, Phase};
use crate::site::{Hook, Keeper, Node, Site};
use minijinja::context;

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let Some(node) = site.node.as_ref().filter(|_| site.renders(ArtifactKind::Hooks)) else {
        return Ok(Vec::new());
    };
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for hook in [&node.premount, &node.postmount] {
        if is_rendered(site, node, hook) {
            match text(site, node, hook, inputs) {
                Ok(text) => files.push(artifact(site, hook, text)),
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// Whether there is a script at all. The native runtime makes directories and links itself: there only a site's own
/// lines need one.
pub(super) fn is_rendered(site: &Site, node: &Node, hook: &Hook) -> bool {
    if hook.kept_by != Keeper::Us {
        return false;
    }
    let phase = hook.phase;
    let has_mounts = phase == Phase::Premount && node.filesystems.iter().any(|mount| mount.by_hook);
    if hook.has_own() || has_mounts {
        return true;
    }
    let has_links = node.links.iter().any(|link| link.phase == phase);
    !site.target.is_native() && (has_links || !hook.parents.is_empty())
}

/// The script that udiRoot.conf names: one that is rendered, or the site's own.
pub(crate) fn path<'a>(site: &Site, node: &Node, hook: &'a Hook) -> Option<&'a str> {
    (hook.kept_by == Keeper::Site || is_rendered(site, node, hook)).then_some(hook.path.as_str())
}

/// What a link says so that it holds both while the root is built and in the container: relative to its own directory.
pub(super) fn link_target(link: &str, target: &str) -> String {
    let up = link.matches('/').count().saturating_sub(1);
    if target.starts_with('/') { target.to_owned() } else { format!("{}{target}", "../".repeat(up)) }
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Premount => "premount",
        Phase::Postmount => "postmount",
    }
}

fn artifact(site: &Site, hook: &Hook, text: String) -> Artifact {
    let file = format!("{}.sh", name(hook.phase));
    Artifact::new(site, &file, &hook.path, text).with(
        site,
        "root",
        0o755,
        "the runtime, as root by /bin/sh",
        "nothing: it is read at each start",
    )
}

fn text(site: &Site, node: &Node, hook: &Hook, inputs: &Inputs) -> Result<String, RenderError> {
    let phase = hook.phase;
    let own =
        |file: &String| inputs.files.get(file).cloned().ok_or_else(|| RenderError::FileUnknown { file: file.clone() });
    if let Some((script, _)) = &hook.script {
        return own(script);
    }
    let native = site.target.is_native();
    let relative = |path: &str| path.trim_start_matches('/').to_owned();
    let links: Vec<(String, String)> = node
        .links
        .iter()
        .filter(|link| link.phase == phase && !native)
        .map(|link| (link_target(&link.link, &link.target), relative(&link.link)))
        .collect();
    let mounts: Vec<(String, String)> = node
        .filesystems
        .iter()
        .filter(|mount| mount.by_hook && phase == Phase::Premount)
        .map(|mount| (mount.source.clone(), relative(&mount.target)))
        .collect();
    template::render(
        "hook.sh",
        context! {
            source => inputs.source.clone(),
            name => name(phase),
            moment => if phase == Phase::Premount { "before" } else { "after" },
            udi_mount => node.paths.udi_mount.clone(),
            parents => if native { Vec::new() } else { hook.parents.clone() },
            mounts => mounts,
            links => links,
            extra => hook.extra.as_ref().map(own).transpose()?.unwrap_or_default(),
        },
    )
}
