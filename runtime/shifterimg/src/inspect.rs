//! `shifterimg inspect`: all that is known of an image.

use indicatif::HumanBytes;
use jiff::tz::TimeZone;
use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::InspectBody;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::{out, report, text};

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: InspectBody = gateways.ask(&Request::get("inspect", Some(image)))?.found(image)?;
    if output == Output::Json {
        return out::json(&body);
    }
    let rows = rows(&body, &TimeZone::system());
    rows.iter().try_for_each(|(name, value)| out::line(&format!("{name:<10} {}", text::printable(value))))
}

fn rows(body: &InspectBody, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let record = &body.record;
    let words = |words: &Option<Vec<String>>| words.as_ref().map(|words| words.join(" "));
    let when = |time: f64| text::local_time(time, zone);
    let numbers = |ids: &[u32]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let kept = match (body.pinned, body.pinned_until) {
        (false, _) => None,
        (true, None) => Some("yes".to_owned()),
        (true, Some(until)) => Some(format!("until {}", when(until))),
    };
    let mut rows = vec![
        ("id", record.id.clone()),
        ("tags", words(&record.tag)),
        ("digest", Some(body.digest.clone())),
        ("entry", words(&record.entry)),
        ("command", words(&body.cmd)),
        ("directory", record.workdir.clone()),
        ("user", Some(body.user.clone())),
        ("volumes", Some(body.volumes.join(" "))),
        ("pulled", record.last_pull.map(when)),
        ("used", Some(when(body.last_use))),
        ("held by", Some(numbers(&body.holders))),
        ("kept", kept),
        ("expires", body.expires.map(when)),
    ];
    rows.extend(body.platforms.iter().map(|image| {
        let size = HumanBytes(image.bytes);
        ("platform", Some(format!("{} {} {size} {}", image.platform, image.format, image.id)))
    }));
    rows.extend(body.report.iter().flat_map(report::rows).map(|(name, value)| (name, Some(value))));
    rows.extend(record.env.iter().flatten().map(|variable| ("variable", Some(variable.clone()))));
    rows.extend(record.labels.iter().flatten().map(|(name, value)| ("label", Some(format!("{name}={value}")))));
    rows.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}
