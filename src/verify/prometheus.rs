//! For the textfile collector of Prometheus' node exporter (text exposition format 0.0.4).
//!
//! There is no time stamp: the collector exports the file's own as `node_textfile_mtime_seconds`.

use super::{Kind, NodeReport, State};
use std::fmt::Write as _;

const KINDS: [Kind; 8] = [
    Kind::Content,
    Kind::Group,
    Kind::Missing,
    Kind::Mode,
    Kind::Owner,
    Kind::Placeholder,
    Kind::Type,
    Kind::Unreadable,
];

/// What was found on a node, as metrics.
#[must_use]
pub fn write(report: &NodeReport) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, samples: &[(String, usize)]| {
        let _ = writeln!(text, "# HELP shifter_site_{name} {help}\n# TYPE shifter_site_{name} gauge");
        for (labels, value) in samples {
            let _ = writeln!(text, "shifter_site_{name}{labels} {value}");
        }
    };
    let states = [(State::Same, "same"), (State::Differs, "differs"), (State::Failed, "failed")];
    let states = states.map(|(state, word)| (format!("{{state=\"{word}\"}}"), usize::from(report.state == state)));
    metric("verify_state", "Whether the installed files are those of the manifest.", &states);
    metric("verify_files", "Files that were held against the manifest.", &[(String::new(), report.files as usize)]);
    let count = |kind: Kind| report.differences.iter().filter(|difference| difference.what == kind).count();
    let kinds = KINDS.map(|kind| (format!("{{what=\"{}\"}}", kind.word()), count(kind)));
    metric("verify_differences", "What is otherwise than the manifest says.", &kinds);
    let label = |value: &Option<String>| {
        let value = value.as_deref().unwrap_or_default();
        value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    };
    let info = format!(
        "{{site=\"{}\",class=\"{}\",config_id=\"{}\"}}",
        label(&report.site),
        label(&report.class),
        label(&report.config_id)
    );
    metric("verify_configuration_info", "Which configuration the manifest asks for.", &[(info, 1)]);
    text
}
