//! MOD rules about what nodes really have: the directories that modules copy.

use crate::diagnostic::{Category::*, Severity::*};
use crate::facts::{Kind, Role};
use crate::lint::Check;
use crate::lint::host::{Seen, each_host};
use crate::lint::rule::{Fact, Impact, id, rule};

/// Bytes that may be copied into each container.
const MOST_BYTES: f64 = 64.0 * 1024.0 * 1024.0;

/// Files that may be copied into each container.
const MOST_FILES: f64 = 2000.0;

rule! {
    /// What is copied into containers is not there.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `copy_from` of every module that is not `optional`, and `paths.opt_udi_image`, are directories.
    ///
    /// # Why is this bad
    /// The copy fails, and with it the start of every container that loads the module.
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/mpich": { "kind": "absent" } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/mpich": { "kind": "directory" } } }
    /// ```
    pub(crate) static COPY_SOURCE_MISSING = {
        id: id("MOD012", "copy-source-missing", Error, Correctness),
        impact: Impact::OneStart,
        needs: &[Fact::Host],
        source: "copyUdiImage in shifter_core.c (opendir)",
        check: Check::View(|view, out| each_host(view, out, |facts, seen| {
            for copied in view.named_as(Role::Copied) {
                let message = match facts.path(&copied.path).map(|found| found.kind) {
                    None | Some(Kind::Unknown | Kind::Directory) => continue,
                    Some(Kind::Absent | Kind::Dangling) => format!("`{}` is not there", copied.path),
                    Some(_) => format!("`{}` is no directory", copied.path),
                };
                seen.push(Seen::new(copied.key.clone(), message, "install it on these nodes, or limit it with `classes`"));
            }
        })),
    }
}

rule! {
    /// A large tree is copied into the memory of each container.
    ///
    /// # What it checks
    /// On nodes that facts are known of, `copy_from` of every module and `paths.opt_udi_image` hold at most 64 MiB
    /// (`[lint.thresholds]` MOD013, in bytes) in 2000 files (`"MOD013.files"` there).
    ///
    /// # Why is this bad
    /// The root of a container is in memory. The tree is copied at each start, with one process for each of its top entries, and takes the job's memory (manual 6.1).
    ///
    /// # Bad
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/mpich": { "kind": "directory", "tree": { "files": 310, "bytes": 629145600 } } } }
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [module.mpich]
    /// copy_from = "/opt/shifter/mpich"
    /// ```
    /// ```json facts.json
    /// { "paths": { "/opt/shifter/mpich": { "kind": "directory", "tree": { "files": 31, "bytes": 6291456 } } } }
    /// ```
    pub(crate) static COPY_SOURCE_LARGE = {
        id: id("MOD013", "copy-source-large", Warn, Scale),
        impact: Impact::Slow,
        needs: &[Fact::Host],
        source: "copyUdiImage in shifter_core.c; manual 6.1",
        check: Check::View(|view, out| {
            let (most_bytes, most_files) = (out.threshold(MOST_BYTES), out.threshold_of("files", MOST_FILES));
            each_host(view, out, |facts, seen| {
                for copied in view.named_as(Role::Copied) {
                    let Some(tree) = facts.path(&copied.path).and_then(|found| found.tree) else { continue };
                    #[expect(clippy::cast_precision_loss, reason = "a limit of many needs no precision")]
                    let is_large = tree.bytes as f64 > most_bytes || tree.files as f64 > most_files;
                    if is_large {
                        let more = if tree.more { "more than " } else { "" };
                        let mebibytes = tree.bytes >> 20;
                        let message = format!("`{}` holds {more}{mebibytes} MiB in {} files", copied.path, tree.files);
                        seen.push(Seen::new(copied.key.clone(), message, "show it by `[[filesystem]]` instead of copying it"));
                    }
                }
            });
        }),
    }
}
