//! From a line to a record.

use std::fmt;

use super::{COOKIE, Outcome, Phase, Record};
use crate::quoted::Scan;

/// Why a line is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordFault {
    /// It does not go on as a record does at this byte.
    Form(usize),
    /// No record has this key, or not with such a value.
    Key(String),
    /// A key that every record has is missing.
    Missing(&'static str),
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(at) => write!(f, "no record (byte {at})"),
            Self::Key(key) => write!(f, "no record has `{key}` like this"),
            Self::Missing(key) => write!(f, "a record has `{key}`"),
        }
    }
}

impl std::error::Error for RecordFault {}

impl From<crate::QuoteFault> for RecordFault {
    fn from(fault: crate::QuoteFault) -> Self {
        Self::Form(fault.at)
    }
}

impl Record {
    /// Finds the record in a line of a log, whatever the logger put before it.
    ///
    /// # Errors
    /// For a line that has the mark of a record, and none after it. `None` has no mark.
    #[must_use]
    pub fn in_log_line(line: &str) -> Option<Result<Self, RecordFault>> {
        let (before, text) = line.split_once(COOKIE)?;
        before.contains("shifter[").then(|| Self::parse(text.trim_end()))
    }

    /// Reads a line as it was printed.
    ///
    /// # Errors
    /// Refuses what is not a record whole.
    pub fn parse(line: &str) -> Result<Self, RecordFault> {
        let mut scan = Scan::new(line);
        let mut record = Self::new(Outcome::Failed, 0);
        let mut seen = Vec::new();
        scan.expect('{')?;
        loop {
            let key = scan.string()?;
            scan.expect(':')?;
            if seen.contains(&key) {
                return Err(RecordFault::Key(key));
            }
            record.set(&key, &mut scan)?;
            seen.push(key);
            if scan.take('}') {
                break;
            }
            scan.expect(',')?;
        }
        for key in ["at", "outcome", "uid"] {
            if !seen.iter().any(|known| known == key) {
                return Err(RecordFault::Missing(key));
            }
        }
        Ok(scan.finish(record)?)
    }

    fn set(&mut self, key: &str, scan: &mut Scan<'_>) -> Result<(), RecordFault> {
        let odd = || RecordFault::Key(key.to_owned());
        match key {
            "at" => self.at = scan.number()?.parse().map_err(|_| odd())?,
            "uid" => self.uid = scan.number()?.parse().map_err(|_| odd())?,
            "exit" => self.exit = Some(scan.number()?.parse().map_err(|_| odd())?),
            "leftOut" => self.left_out = scan.number()?.parse().map_err(|_| odd())?,
            "outcome" => {
                let word = scan.string()?;
                self.outcome = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word).ok_or_else(odd)?;
            }
            "modules" => self.modules = strings(scan)?,
            "mounts" => self.mounts = strings(scan)?,
            "us" => self.phases = phases(scan)?,
            _ => *self.text(key).ok_or_else(odd)? = Some(scan.string()?),
        }
        Ok(())
    }

    fn text(&mut self, key: &str) -> Option<&mut Option<String>> {
        Some(match key {
            "jobClaimed" => &mut self.job_claimed,
            "image" => &mut self.image,
            "digest" => &mut self.digest,
            "id" => &mut self.id,
            "volumes" => &mut self.volumes,
            "configId" => &mut self.config_id,
            "program" => &mut self.program,
            "error" => &mut self.error,
            _ => return None,
        })
    }
}

fn strings(scan: &mut Scan<'_>) -> Result<Vec<String>, RecordFault> {
    let mut strings = Vec::new();
    scan.expect('[')?;
    loop {
        strings.push(scan.string()?);
        if scan.take(']') {
            return Ok(strings);
        }
        scan.expect(',')?;
    }
}

fn phases(scan: &mut Scan<'_>) -> Result<Vec<(Phase, u64)>, RecordFault> {
    let mut phases = Vec::new();
    scan.expect('{')?;
    loop {
        let key = scan.string()?;
        scan.expect(':')?;
        let phase = Phase::ALL.into_iter().find(|phase| phase.as_str() == key);
        let time = scan.number()?.parse().ok();
        phases.push(phase.zip(time).ok_or(RecordFault::Key(key))?);
        if scan.take('}') {
            return Ok(phases);
        }
        scan.expect(',')?;
    }
}
