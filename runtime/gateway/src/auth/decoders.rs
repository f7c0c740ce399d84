//! The threads that ask one munged.
//!
//! libmunge waits for its answer, so credentials are decoded on threads of their own, a few for each munged: more would only
//! wait in front of its socket, where a full backlog makes libmunge try again later and at last give up. One munged that does not
//! answer keeps no other from it, nor the threads that pulls and lookups block on.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use shifter_munge::{Decoded, Munge, MungeError};
use tokio::sync::oneshot;

use super::AuthError;

/// Threads of one munged, which has two itself unless its `--num-threads` says otherwise (munged(8)).
const THREADS: usize = 4;

type Outcome = Result<Decoded, MungeError>;

/// A credential, and who waits for what is in it.
struct Question {
    credential: String,
    answer: oneshot::Sender<Outcome>,
}

/// What waits to be decoded: at most one credential of each open connection.
#[derive(Default)]
struct Waiting {
    questions: VecDeque<Question>,
    is_over: bool,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// A question has come, or there will be none any more.
    comes: Condvar,
}

/// The threads. They end with this value.
pub(super) struct Decoders {
    queue: Arc<Queue>,
    socket: PathBuf,
}

impl Decoders {
    /// Starts threads that ask the munged behind `socket`.
    pub(super) fn start(munge: Arc<Munge>, socket: &Path) -> io::Result<Self> {
        let decode = {
            let socket = socket.to_owned();
            Arc::new(move |credential: &str| munge.decode(Some(&socket), credential))
        };
        Self::with(&decode, socket)
    }

    fn with(decode: &Arc<impl Fn(&str) -> Outcome + Send + Sync + 'static>, socket: &Path) -> io::Result<Self> {
        // Made first: where a thread cannot be started, those before it end with this.
        let decoders = Self { queue: Arc::default(), socket: socket.to_owned() };
        for _ in 0..THREADS {
            let (queue, decode) = (Arc::clone(&decoders.queue), Arc::clone(decode));
            let work = move || {
                while let Some(Question { credential, answer }) = queue.next() {
                    // Who has gone away needs no answer, and munged is spared.
                    if !answer.is_closed() {
                        // Gone meanwhile: nobody to tell.
                        let _ = answer.send(decode(&credential));
                    }
                }
            };
            std::thread::Builder::new().name("munge".to_owned()).spawn(work)?;
        }
        Ok(decoders)
    }

    /// Has a credential decoded. The outer error is this gateway's own.
    pub(super) async fn decode(&self, credential: String) -> Result<Outcome, AuthError> {
        let (answer, answered) = oneshot::channel();
        self.queue.lock().questions.push_back(Question { credential, answer });
        self.queue.comes.notify_one();
        answered.await.map_err(|gone| AuthError::Broken(Box::new(gone)))
    }
}

impl std::fmt::Debug for Decoders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoders").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Drop for Decoders {
    fn drop(&mut self) {
        self.queue.lock().is_over = true;
        self.queue.comes.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next question; `None` at the end.
    fn next(&self) -> Option<Question> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_over {
                return None;
            }
            if let Some(question) = waiting.questions.pop_front() {
                return Some(question);
            }
            waiting = self.comes.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    fn somebody(credential: &str) -> Outcome {
        Ok(Decoded { uid: credential.len() as u32, gid: 1, payload: Vec::new() })
    }

    #[tokio::test]
    async fn everybody_gets_what_is_in_the_own_credential() {
        let decoders = Decoders::with(&Arc::new(somebody), Path::new("/socket")).unwrap();
        let asked = (0..100).map(|n| decoders.decode("c".repeat(n)));
        let uids = futures_util::future::join_all(asked).await;
        let uids: Vec<u32> = uids.into_iter().map(|outcome| outcome.unwrap().unwrap().uid).collect();
        assert_eq!(uids, (0..100).collect::<Vec<u32>>());
    }

    #[tokio::test]
    async fn a_credential_of_somebody_who_has_gone_is_not_decoded() {
        let (opened, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let decoded = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&decoded);
        let wait = move |credential: &str| {
            count.fetch_add(1, Ordering::SeqCst);
            gate.lock().unwrap().recv().unwrap();
            somebody(credential)
        };
        let decoders = Decoders::with(&Arc::new(wait), Path::new("/socket")).unwrap();
        // All threads are at work, and one more question waits.
        let busy: Vec<_> = (0..THREADS).map(|_| decoders.decode("busy".to_owned())).collect();
        let busy = futures_util::future::join_all(busy);
        let gone = decoders.decode("gone".to_owned());
        let release = async {
            while decoded.load(Ordering::SeqCst) < THREADS {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            (0..=THREADS).for_each(|_| opened.send(()).unwrap());
        };
        // Asked for a while, then dropped.
        let asked_and_gone = tokio::time::timeout(std::time::Duration::from_millis(20), gone);
        let (answers, late, ()) = tokio::join!(busy, asked_and_gone, async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            release.await;
        });
        assert!(late.is_err());
        assert_eq!(answers.len(), THREADS);
        let last = decoders.decode("last".to_owned()).await.unwrap().unwrap();
        assert_eq!((last.uid, decoded.load(Ordering::SeqCst)), (4, THREADS + 1));
    }
}
