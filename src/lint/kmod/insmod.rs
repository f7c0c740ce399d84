//! KMOD rules about scripts that load modules by file.

use crate::diagnostic::{Category::*, Severity::*};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};

rule! {
    /// A script loads a module of another kernel.
    ///
    /// # What it checks
    /// The file that `insmod` is given has the kernel's version in its path: `$(uname -r)`, or a version behind `modules`.
    ///
    /// # Why is this bad
    /// After a new kernel the module does not fit, and no container starts. Sites keep one directory a version (L28 line 46).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// [ -d /sys/module/loop ] || insmod /opt/shifter/modules/kernel/drivers/block/loop.ko max_loop=128
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// [ -d /sys/module/loop ] || insmod "/opt/shifter/modules/$(uname -r)/kernel/drivers/block/loop.ko" max_loop=128
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static INSMOD_NO_VERSION = {
        id: id("KMOD008", "insmod-no-version", Error, Correctness),
        impact: Impact::OneStart,
        source: "L28 line 46; insmod(8)",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                for command in script.called("insmod") {
                    let Some(word) = command.operands().into_iter().next() else { continue };
                    let path = script.resolved(word);
                    let behind = path.split("/modules/").nth(1).unwrap_or_default();
                    let is_versioned = path.contains("uname") || behind.starts_with(|c: char| c.is_ascii_digit() || c == '$');
                    if path.ends_with(".ko") && !is_versioned {
                        out.in_script(&carried, word.span.clone(), format!("`{path}` is of one kernel, whichever runs"), "put `$(uname -r)` in the path");
                    }
                }
            }
        }),
    }
}

rule! {
    /// A module is loaded again, and that fails.
    ///
    /// # What it checks
    /// A script that calls `insmod` looks into `/sys/module` first, or asks `lsmod`.
    ///
    /// # Why is this bad
    /// `insmod` fails where the module is loaded or built in. The second job on a node sees a failure, or the script stops looking at them
    /// (L28 lines 55 and 56).
    ///
    /// # Bad
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// insmod "/opt/shifter/modules/$(uname -r)/kernel/fs/squashfs/squashfs.ko"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [[script]]
    /// file = "extra-service"
    /// role = "service"
    /// ```
    ///
    /// ```sh extra-service
    /// #!/bin/sh
    /// [ -d /sys/module/squashfs ] || insmod "/opt/shifter/modules/$(uname -r)/kernel/fs/squashfs/squashfs.ko"
    /// ```
    ///
    /// # No fix
    /// A script is its writer's: `--fix` edits profiles only.
    pub(crate) static INSMOD_AGAIN = {
        id: id("KMOD009", "insmod-again", Warn, Correctness),
        source: "insmod(8); L28 lines 55 and 56",
        check: Check::View(|view, out| {
            for carried in view.carried() {
                let script = carried.script();
                let looks = script.called("lsmod").next().is_some() || script.simple().any(|command| {
                    command.words.iter().any(|word| word.text().starts_with("/sys/module") || word.text().starts_with("/proc/modules"))
                });
                for command in script.called("insmod").filter(|_| !looks) {
                    out.in_script(&carried, command.span.clone(), "this fails where the module is loaded or built in", "write `[ -d /sys/module/NAME ] ||` in front of it");
                }
            }
        }),
    }
}
