//! `shifterimg images`: what this user may use.

use jiff::tz::TimeZone;
use shifter_gateway_types::rest::ListBody;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::{out, quota, text};

pub(crate) fn run(gateways: &mut Gateways, output: Output) -> Result<(), Failure> {
    let list = match gateways.ask::<ListBody>(&Request::get("list", None))? {
        Answer::Found(body) => body.list,
        Answer::NotFound => return Err(Failure::NotFound("the list of images".to_owned())),
    };
    if output == Output::Json {
        return out::json(&list);
    }
    let zone = TimeZone::system();
    let mut rows: Vec<(String, String)> = list.iter().flat_map(|record| text::rows(record, &zone)).collect();
    rows.sort();
    rows.iter().try_for_each(|(_, row)| out::line(row))?;
    quota::remind(gateways);
    Ok(())
}
