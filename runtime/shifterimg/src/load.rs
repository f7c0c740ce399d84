//! `shifterimg load`: bring an image of one's own, as an archive of Docker, Podman or skopeo.

use std::path::Path;

use shifter_formats::image::{Descriptor, ImageType};
use shifter_gateway_types::rest::Record;

use crate::args::{Args, Wait};
use crate::failure::Failure;
use crate::gateway::{Answer, Archive, Gateways, Request};
use crate::ids::Access;
use crate::progress::{self, Progress};
use crate::pull;

/// Sends the archive and waits until the image can be used. Without a name, the one in the archive counts.
pub(crate) fn run(
    gateways: &mut Gateways,
    path: &Path,
    name: Option<&Descriptor>,
    access: &Access,
    args: &Args,
) -> Result<(), Failure> {
    let record = {
        let mut archive = Archive::open(path, progress::of_sending(args))?;
        let request = Request::load(name, access.query());
        gateways.send_archive::<Record>(&request, &mut archive)?
    };
    let record = match record {
        Answer::Found(record) => record,
        Answer::NotFound => return Err(Failure::Gateway("the gateway loads no images".to_owned())),
    };
    let named = record.tag.as_ref().and_then(|tags| tags.first()).map(|tag| (ImageType::Custom, tag.clone()));
    let Some((kind, tag)) = named else {
        return Err(Failure::Gateway("the gateway does not say what the image is called".to_owned()));
    };
    let image = Descriptor { kind, tag };
    let progress = Progress::new("Loading", &image, args);
    let request = Request::get("load", Some(&image));
    pull::follow(gateways, &request, &image, record, progress, Wait::ForTheEnd, args.output)
}
