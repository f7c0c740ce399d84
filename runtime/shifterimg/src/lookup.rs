//! `shifterimg lookup`: the id of an image.

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::Record;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::out;

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let record: Record = gateways.ask(&Request::get("lookup", Some(image)))?.found(image)?;
    match output {
        Output::Json => out::json(&record),
        Output::Text => out::line(record.id.as_deref().unwrap_or("MISSING")),
    }
}
