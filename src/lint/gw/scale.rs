//! GW rules about how much a gateway can bear.

use crate::capacity::{self, shape::Shape};
use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Url;
use crate::target::Target;

/// The part of what a gateway bears that one job may ask of it: others start too.
const ROOM: f64 = 0.7;

/// Nodes that wait in one gateway's queue all at once; nobody need simulate them.
const ALWAYS_BORNE: f64 = 80.0;

rule! {
    /// Too few gateways for the largest job.
    ///
    /// # What it checks
    /// `scale.nodes_per_job` divided by the number of endpoints is at most seven tenths of what one gateway bears in the simulation of
    /// `shifter-site capacity`, about 1400, where jobs start containers themselves (without `wlm.setup_root`). A number under `GW005` in
    /// `[lint.thresholds]` replaces the limit.
    ///
    /// # Why is this bad
    /// Every node asks at its start. On Blue Waters one instance of the original failed above 2000 nodes, and three served 4096 (Leong et
    /// al. 2018, section V). The native runtime looks tags up in the image directory and asks nobody.
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// nodes_per_job = 1900
    ///
    /// [gateway]
    /// endpoints = ["http://gw1:5000"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// nodes_per_job = 1900
    ///
    /// [gateway]
    /// endpoints = ["http://gw1:5000", "http://gw2:5000"]
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` adds instances on further ports of the first gateway's host.
    pub(crate) static ENDPOINT_SCALE = {
        id: id("GW005", "endpoint-scale", Warn, Scale),
        fix: Repair::Unsafe,
        impact: Impact::Slow,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Scale],
        source: "Leong et al. 2018, section V",
        check: Check::View(endpoint_scale),
    }
}

fn endpoint_scale(view: &View<'_>, out: &mut Findings<'_>) {
    let endpoints = u32::try_from(view.gateway().endpoints.len()).unwrap_or(u32::MAX);
    if endpoints == 0 || view.wlm().setup_root == Some(true) {
        return;
    }
    let each = f64::from(view.nodes_per_job()) / f64::from(endpoints);
    let most = out.threshold(if each > ALWAYS_BORNE {
        ROOM * f64::from(capacity::borne_by_a_gateway(&Shape::of(view.profile, view.target.unwrap_or(Target::V1803))))
    } else {
        ALWAYS_BORNE
    });
    if each > most {
        out.report(format!("each of {endpoints} gateways is asked by {each:.0} nodes at once"), |finding| {
            finding
                .at("gateway.endpoints", format!("one bears about {most:.0}"))
                .also("scale.nodes_per_job", "nodes of one job")
                .help("add instances")
                .fix(Fix::risky("add instances", vec![Edit::set("gateway.endpoints", more_of(view, most))]))
        });
    }
}

/// The endpoints, and as many on further ports of the first one's host as bear the load.
fn more_of(view: &View<'_>, most: f64) -> Vec<String> {
    let known = &view.gateway().endpoints;
    let mut all: Vec<String> = known.iter().map(|url| url.as_str().trim_end_matches('/').to_owned()).collect();
    let Some((base, host)) = known.first().and_then(|url| Some((url.scheme()?, url.host()?))) else { return all };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let last = known.iter().filter_map(Url::port).max().unwrap_or(5000);
    let mut ports = last.saturating_add(1)..u16::MAX;
    // A million instances help nobody: what no sensible number can bear stays a finding.
    while all.len() < 64 && f64::from(view.nodes_per_job()) / (all.len() as f64) > most {
        let Some(port) = ports.next() else { break };
        all.push(format!("{base}://{host}:{port}"));
    }
    all
}

rule! {
    /// A gateway that does not answer uses up the time a job has to start.
    ///
    /// # What it checks
    /// `gateway.timeout` times the number of endpoints is below `wlm.prologue_timeout`.
    ///
    /// # Why is this bad
    /// Clients try each endpoint in turn. If the prologue is ended before they are through, the job fails although one gateway is well.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// timeout = "150s"
    ///
    /// [wlm]
    /// kind = "torque"
    /// prologue_timeout = "300s"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// timeout = "30s"
    ///
    /// [wlm]
    /// kind = "torque"
    /// prologue_timeout = "300s"
    /// ```
    pub(crate) static TIMEOUT_VS_PROLOGUE = {
        id: id("GW008", "timeout-vs-prologue", Error, Correctness),
        impact: Impact::OneStart,
        source: "the failover loop of shifterimg.c; Leong et al. 2018, section V",
        check: Check::View(|view, out| {
            let gateway = view.gateway();
            let (Some(each), Some(all)) = (&gateway.timeout, &view.wlm().prologue_timeout) else { return };
            let worst = each.seconds().saturating_mul(gateway.endpoints.len() as u64);
            if worst >= all.seconds() {
                out.report(format!("trying every gateway takes {worst}s, and the prologue may take {all}"), |finding| {
                    finding
                        .at("gateway.timeout", "for each endpoint")
                        .also("wlm.prologue_timeout", "for all of the prologue")
                        .help("shorten `gateway.timeout`")
                });
            }
        }),
    }
}

rule! {
    /// Two numbers say how much the gateway does at once, and they differ.
    ///
    /// # What it checks
    /// With 16.08 to 17.04, `gateway.workers.processes` is `gateway.workers.threads`.
    ///
    /// # Why is this bad
    /// `WorkerThreads` and the concurrency of Celery mean the same number of pulls. Blue Waters has 8 and 24 (L17, L22); the larger one
    /// only waits.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway]
    /// workers = { threads = 8, processes = 24 }
    /// broker = { uri = "redis://localhost/", password = { file = "secrets/redis" } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway]
    /// workers = { threads = 8 }
    /// broker = { uri = "redis://localhost/", password = { file = "secrets/redis" } }
    /// ```
    pub(crate) static WORKER_COUNT = {
        id: id("GW013", "worker-count", Warn, Scale),
        impact: Impact::Slow,
        targets: Targets::Only(&[Target::V1608, Target::V1608Gpu, Target::V1704]),
        source: "L17 and L22",
        check: Check::View(|view, out| {
            let Some(workers) = &view.gateway().workers else { return };
            if let (Some(threads), Some(processes)) = (workers.threads, workers.processes)
                && threads != processes
            {
                out.report(format!("{threads} pulls at once, and {processes} workers for them"), |finding| {
                    finding
                        .at("gateway.workers.processes", "Celery's concurrency")
                        .also("gateway.workers.threads", "WorkerThreads")
                        .help("write `threads` only")
                });
            }
        }),
    }
}
