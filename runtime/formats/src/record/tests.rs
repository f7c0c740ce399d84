use super::*;

fn full() -> Record {
    let text = |text: &str| Some(text.to_owned());
    Record {
        at: 1_790_000_000_123_456,
        job_claimed: text("4711"),
        image: text("docker:ubuntu:24.04"),
        digest: text(&format!("sha256:{}", "a".repeat(64))),
        id: text("abc"),
        modules: vec!["mpich/8.1.30".to_owned(), "gpu".to_owned()],
        volumes: text("/a:/b"),
        mounts: vec!["/c:/d:ro (siteFs)".to_owned()],
        config_id: text("c0ffee"),
        program: text("python3"),
        phases: vec![(Phase::Request, 210), (Phase::Build, 900)],
        exit: Some(126),
        error: text("python3: exec format error"),
        left_out: 3,
        ..Record::new(Outcome::Failed, 1000)
    }
}

#[test]
fn a_record_is_one_line_of_json() {
    let shown = Record { digest: None, ..full() }.to_string();
    assert_eq!(
        shown,
        "{\"at\":1790000000123456,\"outcome\":\"failed\",\"uid\":1000,\"jobClaimed\":\"4711\",\
         \"image\":\"docker:ubuntu:24.04\",\"id\":\"abc\",\"modules\":[\"mpich/8.1.30\",\"gpu\"],\
         \"volumes\":\"/a:/b\",\"mounts\":[\"/c:/d:ro (siteFs)\"],\"configId\":\"c0ffee\",\"program\":\"python3\",\
         \"us\":{\"request\":210,\"build\":900},\"exit\":126,\"error\":\"python3: exec format error\",\"leftOut\":3}"
    );
    assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok());
}

#[test]
fn a_line_of_a_log_gives_its_record() {
    let line = format!("Nov 22 12:00:00 nid0001 shifter[77]: {COOKIE}{}", full());
    assert_eq!(Record::in_log_line(&line), Some(Ok(full())));
    assert_eq!(Record::in_log_line("Nov 22 12:00:00 nid0001 sshd[1]: session opened"), None);
    assert!(Record::in_log_line(&format!("shifter[77]: {COOKIE}{{\"at\":1")).unwrap().is_err());
}

#[test]
fn hostile_text_neither_ends_a_line_nor_makes_it_longer_than_is_kept() {
    for unit in ["\n", "\"", "\\", "\u{0}", "\u{7f}", "\u{2028}", "é", "😀", "a", "\r\nshifter[1]: @cee: {"] {
        let long = unit.repeat((1 << 20) / unit.len());
        let record = Record {
            at: u64::MAX,
            uid: u32::MAX,
            exit: Some(i32::MIN),
            left_out: u64::MAX,
            job_claimed: Some(long.clone()),
            image: Some(long.clone()),
            digest: Some(long.clone()),
            id: Some(long.clone()),
            modules: vec![long.clone(); 100],
            volumes: Some(long.clone()),
            config_id: Some(long.clone()),
            program: Some(long.clone()),
            phases: Phase::ALL.map(|phase| (phase, u64::MAX)).to_vec(),
            error: Some(long),
            ..Record::new(Outcome::TornDown, 0)
        };
        let kept = Record { mounts: vec![record.image.clone().unwrap(); 100], ..record.clone() }.to_string();
        assert!(kept.len() < LONGEST_KEPT, "{} {unit:?}", kept.len());
        assert_eq!(Record::parse(&kept).unwrap().to_string(), kept);
        let line = record.to_string();
        assert!(line.len() + "<86>shifter[4194304]: ".len() + COOKIE.len() <= LONGEST, "{} {unit:?}", line.len());
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let again = Record::parse(&line).unwrap();
        assert_eq!(again.to_string(), line);
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    }
}

#[test]
fn what_is_no_record_is_refused() {
    for line in [
        "",
        "{}",
        "{\"at\":1}",
        "{\"at\":1,\"outcome\":\"won\",\"uid\":1}",
        "{\"at\":1,\"outcome\":\"started\",\"uid\":-1}",
        "{\"at\":1,\"outcome\":\"started\",\"uid\":1,\"uid\":2}",
        "{\"at\":1,\"outcome\":\"started\",\"uid\":1,\"x\":\"y\"}",
        "{\"at\":1,\"outcome\":\"started\",\"uid\":1} ",
    ] {
        assert!(Record::parse(line).is_err(), "{line}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_printed_is_read(image in "(?s).{0,20}", error: String, modules in proptest::collection::vec("(?s).{0,9}", 0..4)) {
        let record = Record { image: Some(image), error: Some(error), modules, ..full() };
        let line = record.to_string();
        proptest::prop_assert_eq!(Record::parse(&line).unwrap().to_string(), line);
    }

    #[test]
    fn no_line_is_a_panic(line: String) {
        let _ = Record::parse(&line);
        let _ = Record::in_log_line(&line);
    }
}
