//! The groups of the user whom root named, by the system's libc.

use std::io::Read as _;

use shifter_sys::process::{self, Ended};
use shifter_sys::{account, node};

use super::SetupError;
use super::options::Options;
use crate::privilege::Raised;
use crate::start::StartError;

/// More groups than the kernel takes (`NGROUPS_MAX`) have no place in here.
const LARGEST: u64 = 65536 * 11;

/// All groups of the user, asked for in a child that has given up every right, since libc loads whatever modules the host
/// has for that. A user whom nobody knows has the group that root named.
pub(super) fn of(options: &Options) -> Result<Vec<u32>, StartError> {
    let failed = || SetupError::Groups(options.user.clone());
    let raised = Raised::for_user(options.uid, options.gid, &[])?;
    let (reading, writing) = process::pipe()?;
    let child = raised.in_dropped_child(|_dropped| {
        let Ok(groups) = account::groups_of(&options.user, options.gid) else { return 1 };
        let text: String = groups.iter().map(|group| format!("{group}\n")).collect();
        i32::from(node::write_all(writing, text.as_bytes()).is_err())
    })?;
    let mut text = String::new();
    let read = std::fs::File::from(reading).take(LARGEST).read_to_string(&mut text);
    match process::wait(child)? {
        Ended::Exited(0) if read.is_ok() => {}
        _ => return Err(failed().into()),
    }
    let groups: Result<Vec<u32>, _> = text.lines().map(str::parse).collect();
    Ok(groups.map_err(|_| failed())?)
}
