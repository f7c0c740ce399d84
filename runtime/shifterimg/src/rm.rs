//! `shifterimg rm`: let go of an image.

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::RemoveBody;

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::out;

pub(crate) fn run(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: RemoveBody = gateways.ask(&Request::post("rm", Some(image), String::new()))?.found(image)?;
    match (output, body.removed) {
        (Output::Json, _) => out::json(&body),
        (Output::Text, true) => out::line(&format!("{image}: removed")),
        (Output::Text, false) => {
            out::line(&format!("{image}: no longer yours; it stays for {} who pulled it too", body.holders))
        }
    }
}
