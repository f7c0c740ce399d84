//! `shifterimg pin` and `unpin`: keep an image from expiring.

use std::time::Duration;

use jiff::tz::TimeZone;
use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{PinAsk, PinBody};

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::{out, text};

pub(crate) fn pin(
    gateways: &mut Gateways,
    image: &Descriptor,
    span: Option<Duration>,
    output: Output,
) -> Result<(), Failure> {
    let ask = PinAsk { seconds: span.map(|span| span.as_secs()) };
    let body = serde_json::to_string(&ask).expect("a number");
    let body: PinBody = gateways.ask(&Request::post("pin", Some(image), body))?.found(image)?;
    show(image, &body, output)
}

pub(crate) fn unpin(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: PinBody = gateways.ask(&Request::post("unpin", Some(image), String::new()))?.found(image)?;
    show(image, &body, output)
}

fn show(image: &Descriptor, body: &PinBody, output: Output) -> Result<(), Failure> {
    if output == Output::Json {
        return out::json(body);
    }
    out::line(&match body {
        PinBody { pinned: false, .. } => format!("{image}: not pinned"),
        PinBody { until: None, .. } => format!("{image}: pinned"),
        PinBody { until: Some(until), .. } => {
            format!("{image}: pinned until {}", text::local_time(*until, &TimeZone::system()))
        }
    })
}

/// Reads `30d`, `12h`, `90m`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write days or hours, as 30d or 12h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "w" => 7 * 86_400,
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    let count: u64 =
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten().ok_or_else(wrong)?;
    count.checked_mul(unit).filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(span("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(span("12h"), Ok(Duration::from_secs(12 * 3_600)));
        for wrong in ["", "d", "30", "0d", "-1d", "1.5d", "30days", "99999999999999999999d", "18446744073709551615w"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
