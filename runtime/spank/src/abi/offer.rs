//! The options as Slurm keeps them: structures that live as long as the process, and the function that it calls with a value.

use std::ffi::{CStr, c_char, c_int};

use super::{guarded, hook};
use crate::option::Kind;

/// `struct spank_option`
#[repr(C)]
pub(super) struct SpankOption {
    name: *const c_char,
    about: *const c_char,
    usage: *const c_char,
    has_value: c_int,
    number: c_int,
    given: Option<unsafe extern "C" fn(c_int, *const c_char, c_int) -> c_int>,
}

// SAFETY: all pointers in it are to texts that never change.
unsafe impl Sync for SpankOption {}

const fn option(name: &'static CStr, about: Option<&'static CStr>, usage: &'static CStr, number: c_int) -> SpankOption {
    let (about, has_value) = match about {
        Some(about) => (about.as_ptr(), 1),
        None => (std::ptr::null(), 0),
    };
    SpankOption { name: name.as_ptr(), about, usage: usage.as_ptr(), has_value, number, given: Some(given) }
}

const IMAGE: &CStr = c"container image of the job, as docker:ubuntu:24.04";
const VOLUME: &CStr = c"mounts in containers; may be repeated";
const MODULE: &CStr = c"modules for containers, instead of the site's default ones";
const CCM: &CStr = c"run in a container of the whole node";

static SHORT: [SpankOption; 4] = [
    option(c"image", Some(c"type:tag"), IMAGE, 0),
    option(c"volume", Some(c"from:to[:flag][;...]"), VOLUME, 1),
    option(c"module", Some(c"name[,...]"), MODULE, 2),
    option(c"ccm", None, CCM, 3),
];

static LONG: [SpankOption; 4] = [
    option(c"shifter.image", Some(c"type:tag"), IMAGE, 0),
    option(c"shifter.volume", Some(c"from:to[:flag][;...]"), VOLUME, 1),
    option(c"shifter.module", Some(c"name[,...]"), MODULE, 2),
    option(c"shifter.ccm", None, CCM, 3),
];

/// The structure of an option.
pub(super) fn of(kind: Kind, is_long: bool) -> &'static SpankOption {
    let all = if is_long { &LONG } else { &SHORT };
    &all[Kind::ALL.iter().position(|known| *known == kind).unwrap_or_default()]
}

/// Slurm found an option with this value.
///
/// # Safety
/// To be called by Slurm, with a C string or null.
unsafe extern "C" fn given(number: c_int, value: *const c_char, remote: c_int) -> c_int {
    let value = if value.is_null() {
        String::new()
    } else {
        // SAFETY: Slurm gives a C string that lives over the call.
        unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned()
    };
    let kind = usize::try_from(number).ok().and_then(|number| Kind::ALL.get(number).copied());
    guarded("an option", super::Answer::Failed, || match kind {
        Some(kind) => hook::option(kind, &value, remote != 0),
        None => super::Answer::Failed,
    })
}
