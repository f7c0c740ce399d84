//! `shifterimg lookup`: the id of an image.

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::Record;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::out;

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let record = match gateways.ask::<Record>(&Request::lookup(image))? {
        Answer::Found(record) => record,
        Answer::NotFound => return Err(Failure::NotFound(image.to_string())),
    };
    match output {
        Output::Json => out::line(&serde_json::to_string(&record).expect("a record has plain fields")),
        Output::Text => out::line(record.id.as_deref().unwrap_or("MISSING")),
    }
}
