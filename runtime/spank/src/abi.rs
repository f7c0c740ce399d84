//! The border to Slurm: what it finds in this library, and what this library finds in it. All unsafe code is here.
//!
//! Slurm loads the library into srun, sbatch, salloc, slurmd and slurmstepd, looks for the names below and calls those it
//! finds (spank(7)). It compares `plugin_version` with its own release, so there is one library for each:
//! `SHIFTER_SLURM_SERIES=23.11 cargo build -p shifter-spank --release`; without it, for 22.05.
//!
//! A panic does not cross: each entry catches it and says what it was; those around a job go on, the others fail. So the library
//! is built with unwinding.

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::panic::{AssertUnwindSafe, catch_unwind};

mod hook;
mod host;
mod offer;

use host::Spank;

/// What a hook answers, by Slurm's numbers (`<slurm/slurm_errno.h>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// `ESPANK_SUCCESS`
    Fine,
    /// `SLURM_ERROR`
    Failed,
}

impl Answer {
    fn number(self) -> c_int {
        match self {
            Self::Fine => 0,
            Self::Failed => -1,
        }
    }
}

/// The release that the library is for, where none is named.
const OLDEST: &str = "22.05";

/// `SLURM_VERSION_NUMBER` of a release: `23.11` is 0x170b00. Slurm looks at the main and the minor number alone.
const fn version_number(series: &str) -> c_uint {
    let bytes = series.as_bytes();
    let (mut at, mut number, mut main) = (0, 0, None);
    while at < bytes.len() {
        match bytes[at] {
            b'.' if main.is_none() => {
                main = Some(number);
                number = 0;
            }
            digit @ b'0'..=b'9' => number = number * 10 + (digit - b'0') as c_uint,
            _ => panic!("SHIFTER_SLURM_SERIES is of the form 23.11"),
        }
        at += 1;
    }
    match main {
        Some(main) if main > 0 && main < 100 && number < 100 => main << 16 | number << 8,
        _ => panic!("SHIFTER_SLURM_SERIES is of the form 23.11"),
    }
}

/// The name in the variables that hand options on, so part of what sites and jobs know.
// SAFETY: no other library of Slurm's uses these names globally: it looks for them in this library alone (dlsym(3)).
#[unsafe(no_mangle)]
pub static plugin_name: [u8; 8] = *b"shifter\0";
/// Which kind of plugin it is.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub static plugin_type: [u8; 6] = *b"spank\0";
/// For which Slurm it is.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub static plugin_version: c_uint = version_number(match option_env!("SHIFTER_SLURM_SERIES") {
    Some(series) => series,
    None => OLDEST,
});
/// The version of the interface between both.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub static spank_plugin_version: c_uint = 1;

/// The texts of plugstack.conf behind the plugin's path.
///
/// # Safety
/// `words` points to `count` C strings that live over the call, as spank(7) says of `ac` and `argv`.
unsafe fn words(count: c_int, words: *const *const c_char) -> Vec<String> {
    let Some(count) = usize::try_from(count).ok().filter(|_| !words.is_null()) else { return Vec::new() };
    // SAFETY: the caller vouches for `count` pointers.
    let words = unsafe { std::slice::from_raw_parts(words, count) };
    words
        .iter()
        .map(|word| {
            // SAFETY: and that each is a C string.
            unsafe { CStr::from_ptr(*word) }.to_string_lossy().into_owned()
        })
        .collect()
}

/// Calls a hook, whose panic becomes this answer: a failure, but around jobs, where it would drain the node.
fn guarded(name: &str, after_panic: Answer, hook: impl FnOnce() -> Answer) -> c_int {
    let answer = catch_unwind(AssertUnwindSafe(hook)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        host::error(&format!("internal error in {name}: {}", said.unwrap_or("no message")));
        after_panic
    });
    answer.number()
}

macro_rules! hooks {
    ($($(#[$about:meta])* $name:ident => $hook:path, $after_panic:ident;)*) => {
        $(
            $(#[$about])*
            ///
            /// # Safety
            /// To be called by Slurm, with its handle and the words of plugstack.conf.
            // SAFETY: Slurm looks for the name in this library alone (dlsym(3)).
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(handle: host::Handle, count: c_int, argv: *const *const c_char) -> c_int {
                // SAFETY: Slurm calls this as spank(7) says.
                let words = unsafe { words(count, argv) };
                guarded(stringify!($name), Answer::$after_panic, || $hook(&Spank::new(handle), &words))
            }
        )*
    };
}

hooks! {
    /// In every process that loads the plugin but those of prolog and epilog: its options.
    slurm_spank_init => hook::init, Failed;
    /// After all options were read: what the job is told.
    slurm_spank_init_post_opt => hook::after_options, Failed;
    /// Before a job, on each of its nodes, as root.
    slurm_spank_job_prolog => hook::prolog, Fine;
    /// Before a task becomes the user's, as root.
    slurm_spank_task_init_privileged => hook::before_task, Failed;
    /// In the step that has no tasks of the user, as root.
    slurm_spank_task_post_fork => hook::after_fork, Fine;
    /// After a job, on each of its nodes, as root.
    slurm_spank_job_epilog => hook::epilog, Fine;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_the_number_that_slurm_compares() {
        assert_eq!(version_number("22.05"), 0x16_05_00);
        assert_eq!(version_number("23.11"), 0x17_0b_00);
        assert_eq!(version_number("25.05"), 0x19_05_00);
    }

    #[test]
    fn a_panic_does_not_cross_and_drains_no_node() {
        assert_eq!(guarded("test", Answer::Failed, || panic!("on purpose")), -1);
        assert_eq!(guarded("test", Answer::Fine, || panic!("on purpose")), 0);
        assert_eq!(guarded("test", Answer::Failed, || Answer::Fine), 0);
    }
}
