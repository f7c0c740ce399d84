//! `shifterimg sweep`: files and records that lost each other. For administrators.

use shifter_gateway_types::rest::{SweepAsk, SweepBody};

use crate::args::{Found, Output};
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::{out, text};

pub(crate) fn run(gateways: &mut Gateways, found: Found, output: Output) -> Result<(), Failure> {
    let ask = SweepAsk { remove: found == Found::Removed };
    let body = serde_json::to_string(&ask).expect("a truth value");
    let body = match gateways.ask::<SweepBody>(&Request::post("sweep", None, body))? {
        Answer::Found(body) => body,
        Answer::NotFound => return Err(Failure::NotFound("the system".to_owned())),
    };
    if output == Output::Json {
        return out::json(&body);
    }
    for tag in &body.tags {
        out::line(&text::printable(&format!("tag without file: {}:{} {}", tag.itype, tag.tag, tag.id)))?;
    }
    for file in &body.files {
        out::line(&text::printable(&format!("file without record: {} {} bytes", file.path, file.bytes)))?;
    }
    let found_nothing = body.tags.is_empty() && body.files.is_empty();
    if !body.removed && !found_nothing {
        eprintln!("shifterimg: nothing was removed: `shifterimg sweep --remove` does");
    }
    Ok(())
}
