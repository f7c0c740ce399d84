//! The modules' hooks for users: as the user, in the container, with nothing of his to read and nothing open.
//!
//! What they say is shown as that of root's hooks is: on standard error, behind the hook's key, and only its beginning.

use std::ffi::{CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use shifter_sys::listen;
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{CallError, signal};

use super::LaunchError;
use crate::hooks::{self, HookFacts, MOST_SHOWN, Variables, When};
use crate::say::say;

/// Runs the hooks of all modules in order.
///
/// # Errors
/// The first that does not end with status 0.
pub(super) fn run_all(facts: &HookFacts<'_>) -> Result<(), LaunchError> {
    for module in facts.modules {
        for script in module.parts.iter().filter_map(|part| part.userhook.as_ref()) {
            let variables = facts.variables(When::User(module.name));
            let (reading, writing) = process::pipe()?;
            let child = process::in_child(|| {
                let error = become_hook(script, &variables, &writing);
                say(format_args!("cannot start `{}`: {error}", script.display()));
                127
            })?;
            drop(writing);
            let (ended, said) = listen::listen(&reading, child, MOST_SHOWN)?;
            hooks::show(&format!("module_{}_userhook", module.name), &said);
            if ended != Ended::Exited(0) {
                return Err(LaunchError::Hook(script.clone(), ended));
            }
        }
    }
    Ok(())
}

fn become_hook(script: &Path, variables: &Variables, output: &OwnedFd) -> CallError {
    let prepare = || -> Result<(), CallError> {
        signal::restore()?;
        process::close_inherited_on_exec()?;
        process::become_stdin(open::host(Path::new("/dev/null"), For::Reading)?)?;
        process::become_stdout(output)?;
        process::become_stderr(output)
    };
    if let Err(error) = prepare() {
        return error;
    }
    let words = [OsStr::new("/bin/sh"), script.as_os_str()];
    let words = words.map(|word| CString::new(word.as_bytes()).unwrap_or_default());
    process::exec(OsStr::new("/bin/sh"), &words, &hooks::c_variables(variables))
}
