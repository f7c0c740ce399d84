//! HTML of which no text can become markup.

use std::fmt::Write as _;

/// A page on its way.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup, as this program writes it.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0 += markup;
        self
    }

    /// A text from wherever.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0 += "&amp;",
                '<' => self.0 += "&lt;",
                '>' => self.0 += "&gt;",
                '"' => self.0 += "&quot;",
                '\'' => self.0 += "&#39;",
                // What turns the direction of a line, and what has no form.
                c if c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    write!(self.0, "{}", c.escape_unicode()).expect("a text takes every text");
                }
                c => self.0.push(c),
            }
        }
        self
    }

    /// A text between two pieces of markup.
    pub(super) fn within(&mut self, before: &'static str, text: &str, after: &'static str) -> &mut Self {
        self.raw(before).text(text).raw(after)
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// `1.4 GiB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let power = (count.ilog2() / 10).min(6);
    // Tenths, rounded down: what is shown is there.
    let tenths = (u128::from(count) * 10) >> (10 * power);
    let unit = UNITS[power as usize - 1];
    if tenths < 1000 { format!("{}.{} {unit}", tenths / 10, tenths % 10) } else { format!("{} {unit}", tenths / 10) }
}

/// `3 min ago`.
pub(super) fn ago(now: f64, then: f64) -> String {
    let span = span(now - then);
    if span.is_empty() { "just now".to_owned() } else { format!("{span} ago") }
}

/// `3 min`; nothing for less than a second, and for what is still to come.
pub(super) fn span(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole seconds of a span of time")]
    let seconds = seconds.max(0.0) as u64;
    match seconds {
        0 => String::new(),
        1..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut html = Html::default();
        html.within("<b>", "<script>\"'&\u{202e}\u{7}ä", "</b>");
        assert_eq!(html.finish(), r"<b>&lt;script&gt;&quot;&#39;&amp;\u{202e}\u{7}ä</b>");
    }

    #[test]
    fn sizes_and_spans_are_short() {
        assert_eq!(
            [0, 1023, 1024, 1_500_000, 200 << 30].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "1.4 MiB", "200 GiB"]
        );
        assert_eq!(bytes(u64::MAX), "15.9 EiB");
        assert_eq!([0.5, 119.0, 120.0, 90_000.0, 1e6].map(span), ["", "119 s", "2 min", "25 h", "11 days"]);
        assert_eq!((ago(10.0, 20.0), ago(20.0, 10.0)), ("just now".to_owned(), "10 s ago".to_owned()));
    }
}
