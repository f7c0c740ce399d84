//! Keys and values that are read as others.

use crate::diagnostic::{Category::*, Severity::*};
use crate::import::{Evidence, Marks, TextEdit};
use crate::lint::Check;
use crate::lint::rule::{Impact, Repair, Targets, id, rule};
use shifter_formats::Target;
use shifter_formats::original::NoticeKind;
use shifter_formats::udiroot::{KEYS, KeySpec, Kind, MODULE_KEYS};

rule! {
    /// The key of a module is spelt in another case.
    ///
    /// # What it checks
    /// No `module_NAME_KEY` of an imported udiRoot.conf is a known key but for upper and lower case.
    ///
    /// # Why is this bad
    /// Unknown keys of modules are ignored without a message. `copypath` stands so in the original's own example: nothing is copied.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// module_mpich_copypath=/opt/mpich
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// module_mpich_copyPath=/opt/mpich
    /// ```
    ///
    /// # Fix
    /// Safe: the key gets its spelling in a copy of the file.
    pub(crate) static MODULE_SUBKEY_CASE = {
        id: id("RAW010", "module-subkey-case", Error, Correctness),
        impact: Impact::Silent,
        targets: Targets::Only(&[Target::V1803, Target::Master]),
        fix: Repair::Safe,
        source: "run: 18.03 and master ignore it",
        check: Check::Import(module_subkey_case),
    }
}

fn module_subkey_case(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for line in &conf.lines.lines {
        let key = &conf.text()[line.key.clone()];
        let Some((front, last)) = key.rsplit_once('_').filter(|_| key.starts_with("module_")) else { continue };
        let known = MODULE_KEYS.iter().find(|row| row.name.eq_ignore_ascii_case(last) && row.name != last);
        let Some(known) = known.filter(|_| MODULE_KEYS.iter().all(|row| row.name != last)) else { continue };
        let start = line.key.start + front.len() + 1;
        let edit = TextEdit { span: start..line.key.end, text: known.name.to_owned() };
        out.at(
            conf.source,
            line.key.clone(),
            format!("modules have no key `{last}`; the line is ignored without a message"),
            format!("write `{front}_{}`", known.name),
        )
        .repair(format!("write `{}`", known.name), vec![edit]);
    }
}

rule! {
    /// A flag is a word, and every word is 0.
    ///
    /// # What it checks
    /// Each flag of an imported udiRoot.conf is a number.
    ///
    /// # Why is this bad
    /// Flags are read as numbers: `true`, `yes` and `on` are 0, that is, off.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// allowLocalChroot=true
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// allowLocalChroot=1
    /// ```
    ///
    /// # Fix
    /// Safe: the word becomes the number it means in a copy of the file.
    pub(crate) static BOOLEAN_WORD = {
        id: id("RAW011", "boolean-word", Error, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: all five releases read 0",
        check: Check::Import(boolean_word),
    }
}

fn boolean_word(files: &Evidence<'_>, out: &mut Marks) {
    for (line, kind) in changed(files) {
        let Some(conf) = &files.conf else { return };
        let value = line.text(conf.text());
        let is_number = value.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
        if kind != Kind::Flag || is_number || value.is_empty() || value.contains('#') {
            continue;
        }
        let meant = match value.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "enabled" | "y" | "t" => Some("1"),
            "false" | "no" | "off" | "disabled" | "n" | "f" => Some("0"),
            _ => None,
        };
        let message = format!("`{value}` is read as 0");
        out.at(conf.source, line.value(), message, "write 1 or 0");
        if let Some(number) = meant {
            let edit = TextEdit { span: line.value(), text: number.to_owned() };
            out.repair(format!("write {number}"), vec![edit]);
        }
    }
}

