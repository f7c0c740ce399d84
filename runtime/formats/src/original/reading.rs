//! Reading a whole `udiRoot.conf` as one of the original's releases does.

use std::ops::ControlFlow;

use super::lines::{self, Item, Line};
use super::{Notice, NoticeKind, Refusal, RefusalKind, module};
use crate::Target;
use crate::udiroot::{Conf, KEYS, KeySpec, Table as _};

/// What a release makes of a file.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was understood, up to the refusal if there is one.
    pub conf: Conf,
    /// The default modules that would be loaded.
    pub active_modules: Vec<String>,
    /// Where something else is read than what is written.
    pub notices: Vec<Notice>,
    /// Why the release does not start.
    pub refusal: Option<Refusal>,
}

/// Reads a file as the release does: every wart that changes a value is kept.
///
/// What needs the machine is not asked: whether the tools exist and are executable. For [`Target::Native`] the
/// grammar is the original's too, with every key known; use [`Conf::parse_native`] instead.
///
/// # Errors
/// What the release stumbles over first.
pub fn read(text: impl AsRef<[u8]>, target: Target) -> Result<Conf, Refusal> {
    let reading = interpret(text, target);
    match reading.refusal {
        None => Ok(reading.conf),
        Some(refusal) => Err(refusal),
    }
}

/// As [`read`], with all that was changed or swallowed on the way.
pub fn interpret(text: impl AsRef<[u8]>, target: Target) -> Reading {
    interpret_patched(text, target, &[])
}

/// As [`interpret`], for a release whose source carries patches for these keys, such as `mountCmd`.
pub fn interpret_patched(text: impl AsRef<[u8]>, target: Target, patched: &[&str]) -> Reading {
    let mut reader = Reader::new(target, patched, After::Stop);
    // The first refusal is kept; there is nothing else to do with the end of reading.
    let _ = reader.read(text.as_ref());
    reader.reading
}

/// All that is in a file, also behind what the release refuses.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// What was understood; its refusal is the one the release stops at.
    pub reading: Reading,
    /// Everything the release would refuse, one after the other.
    pub refusals: Vec<Refusal>,
    /// The lines whose keys it does not know or whose values it refuses. Of a refused volume map, the entries before the
    /// refused one are in the configuration all the same.
    pub unread: Vec<UnreadLine>,
}

/// A line that the release does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadLine {
    /// The line, from 1; the last one of a continued value.
    pub line: usize,
    /// The key.
    pub key: String,
    /// The value, as it would be read.
    pub value: String,
}

/// As [`interpret_patched`], without stopping: for carrying over a site whose file has mistakes.
pub fn survey(text: impl AsRef<[u8]>, target: Target, patched: &[&str]) -> Survey {
    let mut reader = Reader::new(target, patched, After::GoOn);
    let _ = reader.read(text.as_ref());
    Survey { reading: reader.reading, refusals: reader.refusals, unread: reader.unread }
}

/// What follows a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Stop,
    GoOn,
}

struct Reader<'a> {
    target: Target,
    patched: &'a [&'a str],
    after: After,
    seen: Vec<&'static str>,
    reading: Reading,
    refusals: Vec<Refusal>,
    unread: Vec<UnreadLine>,
}

