//! Reading a whole `udiRoot.conf` as one of the original's releases does.

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
    let mut reading = Reading::default();
    reading.refusal = reading.read(text.as_ref(), target, patched).err();
    reading
}

impl Reading {
    fn read(&mut self, text: &[u8], target: Target, patched: &[&str]) -> Result<(), Refusal> {
        let mut seen: Vec<String> = Vec::new();
        for item in lines::split(text, b'=') {
            match item {
                Item::Skipped { number, text } => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    self.notice(number, None, NoticeKind::LineIgnored(text));
                }
                Item::Line(line) => self.read_line(line, target, patched, &mut seen)?,
            }
        }
        let mut notices = Vec::new();
        let selected = module::select_defaults(&self.conf, &mut self.active_modules, &mut notices);
        for kind in notices {
            self.notice(0, Some("defaultModules"), kind);
        }
        let whole = |kind| Refusal { line: None, kind };
        selected.map_err(whole)?;
        self.check_required(target).map_err(whole)
    }

    fn notice(&mut self, line: usize, key: Option<&str>, kind: NoticeKind) {
        self.notices.push(Notice { line, key: key.map(ToOwned::to_owned), kind });
    }

    fn read_line(
        &mut self,
        line: Line,
        target: Target,
        patched: &[&str],
        seen: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let number = line.number;
        let refuse = |kind| Refusal { line: Some(number), kind };
        let key = String::from_utf8_lossy(&line.key).into_owned();
        let value = String::from_utf8(line.value).map_err(|_| refuse(RefusalKind::NotText(key.clone())))?;
        if line.ended_by_blank {
            self.notice(number, Some(&key), NoticeKind::ContinuationEnded);
        }
        let mut kinds = Vec::new();
        if key.starts_with("module_") && has_modules(target) {
            module::read_line(&mut self.conf, target, &key, &value, &mut kinds);
        } else {
            let row = known(&key, target, patched).ok_or_else(|| refuse(RefusalKind::UnknownKey(key.clone())))?;
            let is_repeated = seen.contains(&key);
            match dropped(row, target) {
                Some(Dropped::Announced) => kinds.push(NoticeKind::Deprecated),
                Some(Dropped::Silently) => kinds.push(NoticeKind::KeyIgnored),
                None => {
                    let replaces = !row.accumulates();
                    if is_repeated && replaces {
                        kinds.push(NoticeKind::Overwritten);
                    }
                    self.conf.read_original(row.name, &value, replaces, &mut kinds).map_err(refuse)?;
                }
            }
            if !is_repeated {
                seen.push(key.clone());
            }
        }
        for kind in kinds {
            self.notice(number, Some(&key), kind);
        }
        Ok(())
    }

    /// "Required" means: not empty.
    fn check_required(&self, target: Target) -> Result<(), RefusalKind> {
        let written = self.conf.write(target);
        for (row, value) in written {
            let is_missing = value.left_out.is_empty() && value.text.is_none_or(|text| text.is_empty());
            if row.is_required_by(target) && is_missing {
                return Err(RefusalKind::Missing(row.name));
            }
        }
        Ok(())
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
