//! The runtime's records of starts, picked out of what the node logs.

use shifter_formats::record::Record;
use std::fmt::Write as _;

/// Where the node's logger puts security messages, and everything.
pub(super) const LOGS: [&str; 4] = ["/var/log/auth.log", "/var/log/secure", "/var/log/syslog", "/var/log/messages"];

/// How many records are taken, the last ones.
const MOST: usize = 500;

/// The last records in these texts by their time, each once and in the runtime's own words, one a line. None if there are
/// none. A line that only looks like a record is left out.
pub(super) fn pick<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let lines = texts.into_iter().flat_map(str::lines);
    let mut records: Vec<Record> = lines.filter_map(Record::in_log_line).filter_map(Result::ok).collect();
    records.sort_by_key(|record| (record.at, record.uid));
    records.dedup();
    let first = records.len().saturating_sub(MOST);
    let mut text = String::new();
    for record in &records[first..] {
        writeln!(text, "{record}").expect("a String takes all text");
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_formats::record::Outcome;

    #[test]
    fn records_of_two_logs_are_one_list_in_order() {
        let line = |at, error: &str| {
            let record = Record { at, error: Some(error.to_owned()), ..Record::new(Outcome::Failed, 1000) };
            format!("Nov 22 12:00:00 nid1 shifter[7]: @cee: {record}\n")
        };
        let auth = format!("{}{}Nov 22 sshd[1]: x\n", line(2, "second"), line(1, "first"));
        let all = format!("{}Nov 22 shifter[1]: @cee: {{\"at\":1\n{}", line(2, "second"), line(3, "third\n"));
        let picked = pick([auth.as_str(), all.as_str()]).unwrap();
        let errors: Vec<_> = picked.lines().map(|line| Record::parse(line).unwrap().error.unwrap()).collect();
        assert_eq!(errors, ["first", "second", "third\n"]);
        assert_eq!(pick(["Nov 22 sshd[1]: x"]), None);
    }
}
