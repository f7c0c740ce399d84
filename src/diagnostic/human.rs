//! For people: each finding with the lines it is about, its `help:` and the other places it names.

mod crop;

use std::{fmt, ops::Range, sync::Arc};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use self::crop::Cropped;
use super::{Located, Place, Report, Severity, format::Style, source::Source};

/// The report with drawn snippets and the summary as the last line.
#[must_use]
pub fn write(report: &Report, style: Style) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(style.width).with_context_lines(1).with_links(false);
    let mut text = String::new();
    for located in report.findings() {
        let drawn = handler.render_report(&mut text, &Drawing::new(located));
        debug_assert!(drawn.is_ok(), "writing to a string fails only when a source cannot be read");
        text.push('\n');
    }
    text.push_str(&report.summary());
    text.push('\n');
    text
}

/// A finding as miette wants it: one source for each drawing, other files as related drawings.
#[derive(Debug)]
struct Drawing<'f> {
    head: Option<&'f Located>,
    message: String,
    help: Option<String>,
    source: Option<Text>,
    labels: Vec<LabeledSpan>,
    related: Vec<Drawing<'f>>,
}

impl<'f> Drawing<'f> {
    fn new(located: &'f Located) -> Self {
        let finding = &located.finding;
        let anchor = located.anchor();
        let name = |place: &Place| place.source.name.clone();
        let here = anchor.map(name);
        let (own, other): (Vec<&Place>, Vec<&Place>) =
            located.places.iter().partition(|place| Some(name(place)) == here);
        let mut help: Vec<&str> = finding.help.as_deref().into_iter().collect();
        let notes: Vec<String> = finding.notes.iter().map(|note| format!("note: {note}")).collect();
        help.extend(notes.iter().map(String::as_str));
        let (source, labels) = drawn(&own);
        Self {
            head: Some(located),
            message: finding.message.clone(),
            help: (!help.is_empty()).then(|| help.join("\n")),
            source,
            labels,
            related: other.into_iter().map(Self::elsewhere).collect(),
        }
    }

    /// A place in another file than the finding's own.
    fn elsewhere(place: &'f Place) -> Self {
        let (source, labels) = drawn(&[place]);
        Self {
            head: None,
            message: format!("see also {}:{}", place.source.name, place.start().line),
            help: None,
            source,
            labels,
            related: Vec::new(),
        }
    }
}

/// The text of places that lie in one file, and the places as labels of it.
fn drawn(places: &[&Place]) -> (Option<Text>, Vec<LabeledSpan>) {
    let Some(first) = places.first() else { return (None, Vec::new()) };
    let marks: Vec<Range<usize>> = places.iter().map(|place| place.span.clone()).collect();
    let shown = Cropped::new(first.source.shown(), &marks);
    let labels = places.iter().map(|place| label(place, &shown)).collect();
    (Some(Text { source: Arc::clone(&first.source), shown }), labels)
}

/// A file with its name.
#[derive(Debug)]
struct Text {
    source: Arc<Source>,
    shown: Cropped,
}

impl SourceCode for Text {
    /// What miette's own texts give, but with the number of lines that are shown, and with columns as everywhere else. Lines of
    /// miette 7.6 count from the beginning of the file, so that two labels far apart would be drawn with every line between
    /// them; its columns are bytes.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let shown = self.shown.text.read_span(span, before, after)?;
        let lines = shown.data().split(|byte| *byte == b'\n').count();
        let column = self.source.position(self.shown.before(span.offset())).column - 1;
        let (data, at, name) = (shown.data(), *shown.span(), self.source.name.clone());
        Ok(Box::new(MietteSpanContents::new_named(name, data, at, shown.line(), column, lines)))
    }
}

/// miette marks at least one character, and none past the end of the text.
fn label(place: &Place, shown: &Cropped) -> LabeledSpan {
    let (start, end) = (shown.now(place.span.start), shown.now(place.span.end));
    let text = (!place.text.is_empty()).then(|| place.text.clone());
    let span = (start, end - start);
    if place.primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let finding = &self.head?.finding;
        Some(Box::new(format!("{} {}", finding.code, finding.name)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.head.map(|located| located.finding.severity) {
            Some(Severity::Error) => miette::Severity::Error,
            Some(Severity::Warn) => miette::Severity::Warning,
            Some(Severity::Info) | None => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|drawing| drawing as _)))
    }
}
