//! WLM rules about the line of an existing plugstack.conf.

use crate::diagnostic::{Category::*, Severity::*, nearest};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, id, rule};

/// The arguments that the plugin reads with a value, in the order of its manual. It compares all but the first without
/// regard to case (shifterSpank.c).
/// The last five are the native plugin's.
const WITH_A_VALUE: [&str; 11] = [
    "shifter_config",
    "memory_cgroup",
    "extern_setup",
    "extern_cgroup",
    "enable_ccm",
    "enable_sshd",
    "setup_root",
    "exclusive_nodes",
    "on_setup_failure",
    "pull_at_submit",
    "pull_timeout",
];

/// The argument without one, which the manual leaves out: options become `--shifter.image` and the like.
const ALONE: &str = "long_options";

rule! {
    /// The plugin is given an argument that it does not know.
    ///
    /// # What it checks
    /// Each argument of the plugin in an imported plugstack.conf is `NAME=VALUE` with one of the names that it reads, or `long_options`. Case
    /// counts in `shifter_config` alone.
    ///
    /// # Why is this bad
    /// The original plugin ignores others without a message: with `enable_ssh=1` no job ever has the ssh daemon.
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
    /// required /usr/lib64/shifter/shifter_slurm.so shifter_config=/etc/shifter/udiRoot.conf Enable_SSHD=1 long_options
    /// ```
    ///
    /// # Fix
    /// `import --fix --unsafe-fixes` writes the nearest name that the plugin reads into the repaired copy. An argument that is near to none stays.
    pub(crate) static PLUGSTACK_UNKNOWN_OPTION = {
        id: id("WLM013", "plugstack-unknown-option", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Unsafe,
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
            for word in words.filter(|word| !is_read(word)) {
                let start = word.as_ptr().addr() - text.as_ptr().addr();
                let span = start..start + word.len();
                let near = nearest_argument(word);
                let help = match &near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if WITH_A_VALUE.iter().any(|known| is_name(word.trim_end_matches('='), known)) => {
                        format!("write `{}=VALUE`", word.trim_end_matches('='))
                    }
                    None => {
                        let all: Vec<String> = WITH_A_VALUE.iter().map(|known| format!("`{known}`")).collect();
                        format!("it reads {}, each with a value, and `{ALONE}`", all.join(", "))
                    }
                };
                out.at(source, span.clone(), format!("the plugin ignores `{word}` without a message"), help);
                if let Some(near) = near {
                    out.guess(format!("write {near}"), vec![TextEdit { span, text: near }]);
                }
            }
        }
    }
}

/// Whether the plugin reads an argument.
fn is_read(word: &str) -> bool {
    match word.split_once('=') {
        Some((name, value)) => !value.is_empty() && WITH_A_VALUE.iter().any(|known| is_name(name, known)),
        None => is_name(word, ALONE),
    }
}

/// Whether the plugin takes `name` for the argument `known`.
fn is_name(name: &str, known: &str) -> bool {
    name == known || known != WITH_A_VALUE[0] && name.eq_ignore_ascii_case(known)
}

/// The argument that was meant, if one is near and has what it needs.
fn nearest_argument(word: &str) -> Option<String> {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match nearest(&name.to_ascii_lowercase(), WITH_A_VALUE.into_iter().chain([ALONE]))? {
        ALONE => Some(ALONE.to_owned()),
        known => (!value.is_empty()).then(|| format!("{known}={value}")),
    }
}
