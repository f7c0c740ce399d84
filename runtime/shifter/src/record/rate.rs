//! How many records of one user are written: no more than [`MOST`] in [`WINDOW`] seconds. The next one says how many were
//! left out.
//!
//! The count is a file that everybody who writes reads and writes again without waiting for others: of two that meet one
//! is not counted. It guards the log against storms of mistakes; a user who means harm can write to the log by himself.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// A start on each of a large node's cores, twice.
const MOST: u64 = 512;
/// Seconds.
const WINDOW: u64 = 10;

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is written, and this many before it were not.
    Fits {
        /// How many.
        left_out: u64,
    },
    /// It is left out, and counted.
    TooMany,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    began: u64,
    written: u64,
    left_out: u64,
}

/// Counts one record more, at a time in seconds.
pub(super) fn count(file: &File, now: u64) -> Verdict {
    let mut bytes = [0; 24];
    let before = match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => Count::from_bytes(bytes),
        Err(_) => Count::default(),
    };
    let (after, verdict) = before.next(now);
    let _not_counted = file.write_all_at(&after.to_bytes(), 0);
    verdict
}

impl Count {
    fn next(self, now: u64) -> (Count, Verdict) {
        // A clock that was set back begins anew as well.
        let is_in_window = now.checked_sub(self.began).is_some_and(|age| age < WINDOW);
        let written = if is_in_window { self.written } else { 0 };
        let began = if is_in_window { self.began } else { now };
        if written >= MOST {
            return (Count { left_out: self.left_out.saturating_add(1), ..self }, Verdict::TooMany);
        }
        let after = Count { began, written: written + 1, left_out: 0 };
        (after, Verdict::Fits { left_out: self.left_out })
    }

    fn from_bytes(bytes: [u8; 24]) -> Count {
        let mut numbers = bytes.as_chunks::<8>().0.iter().map(|number| u64::from_le_bytes(*number));
        let mut next = || numbers.next().unwrap_or_default();
        Count { began: next(), written: next(), left_out: next() }
    }

    fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (place, number) in bytes.as_chunks_mut::<8>().0.iter_mut().zip([self.began, self.written, self.left_out]) {
            *place = number.to_le_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_are_left_out_and_told_of_later() {
        let mut count = Count::default();
        let mut at = |now| {
            let (after, verdict) = count.next(now);
            count = Count::from_bytes(after.to_bytes());
            verdict
        };
        for _ in 0..MOST {
            assert_eq!(at(1000), Verdict::Fits { left_out: 0 });
        }
        assert_eq!([at(1001), at(1009)], [Verdict::TooMany; 2]);
        assert_eq!([at(1010), at(1010)], [Verdict::Fits { left_out: 2 }, Verdict::Fits { left_out: 0 }]);
        assert_eq!(at(5), Verdict::Fits { left_out: 0 }, "a clock set back");
    }
}
