//! GPU: accelerators and the fabric.

pub(crate) mod host;

use crate::cdi::GIVEN_BY_THE_WLM;
use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use crate::target::Target;

rule! {
    /// Every job gets the same GPU.
    ///
    /// # What it checks
    /// `CUDA_VISIBLE_DEVICES`, `NVIDIA_VISIBLE_DEVICES`, `ROCR_VISIBLE_DEVICES`, `HIP_VISIBLE_DEVICES`, `GPU_DEVICE_ORDINAL` and `ZE_AFFINITY_MASK` are not set by the site, a module or a script.
    ///
    /// # Why is this bad
    /// The workload manager sets them for each job, to the devices the job has. A fixed value lets jobs share one GPU and leaves the others idle; in 16.08 and
    /// 17.04 an empty one switches GPU support off (L38).
    ///
    /// # Bad
    /// ```toml
    /// [env.set]
    /// CUDA_VISIBLE_DEVICES = "0"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [env.set]
    /// SITE_HAS_GPUS = "1"
    /// ```
    ///
    /// # Fix
    /// `--fix` removes the variable.
    pub(crate) static VISIBLE_DEVICES_FIXED = {
        id: id("GPU002", "visible-devices-fixed", Error, Correctness),
        fix: Repair::Safe,
        source: "L38; gpu_support.c of 16.08",
        check: Check::View(|view, out| {
            for env in view.environments() {
                for (at, name) in env.names().into_iter().filter(|(_, name)| GIVEN_BY_THE_WLM.contains(name)) {
                    out.report(format!("`{name}` is the workload manager's to set"), |finding| {
                        finding
                            .at(at.clone(), "the same for every job")
                            .help("drop it, and let the job ask for GPUs")
                            .fix(Fix::safe("drop it", vec![Edit::remove(at)]))
                    });
                }
            }
            for carried in view.carried() {
                for assignment in carried.script().commands.iter().flat_map(|command| &command.assignments) {
                    let is_written_out = matches!(&assignment.value, crate::script::Value::Word(word) if word.literal().is_some());
                    if is_written_out && GIVEN_BY_THE_WLM.contains(&assignment.name.as_str()) {
                        let message = format!("`{}` is the workload manager's to set", assignment.name);
                        out.in_script(&carried, assignment.span.clone(), message, "drop it, and let the job ask for GPUs");
                    }
                }
            }
        }),
    }
}

rule! {
    /// The driver's directory is set for a version that does not know it.
    ///
    /// # What it checks
    /// `gpu.site_resources` is written for 16.08-gpu and 17.04 only.
    ///
    /// # Why is this bad
    /// Other versions refuse `siteResources` and start no container. From 18.03 on, the driver's files come with a module.
    ///
    /// # Bad
    /// ```toml
    /// [gpu]
    /// site_resources = "/opt/shifter/site-resources"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.gpu]
    /// copy_from = "/opt/shifter/gpu"
    /// ```
    pub(crate) static GPU_TARGET = {
        id: id("GPU004", "gpu-target", Error, Compatibility),
        impact: Impact::EveryStart,
        targets: Targets::Only(&[Target::V1608, Target::V1803, Target::Master]),
        source: "run against 16.08.3, 18.03 and master",
        check: Check::View(|view, out| {
            if view.gpu().site_resources.is_some() {
                out.at("gpu.site_resources", "the installed version does not know `siteResources`", "describe the driver as a module");
            }
        }),
    }
}

rule! {
    /// The high-speed network is named, and containers get nothing of it.
    ///
    /// # What it checks
    /// `[fabric]` of a kind other than `ethernet` has `devices`.
    ///
    /// # Why is this bad
    /// libfabric and UCX open the device files of the network. Without them they fall back to TCP, and jobs run many times slower without a message.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [fabric]
    /// kind = "slingshot"
    /// env = { FI_PROVIDER = "cxi" }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    ///
    /// [fabric]
    /// kind = "slingshot"
    /// devices = ["/dev/cxi*"]
    /// env = { FI_PROVIDER = "cxi" }
    /// ```
    pub(crate) static FABRIC_WITHOUT_DEVICES = {
        id: id("GPU005", "fabric-without-devices", Warn, Scale),
        impact: Impact::Slow,
        source: "fi_cxi(7); libfabric falls back to tcp",
        check: Check::View(|view, out| {
            let Some(fabric) = view.profile.fabric.as_ref().filter(|fabric| view.has_class(&fabric.classes)) else { return };
            if fabric.devices.is_empty() && fabric.kind.as_deref() != Some("ethernet") {
                out.report("containers get no device of the high-speed network", |finding| {
                    finding.at_key("fabric", "no `devices`").help("name the device files, such as `/dev/cxi*` or `/dev/infiniband/*`")
                });
            }
        }),
    }
}