rule! {
    /// A number has a tail that is not read.
    ///
    /// # What it checks
    /// Each number of an imported udiRoot.conf is digits only, and not below nothing.
    ///
    /// # Why is this bad
    /// Reading stops at the first other character: `5m` is 5. A negative number wraps around to nearly 2 to the power of 64.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// gatewayTimeout=5m
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// gatewayTimeout=300
    /// ```
    ///
    /// # Fix
    /// Safe: in a copy of the file stands what is read.
    pub(crate) static NUMBER_SUFFIX = {
        id: id("RAW012", "number-suffix", Warn, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: strtoul(3) in all five releases",
        check: Check::Import(number_suffix),
    }
}

fn number_suffix(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for (line, kind) in changed(files) {
        let value = line.text(conf.text());
        let is_number = value.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
        let counts = matches!(kind, Kind::Count | Kind::Bytes) || kind == Kind::Flag && is_number;
        if !counts || value.contains('#') {
            continue;
        }
        let read = conf.survey.reading.notices.iter().find_map(|notice| match &notice.kind {
            NoticeKind::Changed { read, .. } if notice.line == line.number => Some(read.clone()),
            _ => None,
        });
        let Some(read) = read else { continue };
        let edit = TextEdit { span: line.value(), text: read.clone() };
        let message = format!("`{value}` is read as {read}");
        out.at(conf.source, line.value(), message, "write digits only").repair(format!("write {read}"), vec![edit]);
    }
}

/// The lines whose value is read as another one, with the kind of the key.
fn changed<'a>(files: &'a Evidence<'_>) -> Vec<(&'a crate::import::ConfLine, Kind)> {
    let Some(conf) = &files.conf else { return Vec::new() };
    let is_changed = |number: usize| {
        let notices = &conf.survey.reading.notices;
        notices.iter().any(|notice| notice.line == number && matches!(notice.kind, NoticeKind::Changed { .. }))
    };
    let kind = |key: &str| {
        let of_module = key.rsplit('_').next().filter(|_| key.starts_with("module_"));
        let row = match of_module {
            Some(last) => MODULE_KEYS.iter().find(|row| row.name == last),
            None => KEYS.iter().find(|row| row.name == key),
        };
        row.map(|row| row.kind)
    };
    conf.lines
        .lines
        .iter()
        .filter(|line| is_changed(line.number))
        .filter_map(|line| Some((line, kind(&conf.text()[line.key.clone()])?)))
        .collect()
}

rule! {
    /// A key stands twice, and the first value is forgotten.
    ///
    /// # What it checks
    /// No key with one value stands twice in an imported udiRoot.conf. `siteFs`, `siteEnv` and its like, and `imageGateway` may: they add up.
    ///
    /// # Why is this bad
    /// The last one wins without a message. Lists of modules are replaced too, `siteFs` aside.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// maxGroupCount=31
    /// maxGroupCount=64
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// maxGroupCount=64
    /// ```
    ///
    /// # Fix
    /// Safe: the earlier line goes in a copy of the file.
    pub(crate) static DUPLICATE_KEY = {
        id: id("RAW013", "duplicate-key", Warn, Correctness),
        impact: Impact::Silent,
        fix: Repair::Safe,
        source: "run: all five releases",
        check: Check::Import(duplicate_key),
    }
}

fn duplicate_key(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let text = conf.text();
    for (n, line) in conf.lines.lines.iter().enumerate() {
        let key = &text[line.key.clone()];
        let adds_up = match key.rsplit('_').next().filter(|_| key.starts_with("module_")) {
            Some(last) => MODULE_KEYS.iter().find(|row| row.name == last).is_none_or(KeySpec::accumulates),
            None => KEYS.iter().find(|row| row.name == key).is_none_or(KeySpec::accumulates),
        };
        let later = conf.lines.lines[n + 1..].iter().find(|other| &text[other.key.clone()] == key);
        let Some(later) = later.filter(|_| !adds_up) else { continue };
        let edit = TextEdit { span: line.whole.clone(), text: String::new() };
        out.at(
            conf.source,
            line.key.start..line.value().end,
            format!("a later `{key}` replaces this one"),
            "keep the line that is meant",
        )
        .also(conf.source, later.key.start..later.value().end, "this one holds")
        .repair("take the earlier line away", vec![edit]);
    }
}

rule! {
    /// `mountUdiRootWritable=1` leaves the root writable, whatever the manual says.
    ///
    /// # What it checks
    /// `mountUdiRootWritable` of an imported udiRoot.conf is not 1.
    ///
    /// # Why is this bad
    /// The manual says that the flag remounts the container's root read-only; the code does that when the flag is 0. A site that followed the
    /// manual has the opposite of what it wanted.
    ///
    /// # Bad
    /// ```conf import/udiRoot.conf
    /// mountUdiRootWritable=1
    /// ```
    ///
    /// # Good
    /// ```conf import/udiRoot.conf
    /// mountUdiRootWritable=0
    /// ```
    pub(crate) static WRITABLE_ROOT_READING = {
        id: id("RT009", "writable-root-reading", Info, Style),
        impact: Impact::Untidy,
        source: "setupRoot.c and shifter.c of all releases; manual 5.2",
        check: Check::Import(writable_root_reading),
    }
}

fn writable_root_reading(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    let Some(line) = conf.lines.of_key(conf.text(), "mountUdiRootWritable").next_back() else { return };
    if line.text(conf.text()) == "1" {
        out.at(
            conf.source,
            line.key.start..line.value().end,
            "1 leaves the container's root writable, although the manual says the opposite",
            "the profile says `runtime.writable_root = true`; write false if the manual's reading was meant",
        );
    }
}
