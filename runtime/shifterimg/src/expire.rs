//! `shifterimg expire` and `autoexpire`: for administrators, and as silent as the original where it works.

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{AutoexpireBody, Autoexpired, ExpireBody};

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::out;

const WHO: &str = "only administrators of the system let images expire";

pub(crate) fn one(gateways: &mut Gateways, image: &Descriptor, output: Output) -> Result<(), Failure> {
    let body: ExpireBody = gateways.ask(&Request::get("expire", Some(image)))?.found(image)?;
    if output == Output::Json {
        out::json(&body)?;
    }
    match body.status {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::Refused(WHO.to_owned())),
        None => Err(Failure::NotFound(image.to_string())),
    }
}

pub(crate) fn unused(gateways: &mut Gateways, output: Output) -> Result<(), Failure> {
    let body = match gateways.ask::<AutoexpireBody>(&Request::get("autoexpire", None))? {
        Answer::Found(body) => body,
        Answer::NotFound => return Err(Failure::NotFound("the system".to_owned())),
    };
    if output == Output::Json {
        out::json(&body)?;
    }
    match body.status {
        Autoexpired::Ids(_) => Ok(()),
        Autoexpired::Refused(_) => Err(Failure::Refused(WHO.to_owned())),
    }
}
