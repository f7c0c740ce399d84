//! One record of each start, refusal, set-up and removal: to the system log, and to the node's memory for `--why`.
//!
//! Nothing here can fail a start or make it wait. The socket is connected with the caller's rights, before anything of his
//! is read, and all that root opens for it is opened then too; from there on there are only descriptors, so a record can be
//! written in every phase. A log that is dead, full or stopped loses the record, and that is all.
//!
//! It holds what was asked for and what was found: no argument of a command, no variable but the batch job's number.

use std::ffi::OsString;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use shifter_formats::record::{Outcome, Phase, Record};
use shifter_formats::udiroot::{Conf, Loaded};

use crate::image::ImageFacts;
use crate::privilege::Raised;
use crate::request::Request;

mod log;
mod mounts;
mod rate;
mod store;
mod verdict;

pub(crate) use store::records_of;
pub(crate) use verdict::{in_one_line, outcome};

pub use log::Log;
use store::Store;

/// The variables of batch systems that hold a job's number, the first one that is there.
const JOBS: [&str; 5] = ["SLURM_JOB_ID", "SLURM_JOBID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"];

/// Where records go, and what is known of the one to be written.
#[derive(Debug)]
pub struct Journal {
    log: Option<Log>,
    store: Option<Store>,
    record: Record,
    phase_began: Instant,
}

impl Journal {
    /// Opens the ways. Each of them may be missing.
    #[must_use]
    pub fn open(raised: &Raised, log: Option<Log>, environment: &[(OsString, OsString)]) -> Journal {
        let mut record = Record::new(Outcome::Failed, raised.caller().uid);
        record.job_claimed = job(environment);
        Journal { log, store: Store::open(raised), record, phase_began: Instant::now() }
    }

    /// The journal of something that is not recorded.
    #[must_use]
    pub fn unwritten() -> Journal {
        Journal { log: None, store: None, record: Record::new(Outcome::Failed, 0), phase_began: Instant::now() }
    }

    /// What was asked for, as soon as it is understood.
    pub fn asked_for(&mut self, conf: &Conf, request: &Request, modules: &[Loaded<'_>], command: &[OsString]) {
        let record = &mut self.record;
        record.image = Some(request.image.to_string());
        record.modules = modules.iter().map(module).collect();
        record.volumes = Some(request.volumes.signature()).filter(|volumes| !volumes.is_empty());
        record.config_id.clone_from(&conf.conf_id);
        record.program = command.first().map(|word| word.to_string_lossy().into_owned());
        self.ends(Phase::Request);
    }

    /// Which image it is.
    pub fn found(&mut self, image: &ImageFacts) {
        self.record.id = Some(image.identifier.clone());
        self.record.digest.clone_from(&image.digest);
        self.ends(Phase::Image);
    }

    /// What the site mounts for it. Told of no start that was refused: who asks for a module learns nothing of it by that.
    pub fn mounts(&mut self, conf: &Conf, modules: &[Loaded<'_>]) {
        self.record.mounts = mounts::of(conf, modules);
    }

    /// A phase is over.
    pub fn ends(&mut self, phase: Phase) {
        let now = Instant::now();
        let time = now.duration_since(self.phase_began).as_micros();
        self.record.phases.push((phase, u64::try_from(time).unwrap_or(u64::MAX)));
        self.phase_began = now;
    }

    /// What is built, as far as the one in the container may know it: no time, no job. What is mounted the kernel says.
    #[must_use]
    pub fn built(&self) -> String {
        let known = self.record.clone();
        let built = Record { outcome: Outcome::Started, job_claimed: None, program: None, ..known };
        Record { phases: Vec::new(), mounts: Vec::new(), ..built }.to_string()
    }

    /// Writes that it went well.
    pub fn went_well(&mut self, outcome: Outcome) {
        self.record.outcome = outcome;
        self.write();
    }

    /// Writes that there was no start, or no command after it.
    pub fn went_wrong(&mut self, outcome: Outcome, status: i32, error: &(dyn std::error::Error + 'static)) {
        self.record.outcome = outcome;
        self.record.exit = Some(status);
        self.record.error = Some(in_one_line(error));
        self.write();
    }

    fn write(&mut self) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.record.at = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        self.record.left_out = match self.store.as_ref().map(|store| store.rate(since.as_secs())) {
            Some(rate::Verdict::TooMany) => return,
            Some(rate::Verdict::Fits { left_out }) => left_out,
            None => 0,
        };
        if let Some(log) = &self.log {
            // What a user mounts is his business and the node's memory's, not the log's; what the site mounts its log knows.
            log.send(&Record { volumes: None, mounts: Vec::new(), ..self.record.clone() });
        }
        if let Some(store) = &self.store {
            store.add(&self.record);
        }
    }
}

fn module(loaded: &Loaded<'_>) -> String {
    match loaded.version {
        Some(version) => format!("{}/{version}", loaded.name),
        None => loaded.name.to_owned(),
    }
}

fn job(environment: &[(OsString, OsString)]) -> Option<String> {
    let value = |name| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let found = JOBS.iter().find_map(|name| value(*name).filter(|value| !value.is_empty()));
    found.map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_is_that_of_the_first_batch_system_that_says_one() {
        let environment = |names: &[(&str, &str)]| -> Vec<(OsString, OsString)> {
            names.iter().map(|(name, value)| (name.into(), value.into())).collect()
        };
        assert_eq!(job(&environment(&[("PBS_JOBID", "7.pbs"), ("HOME", "/")])).unwrap(), "7.pbs");
        assert_eq!(job(&environment(&[("PBS_JOBID", "7"), ("SLURM_JOB_ID", "8")])).unwrap(), "8");
        assert_eq!(job(&environment(&[("SLURM_JOB_ID", ""), ("JOB_ID", "9")])).unwrap(), "9");
        assert_eq!(job(&environment(&[("A", "1")])), None);
    }
}
