//! What starts the gateway: systemd units or an LSB script, for the original or for ours.

use super::{Artifact, Inputs, RenderError, proxy, template};
use crate::profile::section::{ArtifactKind, Init};
use crate::site::{Access, Gateway, Site};
use crate::target::{self, Target};
use minijinja::{Value, context};
use std::collections::BTreeSet;

const UNITS: &str = "/etc/systemd/system";

pub(super) fn artifacts(site: &Site, inputs: &Inputs) -> Result<Vec<Artifact>, Vec<RenderError>> {
    let Some(gateway) = site.gateway.as_ref().filter(|_| site.renders(ArtifactKind::Services)) else {
        return Ok(Vec::new());
    };
    let native = site.target.is_native();
    let values = values(site, gateway, inputs);
    let mut files = Files { site, values: &values, made: Vec::new(), errors: Vec::new() };
    match site.init {
        Init::None => {}
        Init::Sysv if native => {
            let key = "target.init".to_owned();
            let expected = "systemd or none: the native gateway tells systemd when it is ready".to_owned();
            files.errors.push(RenderError::BadValue { key, value: "sysv".to_owned(), expected });
        }
        Init::Sysv => files.script("shifter-imagegw.init", "shifter-imagegw"),
        Init::Systemd if native => files.unit("shifter-imagegw.service", "shifter-imagegw.service"),
        Init::Systemd => {
            files.unit("shifter-imagegw@.service", "shifter-imagegw@.service");
            if target::has_broker(site.target) {
                files.unit("shifter-imagegw-worker.service", "shifter-imagegw-worker.service");
            }
        }
    }
    if site.init == Init::Systemd && !gateway.proxy.variables.is_empty() {
        let unit = if native { "shifter-imagegw.service" } else { "shifter-imagegw@.service" };
        files.unit("proxy.conf", &format!("{unit}.d/proxy.conf"));
        if target::has_broker(site.target) {
            files.unit("proxy.conf", "shifter-imagegw-worker.service.d/proxy.conf");
        }
    }
    if files.errors.is_empty() { Ok(files.made) } else { Err(files.errors) }
}

struct Files<'a> {
    site: &'a Site,
    values: &'a Value,
    made: Vec<Artifact>,
    errors: Vec<RenderError>,
}

impl Files<'_> {
    fn unit(&mut self, template: &'static str, name: &str) {
        self.add(template, name, format!("{UNITS}/{name}"), 0o644, "systemd", "systemctl daemon-reload, then restart");
    }

    fn script(&mut self, template: &'static str, name: &str) {
        self.add(template, name, format!("/etc/init.d/{name}"), 0o755, "init, as root", "run it with `restart`");
    }

    fn add(
        &mut self,
        template: &'static str,
        name: &str,
        install: String,
        mode: u32,
        consumer: &'static str,
        reload: &'static str,
    ) {
        match template::render(template, self.values.clone()) {
            Ok(text) => {
                let path = format!("services/{name}");
                let file =
                    Artifact::new(self.site, &path, install, text).with(self.site, "root", mode, consumer, reload);
                self.made.push(file);
            }
            Err(error) => self.errors.push(error),
        }
    }
}

fn values(site: &Site, gateway: &Gateway, inputs: &Inputs) -> Value {
    let systems: Vec<String> = gateway.platforms.iter().map(|platform| platform.name.clone()).collect();
    let bin = gateway.python.as_ref().map_or_else(|| "/usr/bin".to_owned(), |venv| format!("{venv}/bin"));
    let logs = gateway.log_dir.strip_prefix("/var/log/").unwrap_or_default();
    let socket = gateway.bind.socket.as_deref().unwrap_or_default();
    let runtime_dir = socket.strip_prefix("/run/").and_then(|rest| rest.rsplit_once('/')).map_or("", |(dir, _)| dir);
    // systemd makes these itself, but the original's units name them as they always did.
    let native = site.target.is_native();
    let cache_dir = gateway.cache_dir.strip_prefix("/var/cache/").filter(|_| native).unwrap_or_default();
    let database = gateway.database.uri.strip_prefix("sqlite://").and_then(|path| path.rsplit_once('/'));
    let state_dir = database.and_then(|(dir, _)| dir.strip_prefix("/var/lib/")).unwrap_or_default();
    context! {
        source => inputs.source.clone(),
        title => site.title.clone(),
        config => format!("{}/imagemanager.json", site.config),
        prefix => site.prefix.clone(),
        user => gateway.user.clone(),
        group => gateway.group.clone(),
        bin => bin,
        host => gateway.bind.host.clone(),
        sanic => site.target == Target::Master,
        services => services(site, gateway),
        systems => systems,
        processes => gateway.worker_processes,
        log_dir => gateway.log_dir.clone(),
        logs_directory => logs,
        runtime_directory => runtime_dir,
        state_directory => state_dir,
        cache_directory => cache_dir,
        writable => writable(gateway, [logs, runtime_dir, state_dir, cache_dir]),
        needs_munge => gateway.platforms.iter().any(|platform| platform.munge_socket.is_some()),
        proxy => proxy::open(&gateway.proxy),
        proxy_file => proxy::file(site, &gateway.proxy),
    }
}

/// The processes of an init script: the workers of each system, then an instance of the interface for each port.
fn services(site: &Site, gateway: &Gateway) -> Vec<String> {
    let systems = gateway.platforms.iter().filter(|_| target::has_broker(site.target));
    let workers = systems.map(|platform| format!("worker:{}", platform.name));
    workers.chain(gateway.bind.ports.iter().map(|port| format!("api:{port}"))).collect()
}

/// The directories the service writes, besides those systemd makes for it. Each once, in the order images, cache,
/// expand, database.
fn writable(gateway: &Gateway, [logs, runtime_dir, state_dir, cache_dir]: [&str; 4]) -> Vec<String> {
    let images = gateway.platforms.iter().filter_map(|platform| match &platform.access {
        Access::Local { image_dir } => Some(image_dir.clone()),
        Access::Remote { .. } => None,
    });
    let parent = |path: &str| path.rsplit_once('/').map(|(dir, _)| dir.to_owned());
    let database = gateway.database.uri.strip_prefix("sqlite://").and_then(parent).filter(|_| state_dir.is_empty());
    let socket = gateway.bind.socket.as_deref().and_then(parent).filter(|_| runtime_dir.is_empty());
    let log_dir = logs.is_empty().then(|| gateway.log_dir.clone());
    let cache = cache_dir.is_empty().then(|| gateway.cache_dir.clone());
    let all = images.chain(cache).chain(gateway.expand_dir.clone());
    let all = all.chain(database).chain(socket).chain(log_dir);
    let mut seen = BTreeSet::new();
    all.filter(|dir| seen.insert(dir.clone())).collect()
}
