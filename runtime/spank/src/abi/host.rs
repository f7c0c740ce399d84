//! What the process around us has for plugins: functions of Slurm, found by name when they are called.
//!
//! So the library has no undefined symbols and can be bound at once (`-z now`), no library of Slurm is named in it, and a
//! function that a release lacks is an error of the one call.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// `spank_t`
pub(super) type Handle = *mut c_void;

/// A call of Slurm's with its handle.
pub(super) struct Spank(Handle);

/// `enum spank_item` of spank.h, which releases only ever add to.
const JOB_UID: c_int = 0;
const JOB_GID: c_int = 1;
const JOB_ID: c_int = 2;
const STEP_ID: c_int = 3;
/// `SLURM_EXTERN_CONT`
const EXTERN_STEP: u32 = 0xffff_fffc;

/// Where the library is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// srun
    Local,
    /// slurmstepd of a step
    Remote,
    /// sbatch and salloc
    Allocator,
    /// slurmd
    Daemon,
    /// Prolog or epilog, or what a later release adds.
    Other,
}

/// The error of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostError {
    /// This Slurm has no such function.
    NoFunction(&'static CStr),
    /// It answered with this number (`<slurm/slurm_errno.h>`).
    Refused(&'static CStr, c_int),
    /// The text has a NUL in it.
    Nul,
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoFunction(name) => write!(f, "this Slurm has no {}", name.to_string_lossy()),
            Self::Refused(name, number) => write!(f, "{} answered {number}", name.to_string_lossy()),
            Self::Nul => f.write_str("the value has a NUL in it"),
        }
    }
}

/// Looks for a function among the global names of the process.
fn find(name: &'static CStr) -> Option<*mut c_void> {
    // SAFETY: dlsym(3) reads a C string and gives an address or null.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// A function by its name, as a pointer of the type that spank.h gives it.
macro_rules! function {
    ($name:literal as $kind:ty) => {
        // SAFETY: the name is that of a function of this type in spank.h and slurm.h since 15.08.
        find($name).map(|found| unsafe { std::mem::transmute::<*mut c_void, $kind>(found) })
    };
}

type Item = unsafe extern "C" fn(Handle, c_int, ...) -> c_int;
type Register = unsafe extern "C" fn(Handle, *const super::offer::SpankOption) -> c_int;
type SetEnv = unsafe extern "C" fn(Handle, *const c_char, *const c_char, c_int) -> c_int;
type Say = unsafe extern "C" fn(*const c_char, ...);

impl Spank {
    pub(super) fn new(handle: Handle) -> Self {
        Self(handle)
    }

    fn number(&self, item: c_int) -> Result<u32, HostError> {
        let name = c"spank_get_item";
        let call = function!(c"spank_get_item" as Item).ok_or(HostError::NoFunction(name))?;
        let mut value = 0_u32;
        // SAFETY: each of the items used here is written as one 32-bit number to the address behind it (spank.h).
        match unsafe { call(self.0, item, &raw mut value) } {
            0 => Ok(value),
            refused => Err(HostError::Refused(name, refused)),
        }
    }

    /// The number of the job.
    pub(super) fn job(&self) -> Result<u32, HostError> {
        self.number(JOB_ID)
    }

    /// Whose job it is.
    pub(super) fn uid(&self) -> Result<u32, HostError> {
        self.number(JOB_UID)
    }

    /// His group.
    pub(super) fn gid(&self) -> Result<u32, HostError> {
        self.number(JOB_GID)
    }

    /// Whether this is the step that Slurm has for what does not come from it.
    pub(super) fn is_extern_step(&self) -> bool {
        self.number(STEP_ID) == Ok(EXTERN_STEP)
    }

    /// Makes an option known.
    pub(super) fn register(&self, option: &'static super::offer::SpankOption) -> Result<(), HostError> {
        let name = c"spank_option_register";
        let call = function!(c"spank_option_register" as Register).ok_or(HostError::NoFunction(name))?;
        // SAFETY: the option lives as long as the process.
        match unsafe { call(self.0, option) } {
            0 => Ok(()),
            refused => Err(HostError::Refused(name, refused)),
        }
    }

    /// Tells the job, whose prolog finds it as `SPANK_NAME` and whose batch script as `SLURM_SPANK_NAME`.
    pub(super) fn tell_job(&self, key: &str, value: &str) -> Result<(), HostError> {
        let name = c"spank_job_control_setenv";
        let call = function!(c"spank_job_control_setenv" as SetEnv).ok_or(HostError::NoFunction(name))?;
        let text = |text: &str| CString::new(text).map_err(|_| HostError::Nul);
        let (key, value) = (text(key)?, text(value)?);
        // SAFETY: both are C strings that Slurm copies.
        match unsafe { call(self.0, key.as_ptr(), value.as_ptr(), 1) } {
            0 => Ok(()),
            refused => Err(HostError::Refused(name, refused)),
        }
    }
}

/// Sets or removes a variable of this process, which srun and sbatch hand on to tasks.
pub(super) fn set_variable(key: &str, value: Option<&str>) {
    match value {
        // SAFETY: a submit command calls plugins before it starts threads (srun(1), sbatch(1): options are read first).
        Some(value) => unsafe { std::env::set_var(key, value) },
        // SAFETY: as above.
        None => unsafe { std::env::remove_var(key) },
    }
}

/// In which process the library is.
pub(super) fn context() -> Context {
    let Some(call) = function!(c"spank_context" as unsafe extern "C" fn() -> c_int) else { return Context::Other };
    // SAFETY: it takes nothing and answers a number.
    match unsafe { call() } {
        1 => Context::Local,
        2 => Context::Remote,
        3 => Context::Allocator,
        4 => Context::Daemon,
        _ => Context::Other,
    }
}

fn say(call: Option<Say>, text: &str) {
    let text = CString::new(format!("shifter: {}", text.replace(['\0', '\n'], " "))).unwrap_or_default();
    match call {
        // SAFETY: a format for one C string, and one.
        Some(call) => unsafe { call(c"%s".as_ptr(), text.as_ptr()) },
        None => eprintln!("{}", text.to_string_lossy()),
    }
}

/// To the log of a daemon, or the standard error of a command or task.
pub(super) fn error(text: &str) {
    say(function!(c"slurm_error" as Say), text);
}

/// The same, where it is no error.
pub(super) fn info(text: &str) {
    say(function!(c"slurm_info" as Say), text);
}

/// The same, for who wants to know.
pub(super) fn debug(text: &str) {
    say(function!(c"slurm_debug" as Say), text);
}

/// Ends a task that must not start. Slurm's own way, a failure of the hook, works only for plugins that are `required`; this
/// is a process that was forked for the task alone.
pub(super) fn end_task() -> ! {
    // SAFETY: _exit(2) takes a number and does not return.
    unsafe { libc::_exit(1) }
}
