//! `shifterimg cancel`: take a pull back.

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::CancelBody;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::out;

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: CancelBody = gateways.ask(&Request::post("cancel", Some(image), String::new()))?.found(image)?;
    match (output, body.cancelled) {
        (Output::Json, _) => out::json(&body),
        (Output::Text, true) => out::line(&format!("{image}: cancelled")),
        (Output::Text, false) => {
            out::line(&format!("{image}: no longer yours; the pull goes on for {} who asked for it too", body.others))
        }
    }
}
