//! GPU rules about what nodes really have.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::Role;
use crate::lint::Check;
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, Targets, id, rule};
use crate::target::Target;

rule! {
    /// The script that collects the driver's files does not find the driver's programs.
    ///
    /// # What it checks
    /// On nodes that facts are known of, a directory of `gpu.driver_path` holds `nvidia-smi`.
    ///
    /// # Why is this bad
    /// The script starts with an empty environment (L37). Without `nvidia-smi` it takes the node for one without GPUs, and containers get no driver.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "16.08-gpu"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [gpu]
    /// site_resources = "/opt/shifter/site-resources"
    /// driver_path = ["/usr/bin", "/bin"]
    /// ```
    /// ```json facts.json
    /// { "paths": { "/bin/nvidia-smi": { "kind": "absent" }, "/usr/bin/nvidia-smi": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "16.08-gpu"
    ///
    /// [gateway.broker]
    /// uri = "redis://localhost/"
    /// password = { file = "secrets/redis" }
    ///
    /// [gpu]
    /// site_resources = "/opt/shifter/site-resources"
    /// driver_path = ["/opt/cray/nvidia/default/bin", "/usr/bin"]
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/cray/nvidia/default/bin/nvidia-smi": { "kind": "file" }, "/usr/bin/nvidia-smi": { "kind": "absent" } } }
    /// ```
    pub(crate) static DRIVER_PATH = {
        id: id("GPU003", "driver-path", Error, Correctness),
        impact: Impact::OneStart,
        targets: Targets::Only(&[Target::V1608Gpu, Target::V1704]),
        needs: &[Fact::Host],
        source: "L37; activate_gpu_support.sh",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            let places: Vec<String> = view.named_as(Role::Driver).map(|named| format!("{}/nvidia-smi", named.path)).collect();
            let is_missing = |place: &String| {
                let directory = place.trim_end_matches("/nvidia-smi");
                facts.lacks(place) || facts.lacks(directory)
            };
            if !places.is_empty() && places.iter().all(is_missing) {
                let help = "add the directory of the driver's programs";
                seen.push(Seen::new("gpu.driver_path", "no directory holds nvidia-smi", help));
            }
        })),
    }
}

rule! {
    /// Nodes run another driver than the profile says.
    ///
    /// # What it checks
    /// On nodes that facts are known of, the drivers of accelerators have the versions of `gpu.nvidia.driver`, `gpu.amd.driver` and `gpu.intel.driver`.
    ///
    /// # Why is this bad
    /// Libraries of one driver version do not work with the kernel module of another ("driver/library version mismatch"). Nodes that were updated apart differ in the middle of a job.
    ///
    /// # Bad
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    ///
    /// [gpu.nvidia]
    /// driver = "550.90.07"
    /// devices = ["/dev/nvidia*"]
    /// ```
    /// ```json facts.json
    /// { "kernel": { "nvidia": "535.161.08" } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [target]
    /// shifter = "native"
    /// os = "el9"
    ///
    /// [gpu.nvidia]
    /// driver = "550.90.07"
    /// devices = ["/dev/nvidia*"]
    /// ```
    /// ```json facts.json
    /// { "kernel": { "nvidia": "550.90.07" } }
    /// ```
    pub(crate) static GPU_DRIVER_DRIFT = {
        id: id("GPU006", "gpu-driver-drift", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "/proc/driver/nvidia/version; /sys/module/*/version",
        check: Check::View(|view, out| {
            for (vendor, accelerator) in view.gpu().vendors().into_iter().filter(|(_, a)| view.has_class(&a.classes)) {
                let Some(told) = &accelerator.driver else { continue };
                each_host(view, out, |facts, seen| {
                    let loaded = facts.kernel.nvidia.as_ref().filter(|_| vendor == "nvidia");
                    let found = || facts.accelerators.get(vendor).and_then(|driver| driver.version.as_ref());
                    if let Some(is) = loaded.or_else(found).filter(|is| *is != told.as_str()) {
                        let key = format!("gpu.{vendor}.driver");
                        seen.push(Seen::new(key.as_str(), format!("the driver is {is}, not {told}"), "update these nodes, or the profile and all of them"));
                    }
                });
            }
        }),
    }
}
