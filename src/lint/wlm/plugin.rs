//! WLM rules about the line of an existing plugstack.conf.

use crate::diagnostic::{Category::*, Severity::*, nearest};
use crate::import::{Evidence, Marks};
use crate::lint::Check;
use crate::lint::rule::{Impact, id, rule};

/// The arguments that the plugin reads, in the order of its manual.
const KNOWN: [&str; 6] =
    ["shifter_config", "memory_cgroup", "extern_setup", "extern_cgroup", "enable_ccm", "enable_sshd"];

rule! {
    /// The plugin is given an argument that it does not know.
    ///
    /// # What it checks
    /// Each argument of the plugin in an imported plugstack.conf is `NAME=VALUE` with one of the six names that it reads.
    ///
    /// # Why is this bad
    /// The plugin ignores others without a message: with `enable_ssh=1` no job ever has the ssh daemon.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// system=cluster
    /// ```
    ///
    /// ```conf import/plugstack.conf
    /// required /usr/lib64/shifter/shifter_slurm.so shifter_config=/etc/shifter/udiRoot.conf enable_ssh=1
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// system=cluster
    /// ```
    ///
    /// ```conf import/plugstack.conf
    /// required /usr/lib64/shifter/shifter_slurm.so shifter_config=/etc/shifter/udiRoot.conf enable_sshd=1
    /// ```
    ///
    /// # No fix
    /// The nearest name is a guess, and an import repairs only what has one reading. `help` names it.
    pub(crate) static PLUGSTACK_UNKNOWN_OPTION = {
        id: id("WLM013", "plugstack-unknown-option", Error, Correctness),
        impact: Impact::Silent,
        source: "shifterSpank.c, lines 106 to 126; spank(8)",
        check: Check::Import(unknown_option),
    }
}

fn unknown_option(files: &Evidence<'_>, out: &mut Marks) {
    for source in &files.plugstacks {
        let text = source.text();
        for line in text.lines().filter(|line| !line.starts_with('#') && line.contains("shifter")) {
            let mut words = line.split_whitespace();
            if !matches!(words.next(), Some("required" | "optional")) || words.next().is_none() {
                continue;
            }
            for word in words {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                if KNOWN.contains(&name) && !value.is_empty() {
                    continue;
                }
                let start = word.as_ptr().addr() - text.as_ptr().addr();
                let message = format!("the plugin ignores `{word}` without a message");
                let help = match nearest(name, KNOWN) {
                    Some(known) if known != name => format!("did you mean `{known}`?"),
                    Some(_) => format!("write `{name}=VALUE`"),
                    None => format!("it reads {}", KNOWN.map(|known| format!("`{known}`")).join(", ")),
                };
                out.at(source, start..start + word.len(), message, help);
            }
        }
    }
}
