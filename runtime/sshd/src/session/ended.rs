//! How a session's program ended, as the client is told (RFC 4254, 6.10), and the names of signals there.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use russh::server::Handle;
use russh::{ChannelId, Sig};
use rustix::process::Signal;
use tokio::process::Child;

/// What a client is told of a program that nobody knows anything about.
const UNKNOWN: u32 = 255;

/// The names that both ends know.
const SIGNALS: [(&str, Signal); 13] = [
    ("ABRT", Signal::ABORT),
    ("ALRM", Signal::ALARM),
    ("FPE", Signal::FPE),
    ("HUP", Signal::HUP),
    ("ILL", Signal::ILL),
    ("INT", Signal::INT),
    ("KILL", Signal::KILL),
    ("PIPE", Signal::PIPE),
    ("QUIT", Signal::QUIT),
    ("SEGV", Signal::SEGV),
    ("TERM", Signal::TERM),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
];

pub(crate) async fn wait(mut child: Child) -> Option<ExitStatus> {
    child.wait().await.ok()
}

/// Tells the client, and closes the channel. Whoever is gone is told nothing.
pub(crate) async fn tell(client: &Handle, channel: ChannelId, ended: Option<ExitStatus>) {
    let told = match ended.and_then(|status| Some((name(status.signal()?), status.core_dumped()))) {
        Some((signal, core)) => client.exit_signal_request(channel, signal, core, String::new(), String::new()).await,
        None => {
            let code = ended.and_then(|status| status.code()).and_then(|code| u32::try_from(code).ok());
            client.exit_status_request(channel, code.unwrap_or(UNKNOWN)).await
        }
    };
    if told.is_ok() && client.eof(channel).await.is_ok() {
        let _is_gone = client.close(channel).await;
    }
}

/// The signal that a client names; none for a name that is no signal's.
pub(crate) fn number(signal: &Sig) -> Option<Signal> {
    let name = match signal {
        Sig::Custom(name) => name.clone(),
        named => format!("{named:?}"),
    };
    SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, signal)| *signal)
}

fn name(number: i32) -> Sig {
    let known = SIGNALS.iter().find(|(_, signal)| signal.as_raw() == number);
    Sig::Custom(known.map_or_else(|| format!("{number}@shifter"), |(name, _)| (*name).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_the_names_of_the_protocol() {
        assert_eq!(number(&Sig::TERM), Some(Signal::TERM));
        assert_eq!(number(&Sig::Custom("USR2".to_owned())), Some(Signal::USR2));
        assert_eq!(number(&Sig::Custom("NONE".to_owned())), None);
        assert!(matches!(name(9), Sig::Custom(name) if name == "KILL"));
        assert!(matches!(name(64), Sig::Custom(name) if name == "64@shifter"));
    }
}
