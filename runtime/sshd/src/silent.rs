//! Letting go of standard output and error, so that whoever started the program does not wait for their end.

use std::io;

/// Puts `/dev/null` in the place of descriptors 1 and 2.
///
/// # Errors
/// Without `/dev/null`.
pub(crate) fn keep_quiet() -> io::Result<()> {
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
