//! The forms of output. A form never changes what was found nor the exit code.

use super::{Report, concise, github, gitlab, human, json, junit, sarif};

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people: the lines in question, marked.
    #[default]
    Human,
    /// One line for each finding.
    Concise,
    /// This program's own versioned form.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML.
    Junit,
}

/// How text for people is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// How many columns there are.
    pub width: usize,
}

impl Format {
    /// The report in this form, ending with a line end.
    #[must_use]
    pub fn write(self, report: &Report, style: Style) -> String {
        match self {
            Self::Human => human::write(report, style),
            Self::Concise => concise::write(report),
            Self::Json => json::write(report),
            Self::Sarif => sarif::write(report),
            Self::Github => github::write(report),
            Self::Gitlab => gitlab::write(report),
            Self::Junit => junit::write(report),
        }
    }
}
