//! The line of Slurm's `plugstack.conf` that loads the SPANK plugin (spank(8)), and what holds jobs whose image is not there.

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::scalar::{AbsPath, Duration};
use crate::profile::section::{ArtifactKind, Need, OnSetupFailure, PullAtSubmit, Slurm, WlmKind};
use crate::site::Site;
use crate::target::Target;
use minijinja::context;

/// How long a job waits for its image before somebody is told, in seconds, unless the profile says.
const PULL_TIMEOUT: u64 = 600;

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let is_wanted = site.renders(ArtifactKind::WlmNode) || site.renders(ArtifactKind::WlmSubmit);
    let wlm = site.node.as_ref().map(|node| &node.wlm).filter(|wlm| is_wanted && wlm.kind == Some(WlmKind::Slurm));
    let Some((wlm, plugin)) = wlm.and_then(|wlm| Some((wlm, wlm.plugin.as_ref()?.normal()))) else {
        return Ok(Vec::new());
    };
    let slurm = wlm.slurm.clone().unwrap_or_default();
    let is = |value: Option<bool>| value == Some(true);
    let sshd = wlm.sshd.as_ref().is_some_and(|sshd| is(sshd.enable));
    let is_native = site.target == Target::Native;
    let exclusive = site.node.as_ref().is_some_and(|node| node.exclusive);
    let native = if is_native { native_arguments(&slurm, wlm.setup_root, exclusive) } else { Vec::new() };
    let arguments: Vec<String> = [
        Some(format!("shifter_config={}/udiRoot.conf", site.config)),
        slurm.memory_cgroup.as_ref().map(|path| format!("memory_cgroup={}", path.normal())),
        is(slurm.extern_cgroup).then(|| "extern_cgroup=1".to_owned()),
        slurm.extern_setup.as_ref().map(|path| format!("extern_setup={}", path.normal())),
        is(slurm.ccm).then(|| "enable_ccm=1".to_owned()),
        sshd.then(|| "enable_sshd=1".to_owned()),
    ]
    .into_iter()
    .flatten()
    .chain(native)
    .collect();
    // The file is split at blanks and knows no quotes.
    if let Some(blank) = arguments.iter().chain([&plugin]).find(|word| word.contains(char::is_whitespace)) {
        let expected = "a path without blanks".to_owned();
        return Err(vec![RenderError::BadValue { key: "wlm.plugin".to_owned(), value: blank.clone(), expected }]);
    }
    let need = match slurm.plugin.unwrap_or_default() {
        Need::Optional => "optional",
        Need::Required => "required",
    };
    let values = context! { source => inputs.source.clone(), need => need, plugin => plugin, arguments => arguments };
    let text = template::render("plugstack.conf", values).map_err(|error| vec![error])?;
    let dir = slurm.plugstack_dir.as_ref().map_or_else(|| "/etc/slurm/plugstack.conf.d".to_owned(), AbsPath::normal);
    let file = Artifact::new(site, "wlm/plugstack.conf", format!("{dir}/shifter.conf"), text);
    let mut files = vec![file.with(site, "root", 0o644, "srun, sbatch, salloc, slurmd", "nothing: each job reads it")];
    if is_native && slurm.pull_at_submit == Some(PullAtSubmit::Hold) {
        files.extend(hold(site, inputs, &slurm).map_err(|error| vec![error])?);
    }
    Ok(files)
}

/// What only the plugin of the native runtime reads.
fn native_arguments(slurm: &Slurm, setup_root: Option<bool>, exclusive_nodes: bool) -> Vec<String> {
    let on_setup_failure = |choice| match choice {
        OnSetupFailure::Continue => "continue",
        OnSetupFailure::FailJob => "fail-job",
        OnSetupFailure::Drain => "drain",
    };
    let pull_at_submit = |choice| match choice {
        PullAtSubmit::Wait => "wait",
        PullAtSubmit::Hold => "hold",
        PullAtSubmit::Refuse => "refuse",
    };
    [
        (setup_root == Some(false)).then(|| "setup_root=0".to_owned()),
        exclusive_nodes.then(|| "exclusive_nodes=1".to_owned()),
        slurm.on_setup_failure.map(|choice| format!("on_setup_failure={}", on_setup_failure(choice))),
        slurm.pull_at_submit.map(|choice| format!("pull_at_submit={}", pull_at_submit(choice))),
        slurm.pull_timeout.as_ref().map(|longest| format!("pull_timeout={}", longest.seconds())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A job of sbatch can wait in the queue: slurmctld holds it, and a program releases it.
fn hold(site: &Site, inputs: &Inputs, slurm: &Slurm) -> Result<Vec<Artifact>, RenderError> {
    let source = &inputs.source;
    let seconds = slurm.pull_timeout.as_ref().map_or(PULL_TIMEOUT, Duration::seconds);
    let shifterimg = format!("{}/bin/shifterimg", site.prefix);
    let lua = template::render("shifter_hold.lua", context! { source })?;
    let release = template::render("shifter-release", context! { source, shifterimg, seconds })?;
    let lua = Artifact::new(site, "wlm/shifter_hold.lua", "/etc/slurm/shifter_hold.lua".to_owned(), lua);
    let release = Artifact::new(site, "wlm/shifter-release", format!("{}/shifter-release", site.config), release);
    Ok(vec![
        lua.with(site, "root", 0o644, "slurmctld", "scontrol reconfigure"),
        release.with(site, "root", 0o755, "SlurmUser, each minute", "nothing: each run reads it"),
    ])
}
