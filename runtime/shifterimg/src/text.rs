//! Texts of the original that scripts read.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shifter_gateway_types::rest::Record;

/// A text of a gateway, and so of registries and images, without what moves a terminal.
///
/// Line breaks stay; other control characters are written as `\u{1b}`.
pub(crate) fn printable(text: &str) -> String {
    let is_harmless = |c: char| c == '\n' || !c.is_control();
    let one = |c: char| if is_harmless(c) { c.to_string() } else { c.escape_unicode().to_string() };
    text.chars().map(one).collect()
}

/// The local time without its zone, `2026-11-22T05:37:35`.
pub(crate) fn local_time(seconds: f64, zone: &TimeZone) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds of any year that is printed")]
    let at = Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The rows of a record in the table of images, one for each tag, with the tag to sort by.
pub(crate) fn rows(record: &Record, zone: &TimeZone) -> Vec<(String, String)> {
    let field = |field: &Option<String>| field.as_deref().map_or_else(|| "MISSING".to_owned(), printable);
    let status = record.status.as_ref().map_or("MISSING", |status| status.as_str());
    let when = local_time(record.last_pull.unwrap_or(0.0), zone);
    let (system, itype, id) = (field(&record.system), field(&record.itype), field(&record.id));
    let short: String = id.chars().take(10).collect();
    let row = |tag: &String| {
        let tag = printable(tag);
        let text = format!("{system:<10} {itype:<10} {status:<8} {short}   {when} {tag:<30}");
        (tag, text)
    };
    record.tag.iter().flatten().map(row).collect()
}

#[cfg(test)]
mod tests {
    use shifter_gateway_types::rest::Status;

    use super::*;

    #[test]
    fn a_row_has_the_columns_of_the_original() {
        let record = Record {
            id: Some("ad07eceb05cc155f315d".to_owned()),
            system: Some("cori".to_owned()),
            itype: Some("docker".to_owned()),
            tag: Some(vec!["busybox:1".to_owned()]),
            status: Some(Status::Ready),
            last_pull: Some(1_700_000_000.9),
            ..Record::default()
        };
        let rows = rows(&record, &TimeZone::UTC);
        assert_eq!(
            rows[0].1,
            "cori       docker     READY    ad07eceb05   2023-11-14T22:13:20 busybox:1                     "
        );
    }

    #[test]
    fn what_moves_a_terminal_is_written_out() {
        assert_eq!(printable("a\u{1b}[2Jb\rc\u{9b}d\ne"), r"a\u{1b}[2Jb\u{d}c\u{9b}d".to_owned() + "\ne");
    }
}
