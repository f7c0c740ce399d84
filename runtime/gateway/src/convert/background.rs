//! A thread for a conversion, behind everything else.
//!
//! A conversion keeps every processor busy for a minute and nobody waits for it by the millisecond; a lookup does. So it runs,
//! with the programs it starts, at a nice value of [`BEHIND`], and only what lookups leave is its. Nobody without privilege takes
//! that back (setpriority(2)): the thread is a new one and ends with its work.

use tokio::sync::oneshot;

/// Against a thread at 0 this has a tenth of the processor (sched(7)).
const BEHIND: i32 = 10;

/// Does work that blocks and computes, on a thread of its own. A panic there goes on here.
pub(crate) async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = oneshot::channel();
    let thread = std::thread::Builder::new().name("convert".to_owned());
    let thread = thread.spawn(move || {
        // On Linux the calling thread's alone, and inherited by what it starts. Where it is refused, the work is done as it is.
        if let Err(error) = rustix::process::nice(BEHIND) {
            tracing::warn!(%error, "a conversion runs at the priority of lookups");
        }
        // Nobody waits any more where the pull was given up.
        let _ = sender.send(work());
    });
    let thread = thread.expect("the machine has room for a thread");
    match done.await {
        Ok(result) => result,
        Err(_) => match thread.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => unreachable!("a thread that ends has sent its result"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nice_value() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // proc_pid_stat(5): field 19, the third being the first behind the name.
        let field = stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap();
        field.parse().unwrap()
    }

    #[tokio::test]
    async fn what_runs_in_the_background_and_what_it_starts_stands_behind_and_nothing_else_does() {
        let before = nice_value();
        let (own, child) = in_background(|| {
            let nice = std::process::Command::new("nice").output().unwrap().stdout;
            (nice_value(), String::from_utf8(nice).unwrap())
        })
        .await;
        let expected = (before + BEHIND).min(19);
        assert_eq!((own, child.trim()), (expected, expected.to_string().as_str()));
        assert_eq!(nice_value(), before);
        assert_eq!(tokio::task::spawn_blocking(nice_value).await.unwrap(), before);
    }

    #[tokio::test]
    #[should_panic(expected = "at work")]
    async fn a_panic_in_the_background_is_not_lost() {
        in_background(|| panic!("at work")).await;
    }
}
