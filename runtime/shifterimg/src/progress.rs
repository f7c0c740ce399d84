//! How far a pull is: a line that moves on a terminal, a line for each state elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::Record;

use crate::args::{Args, Output};
use crate::failure::Failure;
use crate::{out, text};

/// What is shown of a pull.
pub(crate) struct Progress {
    image: String,
    bar: Option<ProgressBar>,
    plain: bool,
    shown: Option<String>,
}

impl Progress {
    /// Nothing is shown but the result where the output is for programs and nobody watches.
    pub(crate) fn new(image: &Descriptor, args: &Args) -> Self {
        let watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal() && !args.verbose;
        let bar = watched.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        // A terminal that cannot move its cursor (no TERM, or `dumb`) gets the lines.
        let bar = bar.filter(|bar| !bar.is_hidden());
        Self { image: image.to_string(), bar, plain: args.output == Output::Text, shown: None }
    }

    /// Shows where the pull is.
    pub(crate) fn show(&mut self, record: &Record) -> Result<(), Failure> {
        let status = record.status.as_ref().map_or("MISSING", |status| status.as_str());
        match &self.bar {
            Some(bar) => {
                let message = text::printable(record.status_message.as_deref().unwrap_or_default());
                draw(bar, &format!("{} {status}", self.image), &message);
                Ok(())
            }
            None if self.plain && self.shown.as_deref() != Some(status) => {
                self.shown = Some(status.to_owned());
                self.line(status)
            }
            None => Ok(()),
        }
    }

    /// Shows how it ended.
    pub(crate) fn end(&mut self, record: &Record) -> Result<(), Failure> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let status = record.status.as_ref().map_or("MISSING", |status| status.as_str());
        if self.plain { self.line(status) } else { Ok(()) }
    }

    /// The line of the original, which scripts search for `status: READY`.
    fn line(&self, status: &str) -> Result<(), Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let when = text::local_time(now, &TimeZone::system());
        out::line(&format!("{when} Pulling Image: {}, status: {status}", self.image))
    }
}

/// One line, whatever the width of the terminal: the message is cut, not the bar and the bytes.
///
/// A bar where the message counts bytes, as `Pulling layer (5 of 10 bytes)`; a spinner elsewhere.
fn draw(bar: &ProgressBar, head: &str, message: &str) {
    let style = |template: &str| ProgressStyle::with_template(template).expect("a template of this program");
    match counted(message) {
        Some((what, done, total)) => {
            bar.set_style(style("{spinner} {prefix} {bar:20} {bytes}/{total_bytes} {wide_msg}"));
            bar.set_length(total);
            bar.set_position(done);
            bar.set_message(what.to_owned());
        }
        None => {
            bar.set_style(style("{spinner} {prefix} {wide_msg}"));
            bar.set_message(message.to_owned());
        }
    }
    bar.set_prefix(head.to_owned());
}

fn counted(message: &str) -> Option<(&str, u64, u64)> {
    let (what, counts) = message.strip_suffix(" bytes)")?.rsplit_once(" (")?;
    let (done, total) = counts.split_once(" of ")?;
    Some((what, done.parse().ok()?, total.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;

    /// A terminal of 80 columns that remembers what was written.
    #[derive(Clone, Debug, Default)]
    struct Terminal(Arc<Mutex<String>>);

    impl TermLike for Terminal {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_of_a_long_message_is_one_line() {
        let terminal = Terminal::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        let bar = ProgressBar::with_draw_target(None, target);
        let digest = "ab".repeat(32);
        let message = format!("Pulling layer 1 of 1: sha256:{digest} (5242880 of 10485760 bytes)");
        draw(&bar, "docker:slow/big:1 PULLING", &message);
        terminal.0.lock().unwrap().clear();
        bar.force_draw();
        let line = terminal.0.lock().unwrap().trim_end().to_owned();
        assert!(line.contains("docker:slow/big:1 PULLING") && line.contains("5.00 MiB/10.00 MiB Pull"), "{line}");
        assert!(line.contains('\u{2588}') && line.chars().count() <= 80, "{line}");
    }

    #[test]
    fn bytes_are_read_from_the_message() {
        assert_eq!(counted("Pulling layer (x) (5 of 10 bytes)"), Some(("Pulling layer (x)", 5, 10)));
        assert_eq!(counted("Converting image"), None);
        assert_eq!(counted("odd (a of b bytes)"), None);
    }
}
