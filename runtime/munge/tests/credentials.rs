//! Credentials through a real `munged`.

#[path = "support/munged.rs"]
mod munged;

use munged::Munged;
use shifter_munge::{Munge, MungeError, Refusal};

#[test]
fn a_credential_tells_who_asked_and_carries_its_payload() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    let credential = munge.encode(Some(daemon.socket()), b"hello").unwrap();
    let decoded = munge.decode(Some(daemon.socket()), &credential).unwrap();
    assert_eq!(decoded.payload, b"hello");
    let me = std::fs::metadata("/proc/self").unwrap();
    assert_eq!(decoded.uid, std::os::unix::fs::MetadataExt::uid(&me));
    assert_eq!(decoded.gid, std::os::unix::fs::MetadataExt::gid(&me));
}

#[test]
fn a_payload_may_be_empty() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    let credential = munge.encode(Some(daemon.socket()), b"").unwrap();
    assert_eq!(munge.decode(Some(daemon.socket()), &credential).unwrap().payload, b"");
}

#[test]
fn a_credential_is_accepted_once_and_stays_readable_to_its_owner() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    let socket = Some(daemon.socket());
    let credential = munge.encode(socket, b"kept").unwrap();
    munge.decode(socket, &credential).unwrap();
    assert_eq!(munge.decode(socket, &credential), Err(MungeError::Refused(Refusal::Replayed)));
    assert_eq!(munge.decode_stored(socket, &credential).unwrap().payload, b"kept");
}

#[test]
fn a_text_that_is_no_credential_is_refused() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    let refused = munge.decode(Some(daemon.socket()), "MUNGE:not-one:");
    assert_eq!(refused, Err(MungeError::Refused(Refusal::Invalid)));
    let nul = munge.decode(Some(daemon.socket()), "MUNGE:\0:");
    assert_eq!(nul, Err(MungeError::Nul("the credential")));
}

#[test]
fn a_changed_credential_is_refused() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    let credential = munge.encode(Some(daemon.socket()), b"x").unwrap();
    let at = credential.len() / 2;
    let other = if credential.as_bytes()[at] == b'A' { "B" } else { "A" };
    let changed = format!("{}{other}{}", &credential[..at], &credential[at + 1..]);
    assert_eq!(munge.decode(Some(daemon.socket()), &changed), Err(MungeError::Refused(Refusal::Invalid)));
}

#[test]
fn a_missing_munged_is_said_to_be_unreachable() {
    let dir = tempfile::tempdir().unwrap();
    let munge = Munge::load().unwrap();
    let error = munge.encode(Some(&dir.path().join("none")), b"").unwrap_err();
    assert!(matches!(error, MungeError::Unreachable(_)), "{error:?}");
}

#[test]
fn many_threads_decode_at_once() {
    let daemon = Munged::start();
    let munge = Munge::load().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let (munge, socket) = (&munge, daemon.socket());
            scope.spawn(move || {
                for _ in 0..20 {
                    let credential = munge.encode(Some(socket), &[thread; 3]).unwrap();
                    assert_eq!(munge.decode(Some(socket), &credential).unwrap().payload, [thread; 3]);
                }
            });
        }
    });
}

#[test]
fn a_credential_of_another_key_is_refused() {
    let (ours, theirs) = (Munged::start(), Munged::start_with_key(7));
    let munge = Munge::load().unwrap();
    let credential = munge.encode(Some(theirs.socket()), b"").unwrap();
    assert_eq!(munge.decode(Some(ours.socket()), &credential), Err(MungeError::Refused(Refusal::Invalid)));
}
