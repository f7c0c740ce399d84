//! WLM rules about what happens before a job.

use crate::capacity::{self, shape::Shape, shape::USUAL_PROLOGUE};
use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::profile::section::scalar::Duration;
use crate::target::Target;

/// What a number of nodes under `WLM002` takes, in seconds.
const SPAN: f64 = 300.0;

rule! {
    /// Building the containers of a large job takes longer than its prologue may.
    ///
    /// # What it checks
    /// With `wlm.setup_root` and the original, the prologue of a job on `scale.nodes_per_job` nodes takes at most `wlm.prologue_timeout`
    /// (Torque's default is 300 s) in the simulation of `shifter-site capacity`: 300 s for 2048 nodes where one prologue runs for all. A
    /// number under `WLM002` in `[lint.thresholds]` are the nodes that take 300 s instead.
    ///
    /// # Why is this bad
    /// On Blue Waters setupRoot took about 300 seconds on 2048 nodes (Leong et al. 2018, section V). A prologue that is ended on the way fails
    /// the job.
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// nodes_per_job = 4096
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// prologue_timeout = "300s"
    /// nscd = { preseed = ["passwd", "group"], ttl = "24h" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// nodes_per_job = 4096
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// prologue_timeout = "600s"
    /// nscd = { preseed = ["passwd", "group"], ttl = "24h" }
    /// ```
    pub(crate) static PROLOGUE_TIMEOUT = {
        id: id("WLM002", "prologue-timeout", Warn, Scale),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Scale],
        source: "Leong et al. 2018, section V",
        check: Check::View(prologue_timeout),
    }
}

fn prologue_timeout(view: &View<'_>, out: &mut Findings<'_>) {
    let wlm = view.wlm();
    if wlm.setup_root != Some(true) {
        return;
    }
    let nodes = view.nodes_per_job();
    let allowed = wlm.prologue_timeout.as_ref().map_or(USUAL_PROLOGUE, Duration::seconds);
    let simulated = capacity::prologue_of(&Shape::of(view.profile, view.target.unwrap_or(Target::V1803)), nodes);
    // Never 0: a threshold is a number of nodes above it.
    let borne = f64::from(nodes) * SPAN / (simulated.max(1) as f64 / 1000.0);
    let expected = f64::from(nodes) * SPAN / out.threshold(borne);
    #[expect(clippy::cast_precision_loss, reason = "a time-out in seconds is a small number")]
    if expected > allowed as f64 {
        out.report(
            format!("setupRoot on {nodes} nodes takes about {expected:.0}s, the prologue may take {allowed}s"),
            |finding| {
                finding
                    .at("wlm.prologue_timeout", "")
                    .also("scale.nodes_per_job", "nodes of the largest job")
                    .help("allow more time, or let jobs start containers with `shifter` instead of setupRoot")
            },
        );
    }
}

rule! {
    /// The name service cache forgets its seed before the job uses it.
    ///
    /// # What it checks
    /// `wlm.nscd.ttl` is at least an hour where tables are seeded. A number of seconds under `WLM006` in `[lint.thresholds]` replaces it.
    ///
    /// # Why is this bad
    /// The seed is made when the job is prepared. If it is too old when ranks ask, every node asks the directory service after all, at once.
    ///
    /// # Bad
    /// ```toml
    /// [wlm.nscd]
    /// preseed = ["passwd", "group"]
    /// ttl = "600s"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [wlm.nscd]
    /// preseed = ["passwd", "group"]
    /// ttl = "24h"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes a day.
    pub(crate) static NSCD_TTL = {
        id: id("WLM006", "nscd-ttl", Warn, Scale),
        fix: Repair::Safe,
        impact: Impact::Slow,
        source: "Leong et al. 2018, section V; nscd.conf(5)",
        check: Check::View(|view, out| {
            let Some(nscd) = view.wlm().nscd.as_ref().filter(|nscd| !nscd.preseed.is_empty()) else { return };
            let least = out.threshold(3600.0);
            #[expect(clippy::cast_precision_loss, reason = "a time to live in seconds is a small number")]
            if let Some(ttl) = nscd.ttl.as_ref().filter(|ttl| (ttl.seconds() as f64) < least) {
                out.report(format!("the seed is forgotten after {ttl}"), |finding| {
                    finding
                        .at("wlm.nscd.ttl", "")
                        .help("keep it longer than a job may wait for its nodes")
                        .fix(Fix::safe("keep it for a day", vec![Edit::set("wlm.nscd.ttl", "24h")]))
                });
            }
        }),
    }
}

rule! {
    /// The seeds lie where the nodes of the job do not see them.
    ///
    /// # What it checks
    /// Where tables are seeded, the file system that `[storage]` names for `wlm.spool` is not `node_local`.
    ///
    /// # Why is this bad
    /// The prologue writes the seeds on one node, and the others look for them in `wlm.spool` (L28).
    ///
    /// # Bad
    /// ```toml
    /// [storage]
    /// "/var" = { type = "xfs", node_local = true }
    ///
    /// [wlm]
    /// kind = "torque"
    /// spool = "/var/spool/shifter"
    /// nscd = { preseed = ["passwd"], ttl = "24h" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [storage]
    /// "/var" = { type = "xfs", node_local = true }
    ///
    /// [wlm]
    /// kind = "torque"
    /// spool = "/shared/spool/shifter"
    /// nscd = { preseed = ["passwd"], ttl = "24h" }
    /// ```
    pub(crate) static SPOOL_NOT_SHARED = {
        id: id("WLM020", "spool-not-shared", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Storage],
        source: "L28",
        check: Check::View(|view, out| {
            let seeds = view.wlm().nscd.as_ref().is_some_and(|nscd| !nscd.preseed.is_empty());
            let Some(spool) = view.wlm().spool.as_ref().filter(|_| seeds) else { return };
            if let Some(storage) = view.storage_of(spool.as_str()).filter(|storage| storage.facts.node_local == Some(true)) {
                out.report(format!("each node has a `{spool}` of its own"), |finding| {
                    finding.at("wlm.spool", "").also(storage.at(), "told here").help("use a directory that all nodes share")
                });
            }
        }),
    }
}

rule! {
    /// Containers are built before the job, and the driver's files only at its start.
    ///
    /// # What it checks
    /// `gpu.site_resources` and `wlm.setup_root` are not used together.
    ///
    /// # Why is this bad
    /// The script that brings the driver's files into a container is run by `shifter`, not by setupRoot. In a container built before the job there is no
    /// GPU (Leong et al. 2018, section VI).
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [gpu]
    /// site_resources = "/opt/shifter/site-resources"
    ///
    /// [wlm]
    /// kind = "torque"
    /// setup_root = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "17.04"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [gpu]
    /// site_resources = "/opt/shifter/site-resources"
    ///
    /// [wlm]
    /// kind = "torque"
    /// ```
    pub(crate) static GPU_WITH_SETUPROOT = {
        id: id("WLM022", "gpu-with-setuproot", Warn, Correctness),
        impact: Impact::OneStart,
        source: "Leong et al. 2018, section VI",
        check: Check::View(|view, out| {
            if view.gpu().site_resources.is_some() && view.wlm().setup_root == Some(true) {
                out.report("containers that setupRoot builds have no GPU", |finding| {
                    finding
                        .at("wlm.setup_root", "before the job")
                        .also("gpu.site_resources", "brought in by `shifter` only")
                        .help("tell users of GPUs to start containers with `shifter`")
                });
            }
        }),
    }
}
