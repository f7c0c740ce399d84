//! `shifterimg pull`: have an image pulled, and ask until it is there.
//!
//! The same request starts the pull and asks how far it is. A gateway that is gone for a moment, as
//! when it is restarted, is asked again: it goes on with the pull by itself. Loads and imports are followed in the same way.

use std::thread::sleep;
use std::time::{Duration, Instant};

use shifter_formats::image::Descriptor;
use shifter_gateway_types::rest::{InspectBody, ProgressBody, Record, Status};

use crate::args::{Args, Output, Wait};
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::ids::Access;
use crate::out;
use crate::progress::Progress;

/// Between two questions, as in the original.
const PACE: Duration = Duration::from_millis(500);
/// How long no gateway may answer once a pull is under way.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a full queue is waited for.
const QUEUE: Duration = Duration::from_secs(600);
/// The longest pause in that time.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) fn run(
    gateways: &mut Gateways,
    image: &Descriptor,
    access: &Access,
    wait: Wait,
    args: &Args,
) -> Result<(), Failure> {
    let request = Request::post("pull", Some(image), access.body()).bringing(gateways.passwords()?);
    let progress = Progress::new("Pulling", image, args);
    let record = first(gateways, &request, image, wait, &progress)?;
    follow(gateways, &request, image, record, progress, wait, args.output)
}

/// Asks until the work on an image is over, and says how it ended.
pub(crate) fn follow(
    gateways: &mut Gateways,
    request: &Request,
    image: &Descriptor,
    mut record: Record,
    mut progress: Progress,
    wait: Wait,
    output: Output,
) -> Result<(), Failure> {
    let is_watched = progress.is_watched();
    let mut answered = Instant::now();
    let mut watching = Watching { image, asks: is_watched };
    while wait == Wait::ForTheEnd && in_progress(&record) {
        match watching.look(gateways) {
            Some(body) => progress.draw(&body),
            None => progress.show(&record)?,
        }
        sleep(PACE);
        match ask(gateways, request, image) {
            Ok(next) => {
                record = next;
                answered = Instant::now();
            }
            Err(Failure::Gateway(_)) if answered.elapsed() < PATIENCE => {}
            Err(failure) => return Err(failure),
        }
    }
    progress.end(&record)?;
    if output == Output::Json {
        out::json(&record)?;
    }
    if is_watched && record.status == Some(Status::Ready) {
        // Who waited is told what came; that it cannot be told is no failure of the pull.
        let body = gateways.ask::<InspectBody>(&Request::get("inspect", Some(image)));
        if let Ok(Answer::Found(InspectBody { report: Some(report), .. })) = body {
            progress.tell(&report);
        }
    }
    match &record.status {
        Some(Status::Ready) => Ok(()),
        _ if wait == Wait::No && in_progress(&record) => Ok(()),
        status => {
            let word = status.as_ref().map_or("MISSING", Status::as_str);
            let reason = record.status_message.unwrap_or_else(|| format!("it ended as {word}"));
            Err(Failure::Pull { image: image.to_string(), reason })
        }
    }
}

/// The first answer. A full queue is waited for, as long as it says, where the pull is.
fn first(
    gateways: &mut Gateways,
    request: &Request,
    image: &Descriptor,
    wait: Wait,
    progress: &Progress,
) -> Result<Record, Failure> {
    let began = Instant::now();
    loop {
        match ask(gateways, request, image) {
            Err(Failure::Busy { why, pause }) if wait == Wait::ForTheEnd && began.elapsed() < QUEUE => {
                let pause = pause.clamp(PACE, LONGEST);
                progress.say(&format!("{why}; asking again in {} s", pause.as_secs_f64().ceil()));
                sleep(pause);
            }
            answer => return answer,
        }
    }
}

/// Looks at a pull on behalf of who watches it.
struct Watching<'a> {
    image: &'a Descriptor,
    /// Whether the gateway can be asked: older ones cannot.
    asks: bool,
}

impl Watching<'_> {
    fn look(&mut self, gateways: &mut Gateways) -> Option<ProgressBody> {
        if !self.asks {
            return None;
        }
        match gateways.ask(&Request::get("progress", Some(self.image))) {
            Ok(Answer::Found(body)) => Some(body),
            // The pull has just ended.
            Ok(Answer::NotFound) => None,
            Err(_) => {
                self.asks = false;
                None
            }
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
