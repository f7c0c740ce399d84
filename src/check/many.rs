//! Many profiles at once: as many threads as there are processors, the results in the order of the arguments.

use std::{
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{Strictness, Verdict, check};
use crate::profile::{LoadError, LoadOptions};

/// A thread's stack. As the main thread's usual one: what a profile can be made to nest is read by recursion.
const STACK: usize = 8 << 20;

/// What there is to say about each of `profiles`. Of a profile only its verdict is kept, so that a run over
/// thousands needs memory for their findings and not for themselves.
///
/// # Errors
/// When one cannot be read or an override has no meaning: the first of these in the order of the arguments.
pub fn many(profiles: &[LoadOptions], class: Option<&str>, strictness: &Strictness) -> Result<Vec<Verdict>, LoadError> {
    let one = |options: &LoadOptions| check(options, class, strictness).map(|checked| checked.verdict);
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(profiles.len());
    if workers < 2 {
        return profiles.iter().map(one).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(profiles.len()));
    let work = || {
        while let Some((n, options)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            profiles.get(n).map(|options| (n, options))
        } {
            let verdict = one(options);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((n, verdict));
        }
    };
    thread::scope(|scope| {
        let started =
            (1..workers).filter(|_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).is_ok());
        // Where no thread can be had, this one does it all.
        let _ = started.count();
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, verdict)| verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::summary;

    fn profiles(texts: &[String]) -> Vec<LoadOptions> {
        texts.iter().enumerate().map(|(n, text)| LoadOptions::text(format!("{n}.toml"), text.as_bytes())).collect()
    }

    #[test]
    fn the_verdicts_stand_in_the_order_of_the_profiles() {
        let texts: Vec<String> = (0..200).map(|n| format!("schema = 1\nwrong_{n} = 1\n")).collect();
        let verdicts = many(&profiles(&texts), None, &Strictness::default()).expect("nothing to read");
        for (n, verdict) in verdicts.iter().enumerate() {
            let said = format!("unknown key `wrong_{n}`");
            assert!(verdict.findings.iter().any(|located| located.finding.message == said), "{n}");
        }
        assert_eq!(summary(verdicts).scope.profiles, 200);
    }

    #[test]
    fn the_first_profile_that_cannot_be_read_is_named() {
        let mut all = profiles(&vec!["schema = 1\n".to_owned(); 20]);
        all[7] = LoadOptions::file("absent-7.toml");
        all[3] = LoadOptions::file("absent-3.toml");
        let error = many(&all, None, &Strictness::default()).expect_err("not there").to_string();
        assert!(error.contains("absent-3.toml"), "{error}");
    }
}
