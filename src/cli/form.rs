//! The two forms of most verbs: words for people, JSON for programs.

/// A form of what a verb says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// A value as the JSON of this program.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).expect("texts, numbers and lists are JSON");
    shifter_gateway_types::pretty::print(&value)
}
