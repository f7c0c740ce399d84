//! `shifter --why[=JOBID]`: what became of a start, and of what a container was made.
//!
//! In a container: what the record that it was built with and the kernel's table of mounts say ([`here`]). Outside: the
//! caller's last start on this node, or that of a batch job ([`past`]). The records are read as root, before anything is
//! looked at; what is printed is put together without privilege.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

use shifter_formats::record::Record;
use shifter_sys::environ;

use crate::privilege::Raised;
use crate::record;
use crate::say::say;

mod here;
mod past;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Of the container this runs in, or else of the last start.
    Last,
    /// Of a batch job.
    Job(String),
}

impl Why {
    /// As the option's value says.
    pub(crate) fn of(value: Option<OsString>) -> Why {
        value.map_or(Why::Last, |job| Why::Job(job.to_string_lossy().into_owned()))
    }
}

/// Prints the answer. Returns what to end with: 1 if there is none.
pub(crate) fn main(asked: &Why) -> i32 {
    let raised = match environ::take().map(|_unused| Raised::acquire()) {
        Ok(Ok(raised)) => raised,
        Ok(Err(error)) => return no_answer(&error),
        Err(error) => return no_answer(error),
    };
    let records = record::records_of(&raised);
    let is_kept = !raised.is_rootless();
    let _dropped = raised.drop_forever();
    let answer = match asked {
        Why::Last => here::built().map(|built| here::text(&built)).or_else(|| past::of_last(&records)),
        Why::Job(job) => past::of_job(&records, job),
    };
    match (answer, asked) {
        (Some(text), _) => i32::from(std::io::stdout().write_all(text.as_bytes()).is_err()),
        (None, _) if !is_kept => no_answer("of starts without privilege no record is kept"),
        (None, Why::Last) => no_answer("no start of yours is recorded on this node since it was booted"),
        (None, Why::Job(job)) => no_answer(format_args!(
            "no start of yours in job `{}` is recorded on this node; ask on the node where it ran",
            printable(job)
        )),
    }
}

fn no_answer(why: impl std::fmt::Display) -> i32 {
    say(why);
    1
}

/// What of a record is told in a container and outside alike.
fn rows(record: &Record) -> String {
    let list = |names: &[String]| Some(names.join(", ")).filter(|line| !line.is_empty());
    let rows = [
        ("image", record.image.clone()),
        ("digest", record.digest.clone()),
        ("identity", record.id.clone()),
        ("modules", list(&record.modules)),
        ("volumes", record.volumes.clone()),
        ("configuration", record.config_id.clone()),
    ];
    rows.into_iter().filter_map(|(name, value)| Some(row(name, &value?))).collect()
}

fn row(name: &str, value: &str) -> String {
    format!("{name:<15}{}\n", printable(value))
}

/// What a terminal shows and does not obey.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _infallible = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
