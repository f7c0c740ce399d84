//! The arithmetic.

use super::{Figure, Input, Told};
use crate::profile::Profile;
use crate::site::{Node, Site};

/// What the native runtime lets a container's root keep in memory where nobody says (`rootfsSize`).
const NATIVE_ROOT: u64 = 256 << 20;

pub(super) fn of(site: &Site, profile: &Profile, told: &Told) -> Option<Vec<Figure>> {
    let node = site.node.as_ref()?;
    let all = Numbers { site, node, profile, told };
    Some(vec![all.memory(), all.loops(), all.connections(), all.lookups(), all.images(), all.busiest()])
}

struct Numbers<'a> {
    site: &'a Site,
    node: &'a Node,
    profile: &'a Profile,
    told: &'a Told,
}

fn input(name: impl Into<String>, value: Option<u64>, unit: &'static str) -> Input {
    Input { name: name.into(), value, unit }
}

/// The product, where every factor is known.
fn product(inputs: &[&Input]) -> Option<u64> {
    inputs.iter().try_fold(1_u64, |product, input| Some(product.saturating_mul(input.value?)))
}

impl Numbers<'_> {
    fn nodes(&self) -> Input {
        let scale = self.profile.scale.as_ref();
        input("scale.nodes_per_job", scale.and_then(|scale| scale.nodes_per_job).map(u64::from), "nodes")
    }

    /// Roots that are built on one node: one for each container, or one for all ranks of a job that setupRoot built.
    fn roots(&self) -> Input {
        if self.node.wlm.setup_root == Some(true) {
            return input("wlm.setup_root: one for all ranks", Some(1), "containers");
        }
        let scale = self.profile.scale.as_ref();
        let written = scale.and_then(|scale| scale.containers_per_node).map(u64::from);
        input("scale.containers_per_node", written, "containers")
    }

    fn memory(&self) -> Figure {
        let roots = self.roots();
        if self.site.target.is_native() {
            let size =
                input("runtime.rootfs_size", Some(self.node.runtime.rootfs_size.unwrap_or(NATIVE_ROOT)), "bytes");
            return Figure {
                name: "memory of container roots on a node",
                value: product(&[&roots, &size]),
                unit: "bytes",
                bound: "at most",
                formula: "containers × rootfsSize; programs of the site and modules are mounted, not copied",
                inputs: vec![roots, size],
                limit: None,
                verdict: None,
            };
        }
        let modules = self.node.modules.iter().filter(|module| self.node.default_modules.contains(&module.name));
        let copied = self.node.paths.opt_udi_image.iter().chain(modules.filter_map(|module| module.copy_from.as_ref()));
        let sizes: Vec<Input> = copied
            .map(|path| {
                let told = self.told.copies.iter().find(|(own, _)| own == path).map(|(_, size)| *size);
                input(format!("--copy {path}=SIZE"), told, "bytes")
            })
            .collect();
        let copies = sizes.iter().try_fold(0_u64, |sum, size| Some(sum.saturating_add(size.value?)));
        Figure {
            name: "memory of container roots on a node",
            value: copies.and_then(|copies| Some(roots.value?.saturating_mul(copies))),
            unit: "bytes",
            bound: "at least",
            formula: "containers × (optUdiImage + copyPath of the default modules), copied at each start; /etc and what is \
                      written come on top, without a limit",
            inputs: std::iter::once(roots).chain(sizes).collect(),
            limit: None,
            verdict: None,
        }
    }

    fn loops(&self) -> Figure {
        let roots = self.roots();
        let caches = self.node.filesystems.iter().filter(|mount| mount.per_node_cache.is_some()).count() as u64;
        let caches = input("filesystem[].per_node_cache", Some(caches), "caches");
        let value = roots.value.map(|roots| roots.saturating_add(caches.value.unwrap_or(0)));
        let max = self.node.kernel_modules.max_loop.map(u64::from);
        let verdict = value.zip(max).map(|(wanted, max)| if wanted > max { "too few" } else { "enough" });
        let (bound, formula) = if self.site.target.is_native() {
            ("at most", "one for each image in use and each per-node cache; containers of one image share its device")
        } else {
            ("exactly", "one for each container and each per-node cache")
        };
        Figure {
            name: "loop devices on a node",
            value,
            unit: "devices",
            bound,
            formula,
            inputs: vec![roots, caches],
            limit: Some(input("kernel_modules.max_loop", max, "devices")),
            verdict,
        }
    }

    fn connections(&self) -> Figure {
        let (nodes, roots) = (self.nodes(), self.roots());
        let by_setup = self.node.wlm.setup_root == Some(true);
        let timeout = input("gateway.timeout", self.node.gateway_timeout, "seconds");
        let (value, bound, formula) = if self.site.target.is_native() {
            (Some(0), "exactly", "none: a start reads the image's index; a tag that is not in it is asked for once")
        } else if by_setup {
            (Some(1), "at least", "one for a job: the prologue looks the image up for all nodes")
        } else {
            (product(&[&nodes, &roots]), "exactly", "nodes × containers: every start asks for its image")
        };
        Figure {
            name: "connections to the gateway when the largest job starts",
            value,
            unit: "connections",
            bound,
            formula,
            inputs: vec![nodes, roots],
            limit: Some(timeout),
            verdict: None,
        }
    }

    fn busiest(&self) -> Figure {
        let starts = self.profile.scale.as_ref().and_then(|scale| scale.job_starts_per_second).map(u64::from);
        let starts = input("scale.job_starts_per_second", starts, "jobs");
        let (value, bound, formula) = if self.site.target.is_native() {
            (Some(0), "exactly", "none: a start reads the image's index")
        } else if self.node.wlm.setup_root == Some(true) {
            (starts.value, "exactly", "jobs that start in a second × 1: the prologue asks for all nodes")
        } else {
            (
                starts.value,
                "at least",
                "jobs that start in a second × 1: each of their containers asks, and each has one or more",
            )
        };
        Figure {
            name: "connections to the gateway in the busiest second",
            value,
            unit: "connections",
            bound,
            formula,
            inputs: vec![starts],
            limit: None,
            verdict: None,
        }
    }

    fn lookups(&self) -> Figure {
        let (nodes, roots) = (self.nodes(), self.roots());
        Figure {
            name: "lookups of the user when the largest job starts",
            value: product(&[&nodes, &roots]),
            unit: "lookups",
            bound: "at least",
            formula: "nodes × containers, before any cache of the nodes; groups are looked up besides",
            inputs: vec![nodes, roots],
            limit: None,
            verdict: None,
        }
    }

    fn images(&self) -> Figure {
        let images = self.profile.images.clone().unwrap_or_default();
        let days = images.expire_after.as_ref().map_or(90, |span| span.seconds().div_ceil(86_400));
        let days = input("images.expire_after", Some(days), "days");
        let growth = input("--images-per-day SIZE", self.told.images_per_day, "bytes");
        let value = product(&[&growth, &days]);
        let total = images
            .quota
            .as_ref()
            .and_then(|quota| quota.total.as_ref())
            .map(crate::profile::section::scalar::Size::bytes);
        let verdict = value.zip(total).map(|(wanted, total)| if wanted > total { "too small" } else { "enough" });
        Figure {
            name: "images kept when none is used again",
            value,
            unit: "bytes",
            bound: "at least",
            formula: "bytes of new images a day × days until they expire; images in use stay longer",
            inputs: vec![growth, days],
            limit: Some(input("images.quota.total", total, "bytes")),
            verdict,
        }
    }
}
