//! Comments and lines that are read as something else.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, id, rule};
use shifter_formats::original::NoticeKind;

rule! {
    /// An indented comment is read as a key.
    ///
    /// # What it checks
    /// No key of an imported udiRoot.conf begins with `#`.
    ///
    /// # Why is this bad
    /// A comment begins in the first column. Behind a blank, `# a=b` is the key `# a`, which no release knows: no container starts on the
    /// node.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// system=cluster
    ///   # note=kept for the old nodes
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// system=cluster
    /// # note=kept for the old nodes
    /// ```
    ///
    /// # Fix
    /// Safe: the blanks before `#` are taken away in a copy of the file.
    pub(crate) static INDENTED_COMMENT = {
        id: id("RAW001", "indented-comment", Error, Correctness),
        impact: Impact::EveryStart,
        fix: Repair::Safe,
        source: "run: the parsers of all five releases return 2",
        check: Check::Import(indented_comment),
    }
}

fn indented_comment(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for line in conf.lines.lines.iter().filter(|line| conf.text()[line.key.clone()].starts_with('#')) {
        let edit = TextEdit { span: line.whole.start..line.key.start, text: String::new() };
        out.at(
            conf.source,
            line.key.clone(),
            "the comment does not begin in the first column, so it is read as a key",
            "begin the line with `#`",
        )
        .repair("begin the line with `#`", vec![edit]);
    }
}

rule! {
    /// A comment behind a value is part of the value.
    ///
    /// # What it checks
    /// No value of an imported udiRoot.conf holds a `#` behind a blank.
    ///
    /// # Why is this bad
    /// There are no comments behind values. `maxGroupCount=31 # as on the old nodes` happens to be read as 31; a path or a name with such a
    /// tail is another path or name.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// etcPath=/etc/shifter/etc_files # flat files only
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// # flat files only
    /// etcPath=/etc/shifter/etc_files
    /// ```
    ///
    /// # Fix
    /// Safe: the comment moves to a line of its own in a copy of the file.
    pub(crate) static INLINE_COMMENT = {
        id: id("RAW002", "inline-comment", Warn, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: the parsers of all five releases keep the text",
        check: Check::Import(inline_comment),
    }
}

fn inline_comment(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for line in &conf.lines.lines {
        let Some(part) = line.parts.last() else { continue };
        let value = &conf.text()[part.clone()];
        let is_comment = |at: &usize| *at == 0 || value[..*at].ends_with([' ', '\t']);
        let Some(at) = value.match_indices('#').map(|(at, _)| at).find(is_comment) else { continue };
        let comment = part.start + at..part.end;
        let text = format!("{}\n", &conf.text()[comment.clone()]);
        let kept = value[..at].trim_end().len();
        let edits = vec![
            TextEdit { span: line.whole.start..line.whole.start, text },
            TextEdit { span: part.start + kept..part.end, text: String::new() },
        ];
        out.at(
            conf.source,
            comment,
            "the comment is part of the value",
            "write it on a line of its own, above the key",
        )
        .repair("move the comment above the key", edits);
    }
}

rule! {
    /// A line without `=` is dropped.
    ///
    /// # What it checks
    /// Every line of an imported udiRoot.conf has a key, is empty, or is a comment.
    ///
    /// # Why is this bad
    /// The line is skipped without a message: what it was to say does not hold.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// allowLocalChroot 1
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// allowLocalChroot=1
    /// ```
    pub(crate) static NO_DELIMITER = {
        id: id("RAW003", "no-delimiter", Warn, Correctness),
        impact: Impact::Silent,
        source: "run: the parsers of all five releases skip it",
        check: Check::Import(no_delimiter),
    }
}

fn no_delimiter(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for line in &conf.lines.skipped {
        let text = &conf.text()[line.span.clone()];
        // A path is the tail of a list: RAW004. A comment behind blanks is dropped as it was meant to be.
        if text.starts_with(['/', '#']) {
            continue;
        }
        out.at(
            conf.source,
            line.span.clone(),
            "the line has no `=` and is skipped without a message",
            "write KEY=VALUE, or begin the line with `#`",
        );
    }
}

rule! {
    /// A blank line ends a value that was to go on.
    ///
    /// # What it checks
    /// No line of an imported udiRoot.conf that ends with `\` is followed by a blank line.
    ///
    /// # Why is this bad
    /// The blank line is the continuation, and the value ends there. What stands below it is dropped, or read as something else.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// siteEnv=A=1 \
    ///
    /// siteEnvUnset=B
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// siteEnv=A=1
    ///
    /// siteEnvUnset=B
    /// ```
    ///
    /// # Fix
    /// Safe: in a copy of the file the blank line goes where a path follows it, else the `\`.
    pub(crate) static BLANK_CONTINUATION = {
        id: id("RAW005", "blank-continuation", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: the parsers of all five releases end the value",
        check: Check::Import(blank_continuation),
    }
}

fn blank_continuation(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let ended = |line: usize| {
        let is_it = |notice: &&shifter_formats::original::Notice| notice.line == line;
        conf.survey.reading.notices.iter().filter(is_it).any(|notice| notice.kind == NoticeKind::ContinuationEnded)
    };
    for line in conf.lines.lines.iter().filter(|line| ended(line.number)) {
        let Some(blank) = &line.ended_by else { continue };
        let last = line.parts.iter().rev().find(|part| !part.is_empty());
        let backslash = last.and_then(|part| conf.text()[part.end..blank.start].find('\\').map(|at| part.end + at));
        let goes_on = conf.text()[blank.end..].trim_start().starts_with('/');
        let edit = match backslash {
            Some(at) if !goes_on => TextEdit { span: at..at + 1, text: String::new() },
            _ => TextEdit { span: blank.clone(), text: String::new() },
        };
        let at = backslash.map_or(line.value(), |at| at..at + 1);
        out.at(conf.source, at, "the blank line below ends the value", "take the blank line or the `\\` away")
            .repair("take the blank line or the `\\` away", vec![edit]);
    }
}
