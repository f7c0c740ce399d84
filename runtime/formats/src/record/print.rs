//! From a record to its line.

use std::fmt::{self, Write as _};

use super::Record;

/// The most bytes each value takes, escapes included, so that all together stay below [`super::LONGEST`], and with the
/// mounts below [`super::LONGEST_KEPT`].
mod most {
    pub(super) const JOB: usize = 64;
    pub(super) const IMAGE: usize = 256;
    pub(super) const DIGEST: usize = 80;
    pub(super) const ID: usize = 136;
    pub(super) const MODULES: usize = 200;
    pub(super) const VOLUMES: usize = 200;
    pub(super) const MOUNTS: usize = 2000;
    pub(super) const CONFIG_ID: usize = 72;
    pub(super) const PROGRAM: usize = 96;
    pub(super) const ERROR: usize = 440;
}

/// What stands for the end of a text that was cut.
pub(super) const CUT: &str = "...";

impl fmt::Display for Record {
    /// The line, without a line break. What is not known is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"at\":{},\"outcome\":\"{}\",\"uid\":{}", self.at, self.outcome.as_str(), self.uid)?;
        let text = |f: &mut fmt::Formatter<'_>, key: &str, value: &Option<String>, most: usize| match value {
            Some(value) => write!(f, ",\"{key}\":\"{}\"", escaped(value, most)),
            None => Ok(()),
        };
        text(f, "jobClaimed", &self.job_claimed, most::JOB)?;
        text(f, "image", &self.image, most::IMAGE)?;
        text(f, "digest", &self.digest, most::DIGEST)?;
        text(f, "id", &self.id, most::ID)?;
        let texts = |f: &mut fmt::Formatter<'_>, key: &str, values: &[String], most: usize| match values {
            [] => Ok(()),
            values => write!(f, ",\"{key}\":[{}]", list(values, most)),
        };
        texts(f, "modules", &self.modules, most::MODULES)?;
        text(f, "volumes", &self.volumes, most::VOLUMES)?;
        texts(f, "mounts", &self.mounts, most::MOUNTS)?;
        text(f, "configId", &self.config_id, most::CONFIG_ID)?;
        text(f, "program", &self.program, most::PROGRAM)?;
        if !self.phases.is_empty() {
            let phases = self.phases.iter().map(|(phase, time)| format!("\"{}\":{time}", phase.as_str()));
            write!(f, ",\"us\":{{{}}}", phases.collect::<Vec<_>>().join(","))?;
        }
        if let Some(exit) = self.exit {
            write!(f, ",\"exit\":{exit}")?;
        }
        text(f, "error", &self.error, most::ERROR)?;
        if self.left_out > 0 {
            write!(f, ",\"leftOut\":{}", self.left_out)?;
        }
        f.write_char('}')
    }
}

/// Names until there is no more room.
fn list(names: &[String], most: usize) -> String {
    let mut line = String::new();
    for name in names {
        let comma = if line.is_empty() { "" } else { "," };
        let name = escaped(name, most / 2);
        if line.len() + name.len() + CUT.len() + 6 > most {
            let _infallible = write!(line, "{comma}\"{CUT}\"");
            break;
        }
        let _infallible = write!(line, "{comma}\"{name}\"");
    }
    line
}

/// The inside of a JSON string: printable ASCII characters only, at most `most` of them. Only whole characters are cut.
fn escaped(text: &str, most: usize) -> String {
    let mut line = String::new();
    let mut fits_with_cut = 0;
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            ' '..='~' => line.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _infallible = write!(line, "\\u{unit:04x}");
                }
            }
        }
        if line.len() > most {
            line.truncate(fits_with_cut);
            line.push_str(CUT);
            break;
        }
        if line.len() + CUT.len() <= most {
            fits_with_cut = line.len();
        }
    }
    line
}
