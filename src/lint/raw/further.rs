//! What rules about profiles say of imported files too, under their own codes.

use crate::diagnostic::structural::UNKNOWN_KEY;
use crate::diagnostic::{RuleId, nearest};
use crate::import::{Evidence, Marks, Secrets};
use shifter_formats::original::{NoticeKind, RefusalKind};
use shifter_formats::udiroot::KEYS;

/// Everything that is asked of imported files beside the rules of their own.
pub(crate) fn further(files: &Evidence<'_>, out: &mut Marks) {
    unknown_keys(files, out);
    changed_paths(files, out);
    misplaced_hooks(files, out);
    logins(files, out);
}

/// The identity of a rule of another group.
fn rule(code: &str) -> Option<&'static RuleId> {
    crate::lint::RULES.iter().find(|rule| rule.id.code == code).map(|rule| &rule.id)
}

/// SITE002: one unknown key takes down every start on the node.
fn unknown_keys(files: &Evidence<'_>, out: &mut Marks) {
    let Some(conf) = &files.conf else { return };
    for refusal in &conf.survey.refusals {
        let (RefusalKind::UnknownKey(key), Some(number)) = (&refusal.kind, refusal.line) else { continue };
        let Some(line) = conf.lines.find(number).filter(|_| !key.starts_with(['#', '/'])) else { continue };
        let known = KEYS.iter().filter(|row| row.is_known_to(files.target)).map(|row| row.name);
        let help = match nearest(key, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "take the line away, or name the release that knows it with --target".to_owned(),
        };
        let message = format!("Shifter {} does not know `{key}`, and refuses the file", files.target);
        out.of(&UNKNOWN_KEY, conf.source, line.key.clone(), message, help);
    }
}

/// FS001: characters of a path are deleted, and another path is mounted.
fn changed_paths(files: &Evidence<'_>, out: &mut Marks) {
    let (Some(conf), Some(rule)) = (&files.conf, rule("FS001")) else { return };
    for notice in &conf.survey.reading.notices {
        let NoticeKind::PathChanged { written, read } = &notice.kind else { continue };
        let Some(line) = conf.lines.find(notice.line) else { continue };
        // Several paths with blanks between are RAW006's.
        if written.split_whitespace().filter(|part| part.starts_with('/')).count() > 1 {
            continue;
        }
        let value = line.value();
        let at = conf.text()[value.clone()].find(written.trim()).map(|at| value.start + at);
        let span = at.map_or(value, |at| at..at + written.trim().len());
        let message = format!("`{}` is read as `{read}`", written.trim());
        out.of(
            rule,
            conf.source,
            span,
            message,
            "rename the directory, or link to it: paths hold letters, digits and `_ : . + - /`",
        );
    }
}

/// SITE010: a script that lies elsewhere than udiRoot.conf says, by a character or two.
fn misplaced_hooks(files: &Evidence<'_>, out: &mut Marks) {
    let (Some(conf), Some(rule)) = (&files.conf, rule("SITE010")) else { return };
    for (key, place) in &files.hooks {
        let Some(line) = conf.lines.of_key(conf.text(), key).next_back() else { continue };
        let named = line.text(conf.text());
        if named != *place && strsim::damerau_levenshtein(&named, place) <= 2 {
            let message = format!("`{key}` is `{named}`, and the script lies at `{place}`");
            out.of(rule, conf.source, line.value(), message, "write the path of the script that is there");
        }
    }
}

/// SEC001, SEC007 and SEC008: passwords in a configuration, equal ones, and ones that everybody knows. None is shown.
fn logins(files: &Evidence<'_>, out: &mut Marks) {
    let Some(manager) = &files.manager else { return };
    let mut first = None;
    for key in ["MongoDBURI", "Broker"] {
        let Some(password) = manager.json[key].as_str().and_then(|uri| crate::secret::Address::split(uri).password)
        else {
            continue;
        };
        let Some(span) = manager.value(&format!("/{key}")) else { continue };
        if let Some(rule) = rule("SEC001") {
            let message = format!("`{key}` holds a password in clear");
            let help = "the profile refers to a file of its own for it, with the mode 0600";
            out.of(rule, manager.source, span.clone(), message, help);
        }
        if let Some(rule) = rule("SEC008").filter(|_| Secrets::is_weak(&password)) {
            let message = format!("the password of `{key}` is short, or one that was printed");
            out.of(rule, manager.source, span.clone(), message, "make one with `openssl rand -hex 24`");
        }
        match &first {
            None => first = Some((password, span)),
            Some((other, at)) => {
                if let Some(rule) = rule("SEC007").filter(|_| *other == password) {
                    out.of(rule, manager.source, span, "two services have the same password", "give each its own")
                        .also(manager.source, at.clone(), "the other one");
                }
            }
        }
    }
}
