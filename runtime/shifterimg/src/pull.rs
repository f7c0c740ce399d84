//! `shifterimg pull`: have an image pulled, and ask until it is there.
//!
//! The same request starts the pull and asks how far it is. A gateway that is gone for a moment, as
//! when it is restarted, is asked again: it goes on with the pull by itself.

use std::thread::sleep;
use std::time::{Duration, Instant};

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{Record, Status};

use crate::args::{Args, Output, Wait};
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::ids::Access;
use crate::out;
use crate::progress::Progress;

/// Between two questions, as in the original.
const PACE: Duration = Duration::from_millis(500);
/// How long no gateway may answer once a pull is under way.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(
    gateways: &mut Gateways,
    image: &Descriptor,
    access: &Access,
    wait: Wait,
    args: &Args,
) -> Result<(), Failure> {
    let request = Request::post("pull", Some(image), access.body());
    let mut progress = Progress::new(image, args);
    let mut record = ask(gateways, &request, image)?;
    let mut answered = Instant::now();
    while wait == Wait::ForTheEnd && in_progress(&record) {
        progress.show(&record)?;
        sleep(PACE);
        match ask(gateways, &request, image) {
            Ok(next) => {
                record = next;
                answered = Instant::now();
            }
            Err(Failure::Gateway(_)) if answered.elapsed() < PATIENCE => {}
            Err(failure) => return Err(failure),
        }
    }
    progress.end(&record)?;
    if args.output == Output::Json {
        out::json(&record)?;
    }
    match &record.status {
        Some(Status::Ready) => Ok(()),
        _ if wait == Wait::No && in_progress(&record) => Ok(()),
        status => {
            let word = status.as_ref().map_or("MISSING", Status::as_str);
            let reason = record.status_message.unwrap_or_else(|| format!("the pull ended as {word}"));
            Err(Failure::Pull { image: image.to_string(), reason })
        }
    }
}

fn ask(gateways: &mut Gateways, request: &Request, image: &Descriptor) -> Result<Record, Failure> {
    gateways.ask(request)?.found(image)
}

/// MISSING counts: an old gateway says so before the pull has a state.
fn in_progress(record: &Record) -> bool {
    record.status.as_ref().is_none_or(Status::is_in_progress)
}
