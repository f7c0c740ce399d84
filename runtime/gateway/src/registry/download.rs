//! A blob from a registry into the cache, resumed where the connection breaks.

use std::fs::File;
use std::time::Instant;

use reqwest::Response;
use reqwest::header::CONTENT_RANGE;
use tokio::sync::mpsc;

use super::cache::{BlobCache, Incoming};
use super::client::Client;
use super::error::RegistryError;
use super::manifest::Descriptor;
use super::origin::blocking;
use super::retry::{Attempts, Next};

/// Pieces that may wait for the disk.
const QUEUE: usize = 16;

enum Piece {
    Bytes(bytes::Bytes),
    Restart,
}

/// How one answer ended.
enum Ended {
    /// All announced bytes are here, or more than that.
    Complete,
    /// The connection broke, or was too slow, after some bytes.
    Broken(String),
    /// The disk side has failed; its error is the one to report.
    Refused,
}

/// Fetches a blob; `received` is told of bytes as they come, and of bytes thrown away as negative.
pub(crate) async fn fetch(
    client: &Client,
    blob: &Descriptor,
    cache: &BlobCache,
    received: impl Fn(i64),
) -> Result<File, RegistryError> {
    let incoming = {
        let (cache, blob) = (cache.clone(), blob.clone());
        blocking(move || cache.receive(blob)).await?
    };
    let (sender, pieces) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(blocking(move || write(incoming, pieces)));
    let mut attempts = Attempts::new(client.timing());
    let mut done = 0;
    loop {
        let response = client.blob(blob.digest, done).await?;
        if !continues(&response, done)? && done > 0 {
            received(-done.cast_signed());
            done = 0;
            if sender.send(Piece::Restart).await.is_err() {
                break;
            }
        }
        check_length(&response, blob, done)?;
        let before = done;
        match receive(client, response, blob, &mut done, &sender, &received).await {
            Ended::Complete | Ended::Refused => break,
            Ended::Broken(what) => {
                // Progress earns new patience: a large blob may break more often than a small one.
                if done > before + (1 << 20) {
                    attempts = Attempts::new(client.timing());
                }
                match attempts.next(None) {
                    Next::After(pause) => tokio::time::sleep(pause).await,
                    Next::GiveUp | Next::TooLong(_) => {
                        return Err(RegistryError::Transport {
                            url: format!("blob {}", blob.digest),
                            what: format!("{what} after {done} of {} bytes", blob.size),
                        });
                    }
                }
            }
        }
    }
    drop(sender);
    match writer.await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// The disk side: counts, hashes and writes, and judges the whole at the end.
fn write(mut blob: Incoming, mut pieces: mpsc::Receiver<Piece>) -> Result<File, RegistryError> {
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Bytes(bytes) => blob.write(&bytes)?,
            Piece::Restart => blob.restart()?,
        }
    }
    blob.finish()
}

async fn receive(
    client: &Client,
    mut response: Response,
    blob: &Descriptor,
    done: &mut u64,
    sender: &mpsc::Sender<Piece>,
    received: &impl Fn(i64),
) -> Ended {
    let (started, before) = (Instant::now(), *done);
    loop {
        let bytes = match response.chunk().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) if *done >= blob.size => return Ended::Complete,
            Ok(None) => return Ended::Broken("the connection ended".to_owned()),
            Err(_) if *done >= blob.size => return Ended::Complete,
            Err(error) => {
                let text = std::error::Error::source(&error).map(ToString::to_string);
                return Ended::Broken(text.unwrap_or_else(|| "the connection broke".to_owned()));
            }
        };
        *done += bytes.len() as u64;
        received((bytes.len() as u64).cast_signed());
        if sender.send(Piece::Bytes(bytes)).await.is_err() {
            return Ended::Refused;
        }
        if *done > blob.size {
            return Ended::Complete;
        }
        if client.timing().is_too_slow(*done - before, started.elapsed()) {
            return Ended::Broken("the registry is too slow".to_owned());
        }
    }
}

/// Whether the answer goes on at byte `done`; an answer with other bytes is refused.
fn continues(response: &Response, done: u64) -> Result<bool, RegistryError> {
    if response.status().as_u16() != 206 {
        return Ok(false);
    }
    let range = response.headers().get(CONTENT_RANGE);
    let text = range.and_then(|value| value.to_str().ok());
    let first = text.and_then(|text| text.strip_prefix("bytes ")?.split_once('-'));
    match first {
        Some((first, _)) if first.parse() == Ok(done) => Ok(true),
        _ => Err(RegistryError::Protocol {
            url: super::client::shown(response.url()),
            what: "it answers with another part of the blob than was asked for".to_owned(),
        }),
    }
}

fn check_length(response: &Response, blob: &Descriptor, done: u64) -> Result<(), RegistryError> {
    match response.content_length() {
        Some(length) if length != blob.size - done => Err(RegistryError::Size {
            what: format!("blob {}", blob.digest),
            expected: blob.size,
            found: done.saturating_add(length),
        }),
        _ => Ok(()),
    }
}
