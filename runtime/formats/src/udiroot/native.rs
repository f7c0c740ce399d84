//! Reading `udiRoot.conf` natively: all mistakes of a file at once, each with its place and the right spelling.

use std::collections::BTreeMap;
use std::ops::Range;

use super::fault::{Fault, ParseError, ParseErrorKind};
use super::lines::{self, Line, Placed};
use super::value::{Table, inline_comment, row};
use super::{Conf, KEYS, KeySpec, MODULE_KEYS, ModuleChoice, ModuleConf, ModuleName, select};
use crate::Target;
use crate::nearest::nearest;
use crate::volume::CacheFilesystem;

/// No file is longer.
const LONGEST: usize = 1 << 20;

/// No site has more modules, versions included. Each may require and exclude others, which is looked up for each.
const MOST_MODULES: usize = 512;

impl Conf {
    /// Reads a file as the native runtime does.
    ///
    /// Every key of every target is accepted; [`KeySpec::no_op_in`] says which do nothing. What the original
    /// silently changed or swallowed is refused.
    ///
    /// # Errors
    /// All mistakes, in the order of the file.
    pub fn parse_native(text: impl AsRef<[u8]>) -> Result<Self, Vec<ParseError>> {
        let bytes = text.as_ref();
        if bytes.len() > LONGEST {
            return Err(vec![ParseError {
                span: 0..bytes.len(),
                line: 1,
                column: 1,
                key: None,
                kind: ParseErrorKind::TooLong,
            }]);
        }
        let (clean, mut faults) = clean(bytes);
        let (found, line_faults) = lines::split(&clean);
        faults.extend(line_faults);
        let newlines = clean.match_indices('\n').map(|(at, _)| at).collect();
        let mut reading = Reading { conf: Self::default(), seen: BTreeMap::new(), faults, end: clean.len(), newlines };
        for line in &found {
            reading.read(line);
        }
        reading.check_whole();
        let Reading { conf, mut faults, .. } = reading;
        if faults.is_empty() {
            return Ok(conf);
        }
        faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
        Err(located(&clean, faults))
    }
}

/// The text with every byte that cannot be read replaced by `?`, so that offsets stay.
fn clean(bytes: &[u8]) -> (String, Vec<Placed>) {
    let mut faults = Vec::new();
    let mut fault = |span: Range<usize>, kind| {
        faults.push(Placed { span, key: None, kind });
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let at = text.len();
            let is_line_end = c == '\r' && bytes.get(at + 1) == Some(&b'\n');
            if c == '\u{feff}' && at == 0 {
                fault(0..3, ParseErrorKind::ByteOrderMark);
                text.push_str("   ");
            } else {
                if c.is_control() && !matches!(c, '\n' | '\t') && !is_line_end {
                    fault(at..at + c.len_utf8(), ParseErrorKind::Control(c));
                }
                text.push(c);
            }
        }
        if !chunk.invalid().is_empty() {
            let at = text.len();
            fault(at..at + chunk.invalid().len(), ParseErrorKind::NotUtf8);
            text.extend(chunk.invalid().iter().map(|_| '?'));
        }
    }
    (text, faults)
}

struct Reading {
    conf: Conf,
    /// The keys that were written, each with the bytes of its last value and the line of its first.
    seen: BTreeMap<String, (Range<usize>, usize)>,
    faults: Vec<Placed>,
    end: usize,
    newlines: Vec<usize>,
}

impl Reading {
    fn fault(&mut self, span: Range<usize>, key: &str, kind: ParseErrorKind) {
        self.faults.push(Placed { span, key: Some(key.to_owned()), kind });
    }

    fn read(&mut self, line: &Line) {
        let key = line.key.text.as_str();
        let spec = match known(key) {
            Ok(spec) => spec,
            Err(kind) => return self.fault(line.key.span(), key, kind),
        };
        let value = line.value.text.as_str();
        let written_in = 1 + self.newlines.partition_point(|at| *at < line.key.span().start);
        let first = self
            .seen
            .entry(key.to_owned())
            .and_modify(|(span, _)| *span = line.value.span())
            .or_insert((line.value.span(), written_in))
            .1;
        if first != written_in && !spec.accumulates() {
            let kind = ParseErrorKind::Duplicate { first };
            self.fault(line.key.span(), key, kind);
        }
        if let Some(at) = inline_comment(value) {
            let span = line.value.place(&(at..value.len()));
            return self.fault(span, key, ParseErrorKind::InlineComment);
        }
        if value.is_empty() {
            return self.fault(line.key.span(), key, ParseErrorKind::Empty);
        }
        let mut faults: Vec<Fault> = Vec::new();
        match module_of(key) {
            Some((name, field)) => {
                let is_known = self.conf.modules.iter().any(|(known, _)| *known == name);
                if !is_known && self.conf.modules.len() >= MOST_MODULES {
                    let kind = ParseErrorKind::TooManyModules { most: MOST_MODULES };
                    return self.fault(line.key.span(), key, kind);
                }
                let module = self.conf.module_mut(name);
                module.read_native(field, value, &mut faults);
            }
            None => self.conf.read_native(key, value, &mut faults),
        }
        for fault in faults {
            self.fault(line.value.place(&fault.range), key, fault.kind);
        }
    }

