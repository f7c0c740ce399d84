//! How far a pull is: a line that moves on a terminal, a line for each state elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{ImageReport, ProgressBody, Record};

use crate::args::{Args, Output};
use crate::bars::Bars;
use crate::failure::Failure;
use crate::{out, report, text};

/// What is shown of a pull.
pub(crate) struct Progress {
    /// `Pulling`.
    doing: &'static str,
    image: String,
    bars: Option<Bars>,
    plain: bool,
    shown: Option<String>,
}

impl Progress {
    /// Nothing is shown but the result where the output is for programs and nobody watches.
    pub(crate) fn new(doing: &'static str, image: &Descriptor, args: &Args) -> Self {
        let bars = if is_watched(args) { Bars::new() } else { None };
        Self { doing, image: image.to_string(), bars, plain: args.output == Output::Text, shown: None }
    }

    /// Shows where the pull is.
    pub(crate) fn show(&mut self, record: &Record) -> Result<(), Failure> {
        let status = record.status.as_ref().map_or("MISSING", |status| status.as_str());
        match &self.bars {
            Some(bars) => {
                bars.record(&self.image, record);
                Ok(())
            }
            None if self.plain && self.shown.as_deref() != Some(status) => {
                self.shown = Some(status.to_owned());
                self.line(status)
            }
            None => Ok(()),
        }
    }

    /// Whether somebody watches, who is shown more than records tell.
    pub(crate) fn is_watched(&self) -> bool {
        self.bars.is_some()
    }

    /// Shows how far it is.
    pub(crate) fn draw(&mut self, body: &ProgressBody) {
        if let Some(bars) = &mut self.bars {
            bars.progress(&self.image, body);
        }
    }

    /// Says something beside the result.
    pub(crate) fn say(&self, what: &str) {
        eprintln!("shifterimg: {}", text::printable(what));
    }

    /// Says what was found in the image.
    pub(crate) fn tell(&self, found: &ImageReport) {
        if let Some(summary) = report::summary(found) {
            self.say(&format!("{}: {summary}", self.image));
        }
        for warning in report::warnings(found) {
            self.say(&format!("warning: {warning}"));
        }
    }

    /// Shows how it ended.
    pub(crate) fn end(&mut self, record: &Record) -> Result<(), Failure> {
        if let Some(bars) = self.bars.take() {
            bars.clear();
        }
        let status = record.status.as_ref().map_or("MISSING", |status| status.as_str());
        if self.plain { self.line(status) } else { Ok(()) }
    }

    /// The line of the original, which scripts search for `status: READY`.
    fn line(&self, status: &str) -> Result<(), Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let when = text::local_time(now, &TimeZone::system());
        out::line(&format!("{when} {} Image: {}, status: {status}", self.doing, self.image))
    }
}

/// The bar of an archive that is sent, where somebody watches.
pub(crate) fn of_sending(args: &Args) -> ProgressBar {
    let bar = if is_watched(args) { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn is_watched(args: &Args) -> bool {
    std::io::stderr().is_terminal() && std::io::stdout().is_terminal() && !args.verbose
}
