//! `shifterimg quota`: how much there is and may be, and what will soon expire.

use std::io::IsTerminal;

use indicatif::HumanBytes;
use jiff::tz::TimeZone;
use shifter_gateway_types::rest::{Expiring, QuotaBody, Usage};

use crate::args::Output;
use crate::failure::Failure;
use crate::gateway::{Answer, Gateways, Request};
use crate::{out, text};

pub(crate) fn run(gateways: &mut Gateways, output: Output) -> Result<(), Failure> {
    let body = match gateways.ask::<QuotaBody>(&Request::get("quota", None))? {
        Answer::Found(body) => body,
        Answer::NotFound => return Err(Failure::NotFound("the quota".to_owned())),
    };
    if output == Output::Json {
        return out::json(&body);
    }
    out::line(&format!("{:<10} {}", "you", usage(body.user)))?;
    out::line(&format!("{:<10} {}", "system", usage(body.system)))?;
    body.expiring.iter().try_for_each(|expiring| out::line(&notice(expiring)))
}

/// On a terminal: what the user holds and what will soon expire. Gateways that do not know are not mentioned.
pub(crate) fn remind(gateways: &mut Gateways) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    if let Ok(Answer::Found(body)) = gateways.ask::<QuotaBody>(&Request::get("quota", None)) {
        for expiring in &body.expiring {
            eprintln!("shifterimg: {}", notice(expiring));
        }
    }
}

fn notice(expiring: &Expiring) -> String {
    let Expiring { itype, tag, at } = expiring;
    let image = text::printable(&format!("{itype}:{tag}"));
    let when = text::local_time(*at, &TimeZone::system());
    format!("{image} is unused and expires {when}: use it, pull it or pin it to keep it")
}

fn usage(usage: Usage) -> String {
    let held = HumanBytes(usage.bytes);
    usage.limit.map_or_else(|| held.to_string(), |limit| format!("{held} of {}", HumanBytes(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_is_written_for_people() {
        assert_eq!(usage(Usage { bytes: 3 << 29, limit: Some(200 << 30) }), "1.50 GiB of 200.00 GiB");
        assert_eq!(usage(Usage { bytes: 0, limit: None }), "0 B");
    }
}
