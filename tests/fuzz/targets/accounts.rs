//! Lines of passwd(5) and group(5): of the site's `etcPath`, of the file that a job brings, of libc. The user is whom his
//! number names, groups keep their numbers, and nobody but the user is a member.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter::account::job::{needed, sort_lines};
use shifter::account::{filter_groups, user_in_text, with_missing};
use shifter::plan::GroupFilter;
use shifter::privilege::{Caller, Mode};

const UID: u32 = 1000;

// Two texts with a NUL between: the job's or libc's lines, and a file of the site's.
fuzz_target!(|bytes: &[u8]| {
    let mut texts = bytes.splitn(2, |byte| *byte == 0);
    let lines = String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
    let site = texts.next().unwrap_or_default();
    let host = String::from_utf8_lossy(site);

    let accounts = sort_lines(&lines);
    assert!(accounts.passwd.lines().all(|line| line.split(':').count() == 7));
    assert!(accounts.group.lines().all(|line| line.split(':').count() == 4));
    let caller = Caller { uid: UID, gid: 100, groups: vec![0, 50, 100], mode: Mode::Setuid };
    for others in [Vec::new(), vec!["sshd".to_owned()]] {
        let Some(found) = needed(&accounts, &caller, &others, &host) else { continue };
        assert_eq!(found.passwd.lines().count(), 1 + others.len());
        assert_eq!(user_in_text(UID, &found.passwd), user_in_text(UID, &accounts.passwd));
        let mut numbers: Vec<&str> = found.group.lines().filter_map(|line| line.split(':').nth(2)).collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count, "each group once");
    }

    let user = user_in_text(UID, &host).map_or_else(|| "ada".to_owned(), |user| user.name);
    let whole = with_missing(site, &accounts.group);
    assert!(whole.starts_with(site));
    for most in [0, 2] {
        let filter = GroupFilter { user: user.clone(), most };
        let filtered = filter_groups(&whole, &filter);
        let text = String::from_utf8(filtered.clone()).expect("what is written is text");
        let mut as_member = 0;
        for line in text.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, "x", gid, member] = fields[..] else { panic!("{line}") };
            assert!(!name.is_empty() && gid.parse::<u32>().is_ok() && (member.is_empty() || member == user));
            as_member += usize::from(!member.is_empty());
        }
        assert!(as_member <= most);
        assert_eq!(filter_groups(&filtered, &filter), filtered);
    }
});
