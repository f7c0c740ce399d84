//! What Torque runs around a job of a Cray with ALPS: a prologue and an epilogue on the MOM node, and what they run on
//! compute nodes. The steps are those of Leong et al., sections IV and V.

use super::{Artifact, Inputs, RenderError, template};
use crate::profile::section::scalar::{AbsPath, Duration};
use crate::profile::section::{ArtifactKind, Init, WlmKind, WlmSection};
use crate::site::{Node, Site};
use minijinja::{Value, context};

/// The longest a prologue may take, unless the profile says so: `$prologalarm` of Torque.
const PROLOGUE_ALARM: u64 = 300;

const NODE: &[&str] = &["cray-shifter-extra-service", "cray-shifter-ssh-cleanup"];
const MOM: &[&str] = &["cray-shifter-prologue", "cray-shifter-epilogue"];

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let Some(node) = site.node.as_ref().filter(|node| is_alps(&node.wlm)) else { return Ok(Vec::new()) };
    let (values, mut errors) = values(site, node, inputs);
    let mut files = Vec::new();
    for (kind, names, consumer) in [
        (ArtifactKind::WlmNode, NODE, "the prologue, as root on each node"),
        (ArtifactKind::WlmPrologue, MOM, "Torque's mom_priv, as root"),
    ] {
        let wanted = |name: &&&str| **name != "cray-shifter-ssh-cleanup" || kills_strays(node);
        for name in names.iter().filter(wanted).filter(|_| site.renders(kind)) {
            match template::render(name, values.clone()) {
                Ok(text) => {
                    let file =
                        Artifact::new(site, &format!("wlm/{name}"), format!("{}/sbin/{name}", site.prefix), text);
                    files.push(file.with(site, "root", 0o755, consumer, "nothing: each job runs it"));
                }
                Err(error) => errors.push(error),
            }
        }
    }
    if files.is_empty() || errors.is_empty() { Ok(files) } else { Err(errors) }
}

/// Whether Torque starts jobs here and ALPS their processes.
fn is_alps(wlm: &WlmSection) -> bool {
    wlm.kind == Some(WlmKind::Torque) && wlm.launcher.as_deref() == Some("alps")
}

/// Whether what users leave in containers is ended; only where nobody else's job is on the node.
fn kills_strays(node: &Node) -> bool {
    let wanted = node.wlm.sshd.as_ref().is_some_and(|sshd| sshd.kill_strays == Some(true));
    wanted && node.exclusive && node.wlm.setup_root == Some(true)
}

fn values(site: &Site, node: &Node, inputs: &Inputs) -> (Value, Vec<RenderError>) {
    let wlm = &node.wlm;
    let mut errors = Vec::new();
    let seeds: Vec<String> = wlm.nscd.iter().flat_map(|nscd| &nscd.preseed).map(ToString::to_string).collect();
    let service = |name: &str, verb: &str| match site.init {
        Init::Systemd => format!("systemctl {verb} {name}"),
        Init::Sysv | Init::None => format!("/etc/init.d/{name} {verb}"),
    };
    let started = wlm.services.iter().flat_map(|services| &services.start);
    let services: Vec<Value> = started
        .map(|name| {
            let name: &str = name.as_ref();
            context! { name => name, start => service(name, "start"), stop => service(name, "stop") }
        })
        .collect();
    let modules: Vec<Value> = node
        .kernel_modules
        .preload
        .iter()
        .filter_map(|name| {
            let file = file_of(name);
            if file.is_none() {
                let expected = "one of loop, squashfs, ext4, xfs, overlay".to_owned();
                let key = "kernel_modules.preload".to_owned();
                errors.push(RenderError::BadValue { key, value: name.clone(), expected });
            }
            let options = node.kernel_modules.max_loop.filter(|_| name == "loop");
            let options = options.map(|most| format!(" max_loop={most}")).unwrap_or_default();
            Some(context! { name => name.as_str(), file => file?, options => options })
        })
        .collect();
    let mut word = |key: &str, value: Option<&str>| plain(key, value, &mut errors);
    let resource = word("wlm.resource", wlm.resource.as_deref());
    let variable = word("wlm.image_variable", Some(wlm.image_variable.as_deref().unwrap_or("UDI")));
    let alps_root = wlm.alps_root.as_deref().map(|name| word("wlm.alps_root", Some(name))).unwrap_or_default();
    let tool = |name: &str, usual: &str| wlm.tools.get(name).map_or_else(|| usual.to_owned(), AbsPath::normal);
    let root = site.root.as_str();
    let values = context! {
        source => inputs.source.as_str(),
        prefix => site.prefix.as_str(),
        root => if root.is_empty() { "/" } else { root },
        chroot => if root.is_empty() { String::new() } else { format!("{root}/usr/bin/chroot {root} ") },
        udi_mount => node.paths.udi_mount.as_str(),
        spool => wlm.spool.as_ref().map_or_else(|| "/var/spool/shifter".to_owned(), AbsPath::normal),
        kmods => node.kernel_modules.base_path.clone().unwrap_or_else(|| "/lib/modules".to_owned()),
        modules => modules,
        services => services,
        seeds => seeds,
        resource => resource,
        variable => variable,
        alps_root => alps_root,
        limit => wlm.prologue_timeout.as_ref().map_or(PROLOGUE_ALARM, Duration::seconds).saturating_sub(10).max(1),
        default_type => node.images.default_type.as_str(),
        setup_root => wlm.setup_root == Some(true),
        sshd => wlm.sshd.as_ref().is_some_and(|sshd| sshd.enable == Some(true)),
        new_keys => new_keys(site, node),
        kill_strays => kills_strays(node),
        pcmd => tool("pcmd", "/opt/cray/nodehealth/default/bin/pcmd"),
        xtxqtcmd => tool("xtxqtcmd", "/opt/cray/nodehealth/default/bin/xtxqtcmd"),
        qstat => tool("qstat", "/opt/torque/default/bin/qstat"),
    };
    (values, errors)
}

/// What makes the keys of a job for the native runtime's daemon: the daemon's own program.
fn new_keys(site: &Site, node: &Node) -> Option<String> {
    let directory = node.paths.opt_udi_image.as_ref().filter(|_| site.target.is_native())?;
    Some(format!("{directory}/sbin/shifter-sshd"))
}

/// A word that stands in patterns of the scripts.
fn plain(key: &str, value: Option<&str>, errors: &mut Vec<RenderError>) -> String {
    let value = value.unwrap_or_default();
    let sound = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !sound {
        let expected = "letters, digits and `_`".to_owned();
        errors.push(RenderError::BadValue { key: key.to_owned(), value: value.to_owned(), expected });
    }
    value.to_owned()
}

/// Where the kernel's build leaves a module, below `kernel/`.
fn file_of(module: &str) -> Option<&'static str> {
    match module {
        "loop" => Some("drivers/block/loop.ko"),
        "squashfs" => Some("fs/squashfs/squashfs.ko"),
        "ext4" => Some("fs/ext4/ext4.ko"),
        "xfs" => Some("fs/xfs/xfs.ko"),
        "overlay" => Some("fs/overlayfs/overlay.ko"),
        _ => None,
    }
}