impl<'a> Reader<'a> {
    fn new(target: Target, patched: &'a [&'a str], after: After) -> Self {
        let reading = Reading::default();
        Self { target, patched, after, seen: Vec::new(), reading, refusals: Vec::new(), unread: Vec::new() }
    }

    fn read(&mut self, text: &[u8]) -> ControlFlow<()> {
        for item in lines::split(text, b'=') {
            match item {
                Item::Skipped { number, text } => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    self.notice(number, None, NoticeKind::LineIgnored(text));
                }
                Item::Line(line) => self.read_line(line)?,
            }
        }
        let mut notices = Vec::new();
        let Reading { conf, active_modules, .. } = &mut self.reading;
        let selected = module::select_defaults(conf, active_modules, &mut notices);
        for kind in notices {
            self.notice(0, Some("defaultModules"), kind);
        }
        if let Err(kind) = selected {
            self.refuse(None, kind)?;
        }
        self.check_required()
    }

    fn refuse(&mut self, line: Option<usize>, kind: RefusalKind) -> ControlFlow<()> {
        let refusal = Refusal { line, kind };
        self.reading.refusal.get_or_insert_with(|| refusal.clone());
        self.refusals.push(refusal);
        match self.after {
            After::Stop => ControlFlow::Break(()),
            After::GoOn => ControlFlow::Continue(()),
        }
    }

    fn notice(&mut self, line: usize, key: Option<&str>, kind: NoticeKind) {
        let key = key.map(ToOwned::to_owned);
        self.reading.notices.push(Notice { line, key, kind });
    }

    fn read_line(&mut self, line: Line) -> ControlFlow<()> {
        let number = line.number;
        let key = String::from_utf8_lossy(&line.key).into_owned();
        let Ok(value) = String::from_utf8(line.value) else {
            return self.refuse(Some(number), RefusalKind::NotText(key));
        };
        if line.ended_by_blank {
            self.notice(number, Some(&key), NoticeKind::ContinuationEnded);
        }
        let mut notices = Vec::new();
        let read = if key.starts_with("module_") && has_modules(self.target) {
            module::read_line(&mut self.reading.conf, self.target, &key, &value, &mut notices);
            Ok(())
        } else if let Some(row) = known(&key, self.target, self.patched) {
            self.read_value(row, &value, &mut notices)
        } else {
            Err(RefusalKind::UnknownKey(key.clone()))
        };
        for kind in notices {
            self.notice(number, Some(&key), kind);
        }
        match read {
            Ok(()) => ControlFlow::Continue(()),
            Err(kind) => {
                self.unread.push(UnreadLine { line: number, key, value });
                self.refuse(Some(number), kind)
            }
        }
    }

    fn read_value(
        &mut self,
        row: &'static KeySpec,
        value: &str,
        notices: &mut Vec<NoticeKind>,
    ) -> Result<(), RefusalKind> {
        match dropped(row, self.target) {
            Some(Dropped::Announced) => notices.push(NoticeKind::Deprecated),
            Some(Dropped::Silently) => notices.push(NoticeKind::KeyIgnored),
            None => {
                let replaces = !row.accumulates();
                let is_repeated = self.seen.contains(&row.name);
                if is_repeated && replaces {
                    notices.push(NoticeKind::Overwritten);
                }
                if !is_repeated {
                    self.seen.push(row.name);
                }
                self.reading.conf.read_original(row.name, value, replaces, notices)?;
            }
        }
        Ok(())
    }

    /// "Required" means: not empty.
    fn check_required(&mut self) -> ControlFlow<()> {
        for (row, value) in self.reading.conf.write(self.target) {
            let is_missing = value.left_out.is_empty() && value.text.is_none_or(|text| text.is_empty());
            if row.is_required_by(self.target) && is_missing {
                self.refuse(None, RefusalKind::Missing(row.name))?;
            }
        }
        ControlFlow::Continue(())
    }
}

fn has_modules(target: Target) -> bool {
    KEYS.iter().any(|row| row.name == "defaultModules" && row.is_known_to(target))
}

fn known(key: &str, target: Target, patched: &[&str]) -> Option<&'static KeySpec> {
    KEYS.iter().find(|row| {
        let is_known = row.is_known_to(target) || patched.contains(&row.name) && row.is_known_when_patched(target);
        row.name == key && is_known
    })
}

/// The keys whose value a release throws away, and whether it says so.
///
/// Since 18.03 `IGNORING parameter X, deprecated.` is printed at every start; `kmodBasePath` goes without a word.
fn dropped(row: &KeySpec, target: Target) -> Option<Dropped> {
    if target.is_native() || !row.is_no_op_in(target) {
        return None;
    }
    match row.name {
        "optionalSshdAsRoot" | "autoLoadKernelModule" | "kmodCacheFile" => Some(Dropped::Announced),
        "kmodBasePath" | "nodeContextPrefix" => Some(Dropped::Silently),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dropped {
    Announced,
    Silently,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_goes_on_behind_a_refusal() {
        let text = "allowLibcPwdsCalls=1\nsiteFs=/a:b;/c:/d\nsiteFs=/e:/f\nsystem=s\nmountCmd=/m\n";
        let survey = survey(text, Target::V1608, &["mountCmd"]);
        let unread: Vec<(usize, &str)> = survey.unread.iter().map(|line| (line.line, line.value.as_str())).collect();
        assert_eq!(unread, [(1, "1"), (2, "/a:b;/c:/d")]);
        assert_eq!(survey.reading.conf.site_fs.to_string(), "/e:/f");
        assert_eq!(survey.reading.conf.system.as_deref(), Some("s"));
        let kinds: Vec<&RefusalKind> = survey.refusals.iter().map(|refusal| &refusal.kind).collect();
        assert!(matches!(kinds[..2], [RefusalKind::UnknownKey(_), RefusalKind::Volume(_)]));
        assert!(kinds[2..].iter().all(|kind| matches!(kind, RefusalKind::Missing(_))));
        assert_eq!(survey.reading.refusal.as_ref(), survey.refusals.first());
        assert_eq!(interpret(text, Target::V1608).refusal, survey.reading.refusal);
    }
}
