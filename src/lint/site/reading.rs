//! Every path of a profile with its key.

use crate::diagnostic::KeyPath;
use crate::lint::View;
use crate::profile::section::scalar::AbsPath;

/// Pairs of a dotted key and the optional path behind it.
macro_rules! optional {
    ($found:ident: $($key:literal => $path:expr),+ $(,)?) => {
        $($found.extend($path.iter().map(|path| (KeyPath::from($key), path)));)+
    };
}

impl<'a> View<'a> {
    /// Every path of a node or of the gateway's host.
    pub(crate) fn every_path(&self) -> Vec<(KeyPath, &'a AbsPath)> {
        let mut found: Vec<(KeyPath, &'a AbsPath)> = Vec::new();
        let (paths, gateway, wlm) = (self.paths(), self.gateway(), self.wlm());
        optional! { found:
            "target.root" => self.installed().root,
            "paths.prefix" => paths.prefix,
            "paths.config" => paths.config,
            "paths.udi_mount" => paths.udi_mount,
            "paths.loop_mount" => paths.loop_mount,
            "paths.opt_udi_image" => paths.opt_udi_image,
            "paths.mount_command" => paths.mount_command,
            "images.path" => self.images().path,
            "etc.path" => self.etc().path,
            "kernel_modules.base_path" => self.kernel().base_path,
            "gpu.site_resources" => self.gpu().site_resources,
            "gateway.ca_certificate" => gateway.ca_certificate,
            "gateway.socket" => gateway.socket,
            "gateway.python" => gateway.python,
            "gateway.log_dir" => gateway.log_dir,
            "gateway.cache_dir" => gateway.cache_dir,
            "gateway.expand_dir" => gateway.expand_dir,
            "gateway.munge_socket" => gateway.munge_socket,
            "gateway.policy_file" => gateway.policy_file,
            "gateway.examiner" => gateway.examiner,
            "wlm.spool" => wlm.spool,
            "wlm.log" => wlm.log,
            "wlm.plugin" => wlm.plugin,
        }
        if let Some(tools) = &paths.tools {
            optional! { found:
                "paths.tools.modprobe" => tools.modprobe,
                "paths.tools.insmod" => tools.insmod,
                "paths.tools.cp" => tools.cp,
                "paths.tools.mv" => tools.mv,
                "paths.tools.chmod" => tools.chmod,
                "paths.tools.dd" => tools.dd,
                "paths.tools.mkfs_xfs" => tools.mkfs_xfs,
            }
        }
        if let Some(cache) = &self.runtime().per_node_cache {
            optional! { found: "runtime.per_node_cache.path" => cache.path }
        }
        optional! { found: "runtime.deny_file" => self.runtime().deny_file }
        if let Some(slurm) = &wlm.slurm {
            optional! { found:
                "wlm.slurm.memory_cgroup" => slurm.memory_cgroup,
                "wlm.slurm.extern_setup" => slurm.extern_setup,
                "wlm.slurm.plugstack_dir" => slurm.plugstack_dir,
            }
        }
        found.extend(self.paths_of_lists());
        found.extend(self.paths_of_mounts_and_links());
        found.extend(self.paths_of_modules());
        found
    }

    fn paths_of_lists(&self) -> Vec<(KeyPath, &'a AbsPath)> {
        let deny = self.runtime().deny.iter().enumerate();
        let driver = self.gpu().driver_path.iter().enumerate();
        let tools = self.wlm().tools.iter();
        let hooks = self.hooks();
        let hooks = [("premount", &hooks.premount), ("postmount", &hooks.postmount)];
        let hooks = hooks.into_iter().filter_map(|(name, hook)| Some((name, hook.as_ref()?.path.as_ref()?)));
        deny.map(|(n, path)| (KeyPath::from("runtime.deny").index(n), path))
            .chain(driver.map(|(n, path)| (KeyPath::from("gpu.driver_path").index(n), path)))
            .chain(tools.map(|(name, path)| (KeyPath::from("wlm.tools").key(name), path)))
            .chain(hooks.map(|(name, path)| (KeyPath::from(["hooks", name, "path"]), path)))
            .collect()
    }

    fn paths_of_mounts_and_links(&self) -> Vec<(KeyPath, &'a AbsPath)> {
        let mut found = Vec::new();
        for mount in self.all_mounts() {
            found.extend(mount.entry.source.iter().map(|path| (mount.source_key(), path)));
            found.extend(mount.entry.target.iter().map(|path| (mount.at.clone().key("target"), path)));
        }
        let links = self.profile.symlink.iter().enumerate().filter(|(_, entry)| self.has_class(&entry.classes));
        found.extend(
            links.filter_map(|(n, entry)| Some((KeyPath::from("symlink").index(n).key("link"), entry.link.as_ref()?))),
        );
        found
    }

    fn paths_of_modules(&self) -> Vec<(KeyPath, &'a AbsPath)> {
        let mut found = Vec::new();
        for module in self.modules() {
            let table = module.table;
            found.extend(table.copy_from.iter().map(|path| (module.at().key("copy_from"), path)));
            if let Some(hooks) = &table.hooks {
                found.extend(hooks.user.iter().map(|path| (module.at().key("hooks").key("user"), path)));
                found.extend(hooks.root.iter().map(|path| (module.at().key("hooks").key("root"), path)));
            }
            for (version, table) in &table.version {
                let at = module.at().key("version").key(version);
                found.extend(table.from.iter().map(|path| (at.clone().key("from"), path)));
            }
        }
        found
    }
}
