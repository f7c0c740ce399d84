//! KMOD rules about what is loaded before the first container.

use crate::diagnostic::{Category::*, Edit, Fix, KeyPath, Severity::*};
use crate::lint::rule::{Fact, Impact, Repair, Targets, id, rule};
use crate::lint::{Check, Findings, View};
use crate::target::Target;

rule! {
    /// A node has fewer loop devices than containers want.
    ///
    /// # What it checks
    /// With the original, `kernel_modules.max_loop` is at least twice `scale.containers_per_node`. A number under `KMOD006` in
    /// `[lint.thresholds]` replaces the factor 2.
    ///
    /// # Why is this bad
    /// Each container takes a device for its image, and devices of ended ones are freed late. Without a free one the start fails (manual 2.3(3), 5.1.4). The native
    /// runtime shares one among all containers of an image.
    ///
    /// # Bad
    /// ```toml
    /// [scale]
    /// containers_per_node = 32
    ///
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// max_loop = 8
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [scale]
    /// containers_per_node = 32
    ///
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// max_loop = 128
    /// ```
    ///
    /// # Fix
    /// `--fix` writes 128, or twice the containers if that is more.
    pub(crate) static TOO_FEW_LOOPS = {
        id: id("KMOD006", "too-few-loops", Error, Scale),
        impact: Impact::OneStart,
        targets: Targets::Except(&[Target::Native]),
        needs: &[Fact::Scale],
        fix: Repair::Safe,
        source: "manual 2.3(3) and 5.1.4; L28",
        check: Check::View(too_few_loops),
    }
}

fn too_few_loops(view: &View<'_>, out: &mut Findings<'_>) {
    let (Some(loops), Some(containers)) = (view.kernel().max_loop, view.scale().containers_per_node) else { return };
    let wanted = (f64::from(containers) * out.threshold(2.0)).ceil();
    if f64::from(loops) < wanted {
        let better = wanted.clamp(128.0, f64::from(u32::MAX)) as i64;
        out.report(format!("{loops} loop devices for {containers} containers on a node"), |finding| {
            finding
                .at("kernel_modules.max_loop", "")
                .also("scale.containers_per_node", "each takes one")
                .help(format!("write {better}"))
                .fix(Fix::safe("make more", vec![Edit::set("kernel_modules.max_loop", better)]))
        });
    }
}

rule! {
    /// One of the two modules that every image needs is loaded, the other is not.
    ///
    /// # What it checks
    /// Where `kernel_modules.preload` holds `loop`, it holds the module of `images.format` (`squashfs` by default) too.
    ///
    /// # Why is this bad
    /// An image is a file (loop) with a file system (squashfs). The first starts of a node race for the missing one (Leong et al. 2018, section V).
    ///
    /// # Bad
    /// ```toml
    /// [kernel_modules]
    /// preload = ["loop"]
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [kernel_modules]
    /// preload = ["loop", "squashfs"]
    /// ```
    ///
    /// # Fix
    /// `--fix` adds it.
    pub(crate) static SQUASHFS_NOT_PRELOADED = {
        id: id("KMOD007", "squashfs-not-preloaded", Warn, Correctness),
        impact: Impact::OneStart,
        fix: Repair::Safe,
        source: "Leong et al. 2018, section V",
        check: Check::View(|view, out| {
            let preload = &view.kernel().preload;
            let format = view.images().format.as_deref().unwrap_or("squashfs");
            let has = |name: &str| preload.iter().any(|module| module == name);
            if has("loop") && !has(format) {
                let at = KeyPath::from("kernel_modules.preload");
                let mut better = preload.clone();
                better.push(format.to_owned());
                out.report(format!("`loop` is loaded, and `{format}` is not"), |finding| {
                    finding
                        .at(at.clone(), "")
                        .help(format!("add `{format}`"))
                        .fix(Fix::safe("add it", vec![Edit::set(at, better)]))
                });
            }
        }),
    }
}
