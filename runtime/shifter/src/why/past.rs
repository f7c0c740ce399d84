//! Outside of containers: what is recorded of starts on this node.

use shifter_formats::calendar;
use shifter_formats::record::{Outcome, Record};

pub(super) fn of_last(records: &[Record]) -> Option<String> {
    records.last().map(text)
}

/// The first thing that went wrong in a job, or else its last start, after a count of all.
pub(super) fn of_job(records: &[Record], job: &str) -> Option<String> {
    let of_job: Vec<&Record> = records.iter().filter(|record| is_of(record, job)).collect();
    let told = of_job.iter().find(|record| record.error.is_some()).or(of_job.last())?;
    let count = |outcome| of_job.iter().filter(|record| record.outcome == outcome).count();
    let counts = Outcome::ALL.map(|outcome| (count(outcome), outcome.as_str()));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    Some(super::row("job", &format!("{job}: {}", counts.join(", "))) + &text(told))
}

/// PBS adds the server's name to a job's number.
fn is_of(record: &Record, job: &str) -> bool {
    let claimed = record.job_claimed.as_deref();
    claimed.is_some_and(|claimed| claimed == job || claimed.split_once('.').is_some_and(|(number, _)| number == job))
}

fn text(record: &Record) -> String {
    let ended = record.exit.map(|status| format!(" with status {status}")).unwrap_or_default();
    let job = record.job_claimed.as_ref().map(|job| format!(", in job {job}")).unwrap_or_default();
    let mut text = super::row(record.outcome.as_str(), &format!("{}{ended}{job}", moment(record.at)));
    text += &super::rows(record);
    text.extend(record.mounts.iter().map(|mount| super::row("mount", mount)));
    if let Some(program) = &record.program {
        text += &super::row("command", program);
    }
    if !record.phases.is_empty() {
        let phases = record.phases.iter().map(|(phase, time)| format!("{} {time} us", phase.as_str()));
        text += &super::row("took", &phases.collect::<Vec<_>>().join(", "));
    }
    if let Some(error) = &record.error {
        text += &super::row("because", error);
    }
    text
}

/// Microseconds since 1970 as a date and time in UTC.
fn moment(at: u64) -> String {
    calendar::utc(at / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(outcome: Outcome, job: &str, error: Option<&str>) -> Record {
        Record {
            at: 1_795_348_800_000_000,
            job_claimed: Some(job.to_owned()),
            image: Some("docker:ubuntu:24.04".to_owned()),
            error: error.map(str::to_owned),
            ..Record::new(outcome, 1000)
        }
    }

    #[test]
    fn of_a_job_the_first_error_is_told() {
        let records = [
            record(Outcome::Started, "7.pbs", None),
            record(Outcome::Failed, "7.pbs", Some("first\u{1b}[31m")),
            record(Outcome::Refused, "7.pbs", Some("second")),
            record(Outcome::Refused, "70.pbs", Some("other")),
        ];
        assert_eq!(
            of_job(&records, "7").unwrap(),
            "job            7: 1 started, 1 refused, 1 failed\n\
             failed         2026-11-22 12:00:00 UTC, in job 7.pbs\n\
             image          docker:ubuntu:24.04\n\
             because        first\\u{1b}[31m\n"
        );
        assert_eq!(of_job(&records, "8"), None);
        assert!(of_last(&records).unwrap().starts_with("refused "));
    }

    #[test]
    fn days_of_leap_years_are_counted() {
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(951_782_400_000_000), "2000-02-29 00:00:00 UTC");
        assert_eq!(moment(4_107_542_399_000_000), "2100-02-28 23:59:59 UTC");
        assert_eq!(moment(4_107_542_400_000_000), "2100-03-01 00:00:00 UTC");
    }
}
