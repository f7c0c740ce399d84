//! Who owns imported files, and where they were found.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, FileKind, Marks};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};

rule! {
    /// udiRoot.conf does not belong to root alone.
    ///
    /// # What it checks
    /// With `--owners`, an imported udiRoot.conf is root's, and neither its group nor others may write it.
    ///
    /// # Why is this bad
    /// The runtime refuses the file, and no container starts on the node. It must: who writes this file is root there.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf shifter 0644
    /// system=cluster
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf root 0644
    /// system=cluster
    /// ```
    pub(crate) static CONFIG_NOT_ROOT = {
        id: id("RAW017", "config-not-root", Error, Security),
        impact: Impact::EveryStart,
        source: "run: `must not be writable`; UdiRootConfig.c of all releases",
        check: Check::Import(config_not_root),
    }
}

fn config_not_root(files: &Evidence<'_>, out: &mut Marks) {
    for (kind, source, owner) in &files.owners {
        if *kind != FileKind::UdiRoot {
            continue;
        }
        let mut wrong = Vec::new();
        if owner.user != "root" {
            wrong.push(format!("belongs to `{}`", owner.user));
        }
        if owner.mode & 0o022 != 0 {
            wrong.push(format!("has the mode {:04o}", owner.mode));
        }
        if !wrong.is_empty() {
            let message = format!("the file {}: the runtime refuses it", wrong.join(" and "));
            out.at(source, 0..0, message, "chown root:root, chmod 0644");
        }
    }
}
