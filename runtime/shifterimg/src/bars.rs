//! A pull on a terminal: a line that moves, and below it the layers that come in.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use shifter_gateway_types::rest::{LayerProgress, ProgressBody, Record, Status};

use crate::text;

/// How many layers are drawn: so many come in at once.
const LAYERS: usize = 4;

/// The lines.
pub(crate) struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    layers: Vec<ProgressBar>,
}

impl Bars {
    /// `None` where the terminal cannot move its cursor (no TERM, or `dumb`).
    pub(crate) fn new() -> Option<Self> {
        let all = MultiProgress::new();
        let head = all.add(ProgressBar::new_spinner());
        head.enable_steady_tick(Duration::from_millis(120));
        (!head.is_hidden()).then(|| Self { all, head, layers: Vec::new() })
    }

    /// Draws what a record says.
    pub(crate) fn record(&self, image: &str, record: &Record) {
        let status = record.status.as_ref().map_or("MISSING", Status::as_str);
        let message = text::printable(record.status_message.as_deref().unwrap_or_default());
        draw(&self.head, &format!("{image} {status}"), &message);
    }

    /// Draws how far a pull is.
    pub(crate) fn progress(&mut self, image: &str, body: &ProgressBody) {
        let message = match body.place {
            Some(place) => format!("number {place} of those that wait"),
            None => text::printable(&body.message),
        };
        draw(&self.head, &format!("{image} {}", body.status.as_str()), &message);
        let shown = coming(&body.layers);
        while self.layers.len() > shown.len() {
            if let Some(bar) = self.layers.pop() {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
        }
        while self.layers.len() < shown.len() {
            self.layers.push(self.all.add(ProgressBar::new(0)));
        }
        for (bar, layer) in self.layers.iter().zip(shown) {
            bar.set_style(style("  {prefix} {bar:20} {bytes}/{total_bytes}"));
            bar.set_prefix(short(&layer.digest));
            bar.set_length(layer.bytes);
            bar.set_position(layer.done);
        }
    }

    /// Takes the lines away.
    pub(crate) fn clear(self) {
        for bar in self.layers {
            bar.finish_and_clear();
        }
        self.head.finish_and_clear();
    }
}

/// The layers that have begun to come and are not here yet.
fn coming(layers: &[LayerProgress]) -> Vec<&LayerProgress> {
    layers.iter().filter(|layer| 0 < layer.done && layer.done < layer.bytes).take(LAYERS).collect()
}

/// The first digits of a digest.
fn short(digest: &str) -> String {
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    text::printable(digits).chars().take(12).collect()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a template of this program")
}

/// One line, whatever the width of the terminal: the message is cut, not the bar and the bytes.
///
/// A bar where the message counts bytes, as `Pulling layer (5 of 10 bytes)`; a spinner elsewhere.
fn draw(bar: &ProgressBar, head: &str, message: &str) {
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
    fn only_layers_on_their_way_are_drawn() {
        let layer = |done| LayerProgress { digest: format!("sha256:{done:064}"), bytes: 9, done };
        let layers: Vec<LayerProgress> = [0, 9, 1, 2, 3, 4, 5].map(layer).to_vec();
        assert_eq!(coming(&layers).iter().map(|layer| layer.done).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(short(&layers[2].digest), "000000000000");
    }

    #[test]
    fn bytes_are_read_from_the_message() {
        assert_eq!(counted("Pulling layer (x) (5 of 10 bytes)"), Some(("Pulling layer (x)", 5, 10)));
        assert_eq!(counted("Converting image"), None);
        assert_eq!(counted("odd (a of b bytes)"), None);
    }
}
