//! The system log's way: `<PRI>shifter[PID]: @cee: {...}`, the form of RFC 3164 (section 4.1) that both journald and
//! rsyslog's imuxsock read from `/dev/log`. RFC 5424's header they do not read there; it would become part of the text.
//! The time is left to them: they believe only their own.
//!
//! The datagram is sent as root as long as root can be become again, so a record with `_UID=0` in journald's fields is one
//! that no user wrote: any user may write to the log, but not as root (unix(7), `SCM_CREDENTIALS`).

use std::os::fd::OwnedFd;
use std::path::Path;

use shifter_formats::record::{COOKIE, Outcome, Record};
use shifter_sys::Errno;
use shifter_sys::log::{self, Sender};

use crate::privilege::AsUser;

const SOCKET: &str = "/dev/log";

/// RFC 3164, table 1: security messages that not everybody may read.
const AUTHPRIV: u8 = 10;

/// A way to the system log.
#[derive(Debug)]
pub struct Log {
    socket: OwnedFd,
}

impl Log {
    /// With the caller's rights, so that it is no more than what he could reach.
    #[must_use]
    pub fn connect(_user: AsUser<'_>) -> Option<Log> {
        log::connect(Path::new(SOCKET)).ok().map(|socket| Log { socket })
    }

    pub(super) fn send(&self, record: &Record) {
        let line = line(std::process::id(), record);
        let sent = log::send(&self.socket, line.as_bytes(), Sender::Root);
        if sent.is_err_and(|error| error.errno == Errno::PERM) {
            let _lost = log::send(&self.socket, line.as_bytes(), Sender::Oneself);
        }
    }
}

fn line(process: u32, record: &Record) -> String {
    // RFC 3164, table 2: warning, notice, informational.
    let severity = match record.outcome {
        Outcome::Failed => 4,
        Outcome::Refused => 5,
        Outcome::Started | Outcome::SetUp | Outcome::TornDown => 6,
    };
    format!("<{}>shifter[{process}]: {COOKIE}{record}", AUTHPRIV * 8 + severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_as_rfc_3164_has_it_and_gives_the_record_back() {
        let record = Record { error: Some("a\nb".to_owned()), ..Record::new(Outcome::Refused, 1000) };
        let line = line(7, &record);
        assert!(line.starts_with("<85>shifter[7]: @cee: {\"at\":0,"), "{line}");
        assert_eq!(Record::in_log_line(&line), Some(Ok(record)));
    }
}