    /// What no single line shows.
    fn check_whole(&mut self) {
        let end = self.end;
        for spec in KEYS {
            if spec.is_required_by(Target::Native) && !self.seen.contains_key(spec.name) {
                self.fault(end..end, spec.name, ParseErrorKind::Missing(spec.name));
            }
        }
        let modules = self.conf.modules.iter().map(|(_, module)| &module.site_fs);
        let caches: Vec<CacheFilesystem> = modules
            .chain([&self.conf.site_fs])
            .flat_map(|map| &map.entries)
            .filter_map(|entry| Some(entry.per_node_cache?.filesystem))
            .collect();
        if self.conf.populate_etc_dynamically != Some(true) {
            self.need("etcPath", "populateEtcDynamically is not 1");
        }
        if !caches.is_empty() {
            self.need("perNodeCachePath", "siteFs uses perNodeCache");
        }
        if caches.contains(&CacheFilesystem::Xfs) {
            self.need("mkfsXfsPath", "siteFs uses perNodeCache");
        }
        if caches.contains(&CacheFilesystem::Ext4) {
            self.need("mkfsExt4Path", "siteFs uses perNodeCache with fs=ext4");
        }
        self.check_modules();
    }

    fn need(&mut self, key: &'static str, because: &'static str) {
        if !self.seen.contains_key(key) {
            let end = self.end;
            self.fault(end..end, key, ParseErrorKind::MissingBecause { key, because });
        }
    }

    fn check_modules(&mut self) {
        let mut found = Vec::new();
        for (name, module) in &self.conf.modules {
            for (field, names) in [("conflict", &module.conflict), ("requires", &module.requires)] {
                for other in names {
                    let plain = ModuleChoice::parse(other).map_or(other.clone(), |choice| choice.name);
                    if !self.conf.modules.iter().any(|(known, _)| known.name == plain) {
                        let kind = ParseErrorKind::UnknownModule(other.clone());
                        found.push((format!("module_{name}_{field}"), kind));
                    }
                }
            }
        }
        if let Err(error) = select(&self.conf.modules, &self.conf.default_modules) {
            let kind = ParseErrorKind::Selection(error);
            found.push(("defaultModules".to_owned(), kind));
        }
        for (key, kind) in found {
            let span = self.seen.get(&key).map_or(0..0, |(span, _)| span.clone());
            self.fault(span, &key, kind);
        }
    }
}

impl Conf {
    /// The lines of a module, which is added at the end when it is new.
    pub(crate) fn module_mut(&mut self, name: ModuleName) -> &mut ModuleConf {
        let at = self.modules.iter().position(|(known, _)| *known == name);
        let at = at.unwrap_or_else(|| {
            self.modules.push((name, ModuleConf::default()));
            self.modules.len() - 1
        });
        &mut self.modules[at].1
    }
}

/// The module and the field of a key such as `module_mpich_siteFs`, once [`known`] has accepted it.
fn module_of(key: &str) -> Option<(ModuleName, &str)> {
    let (name, field) = key.strip_prefix("module_")?.rsplit_once('_')?;
    Some((ModuleName::parse(name).ok()?, field))
}

/// The row of a key, in either table.
fn known(key: &str) -> Result<&'static KeySpec, ParseErrorKind> {
    if let Some(spec) = row::<Conf>(key) {
        return Ok(spec);
    }
    let Some(rest) = key.strip_prefix("module_") else {
        return Err(ParseErrorKind::UnknownKey { nearest: nearest(key, KEYS.iter().map(|spec| spec.name)) });
    };
    let (name, field) = rest.rsplit_once('_').ok_or(ParseErrorKind::ModuleWithoutKey)?;
    if field.is_empty() {
        return Err(ParseErrorKind::ModuleWithoutKey);
    }
    ModuleName::parse(name).map_err(ParseErrorKind::ModuleName)?;
    row::<ModuleConf>(field).ok_or_else(|| ParseErrorKind::UnknownModuleKey {
        nearest: nearest(field, MODULE_KEYS.iter().map(|spec| spec.name)),
    })
}

/// The faults with their lines and columns. They are sorted, so one pass over the text is enough, also where all are in
/// one line.
fn located(text: &str, faults: Vec<Placed>) -> Vec<ParseError> {
    let (mut line, mut column) = (1, 1);
    let mut reached = 0;
    let mut errors = Vec::with_capacity(faults.len());
    for fault in faults {
        let start = fault.span.start.min(text.len());
        let at = (0..=start).rfind(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let passed = &text[reached..at];
        if let Some(newline) = passed.rfind('\n') {
            line += passed.matches('\n').count();
            column = 1 + passed[newline + 1..].chars().count();
        } else {
            column += passed.chars().count();
        }
        reached = at;
        errors.push(ParseError { line, column, span: fault.span, key: fault.key, kind: fault.kind });
    }
    errors
}
