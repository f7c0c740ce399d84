//! `shifterimg history`: which images a tag has named, and since when.

use jiff::tz::TimeZone;
use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{HistoryBody, HistoryRow};

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::{out, text};

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: HistoryBody = gateways.ask(&Request::get("history", Some(image)))?.found(image)?;
    if output == Output::Json {
        return out::json(&body.list);
    }
    let zone = TimeZone::system();
    body.list.iter().try_for_each(|row| out::line(&line(row, &zone)))
}

fn line(row: &HistoryRow, zone: &TimeZone) -> String {
    let who = row.uid.map_or_else(|| "-".to_owned(), |uid| uid.to_string());
    let (when, id) = (text::local_time(row.time, zone), text::printable(&row.id));
    format!("{when} {:<8} {id} {who}", row.event.as_str())
}
