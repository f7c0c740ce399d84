//! Any line of a log, and any text in a record: what is read prints one line that is never too long and reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::record::{LONGEST, LONGEST_KEPT, Outcome, Record};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let _ = Record::in_log_line(&text);
    let mut records = Vec::new();
    records.extend(Record::parse(&text));
    let all = Some(text.clone());
    let mounts = text.lines().map(str::to_owned).collect();
    records.push(Record { mounts, ..Record::new(Outcome::Started, 1000) });
    records.push(Record {
        job_claimed: all.clone(),
        image: all.clone(),
        modules: text.split(',').map(str::to_owned).collect(),
        program: all.clone(),
        error: all,
        ..Record::new(Outcome::Refused, 1000)
    });
    for record in records {
        let line = record.to_string();
        let most = if record.mounts.is_empty() { LONGEST } else { LONGEST_KEPT };
        assert!(line.len() < most && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert_eq!(Record::parse(&line).expect("what was printed is read").to_string(), line);
    }
});
