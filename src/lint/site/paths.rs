//! SITE rules about how paths are written.

use crate::diagnostic::{Category::*, Edit, Fix, Severity::*};
use crate::lint::paths::{components, is_or_lies_in, lies_in};
use crate::lint::rule::{Impact, Repair, id, rule};
use crate::lint::{Check, Findings, View};

/// Keys whose empty value has a rule of its own: RT017 and MOD014.
const MAY_BE_EMPTY_HERE: [&str; 2] = ["opt_udi_image", "copy_from"];

rule! {
    /// A path does not begin at the root.
    ///
    /// # What it checks
    /// Every key that holds a path of a node or of the gateway's host begins with `/`. Files beside the profile, such as secrets, are
    /// relative to it and not meant.
    ///
    /// # Why is this bad
    /// The original refuses a relative siteFs. Elsewhere the path starts wherever the program happens to be.
    ///
    /// # Bad
    /// ```toml
    /// [images]
    /// path = "images"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// path = "/shared/images"
    /// ```
    pub(crate) static RELATIVE_PATH = {
        id: id("SITE008", "relative-path", Error, Correctness),
        impact: Impact::EveryStart,
        source: "manual 5.2; run against 16.08.3 and 18.03",
        check: Check::View(|view, out| {
            for (at, path) in view.every_path().into_iter().filter(|(_, path)| !path.is_absolute()) {
                let is_left_to_another = path.as_str().is_empty() && at.last().is_some_and(|key| MAY_BE_EMPTY_HERE.contains(&key));
                if !is_left_to_another {
                    out.at(at.clone(), format!("`{at}` is `{path}`, which is not an absolute path"), "begin it with `/`");
                }
            }
        }),
    }
}

rule! {
    /// A path is written with slashes or dots that mean nothing.
    ///
    /// # What it checks
    /// No path ends in `/`, or has `//` or `/./`.
    ///
    /// # Why is this bad
    /// The same directory then has two names. The original compares names, not directories: with a slash behind it a forbidden target
    /// passes.
    ///
    /// # Bad
    /// ```toml
    /// [images]
    /// path = "/shared/images/"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// path = "/shared/images"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the plain form.
    pub(crate) static PATH_NOT_NORMAL = {
        id: id("SITE009", "path-not-normal", Warn, Style),
        impact: Impact::Untidy,
        fix: Repair::Safe,
        source: "L17 writes both forms",
        check: Check::View(|view, out| {
            for (at, path) in view.every_path() {
                let normal = path.normal();
                if path.is_absolute() && path.as_str() != normal {
                    out.report(format!("`{path}` has slashes or dots that mean nothing"), |finding| {
                        finding
                            .at(at.clone(), "")
                            .help(format!("write `{normal}`"))
                            .fix(Fix::safe("write it plainly", vec![Edit::set(at, normal)]))
                    });
                }
            }
        }),
    }
}

/// Directories of every system: a path in one of them is not a slip for a file system of the site.
const EVERYWHERE: [&str; 16] = [
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys",
    "/tmp", "/usr", "/var",
];

rule! {
    /// A path lies beside a file system of the site, and its name is nearly the same.
    ///
    /// # What it checks
    /// No path that lies in no file system of the profile (`[[filesystem]]`, `[storage]`) would lie in one if one component were spelt with
    /// one or two other characters. A number under `SITE010` in `[lint.thresholds]` replaces the two.
    ///
    /// # Why is this bad
    /// The published files of Blue Waters have images in `/mnt/abc/scratch` and the gateway in `/mnt/c/scratch` (L17, L18). Each file is
    /// correct for itself.
    ///
    /// # Bad
    /// ```toml
    /// [images]
    /// path = "/mnt/abc/scratch/images"
    ///
    /// [[filesystem]]
    /// source = "/mnt/c"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// path = "/mnt/c/scratch/images"
    ///
    /// [[filesystem]]
    /// source = "/mnt/c"
    /// ```
    pub(crate) static PATH_NEAR_MISS = {
        id: id("SITE010", "path-near-miss", Warn, Correctness),
        source: "L17 and L18",
        check: Check::View(near_misses),
    }
}

fn near_misses(view: &View<'_>, out: &mut Findings<'_>) {
    let most = out.threshold(2.0);
    let mounts = view.mounts();
    let mut known: Vec<_> = mounts.iter().map(|mount| (mount.source_key(), mount.source)).collect();
    known.extend(view.storage().into_iter().map(|storage| (storage.at(), storage.place)));
    for (at, path) in view.every_path() {
        let path = path.as_str();
        let is_known = known.iter().any(|(_, place)| is_or_lies_in(path, place) || lies_in(place, path));
        if is_known || EVERYWHERE.iter().any(|place| is_or_lies_in(path, place)) {
            continue;
        }
        if let Some((other, place)) = known.iter().find(|(_, place)| nearly_lies_in(path, place, most)) {
            out.report(format!("`{path}` lies in no file system of the profile, and nearly in `{place}`"), |finding| {
                finding.at(at, "").also(other.clone(), "the file system").help("correct one of the two")
            });
        }
    }
}

/// Whether the path would lie in `place` with at most so many other characters in one component.
fn nearly_lies_in(path: &str, place: &str, most: f64) -> bool {
    let (path, place) = (components(path), components(place));
    if path.len() <= place.len() {
        return false;
    }
    let different: Vec<_> = path.iter().zip(&place).filter(|(one, other)| one != other).collect();
    #[expect(clippy::cast_precision_loss, reason = "a distance between two names is a small number")]
    let is_near = |one: &str, other: &str| strsim::levenshtein(one, other) as f64 <= most;
    matches!(different.as_slice(), [(one, other)] if is_near(one, other))
}
