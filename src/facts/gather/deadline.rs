//! Waiting no longer than agreed.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The answer of `ask`, or nothing when it takes longer than `limit`. The thread that asks is then left behind: one that
/// waits for a dead file server can be ended by nobody but the end of the process.
pub(super) fn within<T: Send + 'static>(limit: Duration, ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (answer, answered) = mpsc::channel();
    // The receiver may have given up by then.
    let ask = move || drop(answer.send(ask()));
    thread::Builder::new().spawn(ask).ok()?;
    answered.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_answer_in_time_is_left_behind() {
        let (keep, kept) = mpsc::channel::<()>();
        let never = move || kept.recv().is_ok();
        assert_eq!(within(Duration::from_millis(20), never), None);
        drop(keep);
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
    }
}
