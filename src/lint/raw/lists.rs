//! `siteFs`, written as it is not read.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, id, rule};
use std::ops::Range;

rule! {
    /// A volume map ends before its last lines, because a `\` is missing.
    ///
    /// # What it checks
    /// No line of an imported udiRoot.conf begins with `/`: it is the tail of the list above it.
    ///
    /// # Why is this bad
    /// Without `\` at its end the line above is the last one of the value. The tail is skipped without a message, or refused as an unknown
    /// key, and the mounts in it are not there. The manual's own example loses `/var/opt/cray/alps` so.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// siteFs=/home:/home;\
    ///     /global/common:/global/common;
    ///     /var/opt/cray/alps:/var/opt/cray/alps
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// siteFs=/home:/home;\
    ///     /global/common:/global/common;\
    ///     /var/opt/cray/alps:/var/opt/cray/alps
    /// ```
    ///
    /// # Fix
    /// Safe: the `\` is added in a copy of the file.
    pub(crate) static MISSING_CONTINUATION = {
        id: id("RAW004", "missing-continuation", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: the parsers of all five releases; manual 2.3(5)",
        check: Check::Import(missing_continuation),
    }
}

fn missing_continuation(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    let skipped = conf.lines.skipped.iter().map(|line| (line.start, line.span.clone()));
    let keyed = conf.lines.lines.iter().map(|line| (line.whole.start, line.key.start..line.value().end));
    let mut tails: Vec<(usize, Range<usize>)> =
        skipped.chain(keyed).filter(|(_, span)| text[span.clone()].starts_with('/')).collect();
    tails.sort_by_key(|(start, _)| *start);
    for (start, span) in tails {
        // The line above, without its end.
        let above = text[..start].trim_end_matches(['\n', '\r', ' ', '\t']);
        let in_a_list = above.lines().next_back().is_some_and(|line| line.contains(['/', '=']));
        if !in_a_list {
            continue;
        }
        let separator = if above.ends_with(';') { "\\" } else { ";\\" };
        out.at(
            conf.source,
            span,
            "the line above does not end with `\\`, so this one is not part of its value",
            "end the line above with `;\\`",
        )
        .repair(
            "end the line above with `\\`",
            vec![TextEdit { span: above.len()..above.len(), text: separator.to_owned() }],
        );
    }
}

rule! {
    /// A volume map has blanks between its entries.
    ///
    /// # What it checks
    /// No entry of an imported `siteFs` is several absolute paths with blanks between.
    ///
    /// # Why is this bad
    /// Entries end with `;` since 16.08; blanks are deleted. `/home /scratch`, as 15.12 had it and a chapter of the manual still shows it,
    /// becomes one mount of `/home/scratch`.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// siteFs=/home /scratch
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// siteFs=/home:/home;/scratch:/scratch
    /// ```
    ///
    /// # Fix
    /// Safe: each path becomes an entry of its own in a copy of the file.
    pub(crate) static BLANK_SEPARATED_SITEFS = {
        id: id("RAW006", "blank-separated-sitefs", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: all five releases; manual 5.2 against 3.4",
        check: Check::Import(blank_separated),
    }
}

/// The entries of the volume maps of a file, without blanks at their ends.
fn entries(files: &Evidence<'_>) -> Vec<Range<usize>> {
    let Some(conf) = &files.conf else { return Vec::new() };
    let text = conf.text();
    let is_map = |key: &str| key == "siteFs" || key.starts_with("module_") && key.ends_with("_siteFs");
    let mut found = Vec::new();
    for line in conf.lines.lines.iter().filter(|line| is_map(&text[line.key.clone()])) {
        for part in &line.parts {
            let mut start = part.start;
            for raw in text[part.clone()].split(';') {
                let front = raw.len() - raw.trim_start().len();
                found.push(start + front..start + front + raw.trim().len());
                start += raw.len() + 1;
            }
        }
    }
    found.retain(|span| !span.is_empty());
    found
}

/// The paths of an entry that is nothing but absolute paths.
fn paths(entry: &str) -> Option<Vec<&str>> {
    let paths: Vec<&str> = entry.split_whitespace().collect();
    (paths.len() > 1 && paths.iter().all(|path| path.starts_with('/') && !path.contains(':'))).then_some(paths)
}

fn blank_separated(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for span in entries(files) {
        let Some(paths) = paths(&conf.text()[span.clone()]) else { continue };
        let read: String = paths.concat();
        let entries: Vec<String> = paths.iter().map(|path| format!("{path}:{path}")).collect();
        let edit = TextEdit { span: span.clone(), text: entries.join(";") };
        out.at(
            conf.source,
            span,
            format!("the paths are read as the one path `{read}`"),
            format!("write `{}`", entries.join(";")),
        )
        .repair("make each path an entry", vec![edit]);
    }
}

rule! {
    /// A flag of a mount has a blank beside it.
    ///
    /// # What it checks
    /// No flag of an entry of an imported `siteFs` has blanks at its ends.
    ///
    /// # Why is this bad
    /// Blanks are deleted from paths, but not from flags: `ro ` is no flag, and the whole file is refused.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// siteFs=/home:/home:ro ;/scratch:/scratch
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// siteFs=/home:/home:ro;/scratch:/scratch
    /// ```
    ///
    /// # Fix
    /// Safe: the blanks go in a copy of the file.
    pub(crate) static FLAG_BLANK = {
        id: id("RAW007", "flag-blank", Error, Correctness),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "run: all five releases return 1, or crash when built with AddressSanitizer",
        check: Check::Import(flag_blank),
    }
}

fn flag_blank(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    for entry in entries(files) {
        // Up to the `;`: the blanks before it belong to the flag.
        let rest = &text[entry.start..];
        let end = rest.find([';', '\n']).unwrap_or(rest.len());
        if rest[end..].starts_with('\n') && rest[..end].trim_end().len() == text[entry.clone()].len() {
            // At the end of a line blanks are cut off.
            flags(files, out, entry.clone());
            continue;
        }
        flags(files, out, entry.start..entry.start + end);
    }
}

fn flags(files: &Evidence<'_>, out: &mut Marks, entry: Range<usize>) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    let mut start = entry.start;
    for (n, field) in text[entry].split(':').enumerate() {
        let span = start..start + field.len();
        start = span.end + 1;
        let flag = field.trim_matches([' ', '\t']);
        if n < 2 || flag.is_empty() || flag.len() == field.len() {
            continue;
        }
        let edit = TextEdit { span: span.clone(), text: flag.to_owned() };
        out.at(
            conf.source,
            span,
            format!("a blank beside `{flag}` makes it an unknown flag"),
            format!("write `:{flag}`"),
        )
        .repair("take the blank away", vec![edit]);
    }
}
