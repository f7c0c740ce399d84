//! The line of Slurm's `plugstack.conf` that loads the SPANK plugin (spank(8)).

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::scalar::AbsPath;
use crate::profile::section::{ArtifactKind, Need, WlmKind};
use crate::site::Site;
use minijinja::context;

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let is_wanted = site.renders(ArtifactKind::WlmNode) || site.renders(ArtifactKind::WlmSubmit);
    let wlm = site.node.as_ref().map(|node| &node.wlm).filter(|wlm| is_wanted && wlm.kind == Some(WlmKind::Slurm));
    let Some((wlm, plugin)) = wlm.and_then(|wlm| Some((wlm, wlm.plugin.as_ref()?.normal()))) else {
        return Ok(Vec::new());
    };
    let slurm = wlm.slurm.clone().unwrap_or_default();
    let is = |value: Option<bool>| value == Some(true);
    let sshd = wlm.sshd.as_ref().is_some_and(|sshd| is(sshd.enable));
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
    Ok(vec![file.with(site, "root", 0o644, "srun, sbatch, salloc, slurmd", "nothing: each job reads it")])
}
