//! The file of `--env-file`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use super::Environment;

/// No file is longer; the kernel passes no larger environment to a program (execve(2)).
const LONGEST: usize = 6 << 20;

/// Why a file of variables was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFileFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: EnvFileFaultKind,
}

/// What is wrong with a file of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvFileFaultKind {
    /// The file is longer than 6 MiB.
    TooLong,
    /// The line holds no `=`.
    NoEquals,
    /// Nothing stands before the `=`, or a blank.
    Name,
    /// The line holds a NUL, which no variable can.
    Nul,
}

impl fmt::Display for EnvFileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.kind {
            EnvFileFaultKind::TooLong => "the file is longer than 6 MiB",
            EnvFileFaultKind::NoEquals => "the line holds no `=`; write NAME=VALUE",
            EnvFileFaultKind::Name => "no name without blanks stands before the `=`; write NAME=VALUE",
            EnvFileFaultKind::Nul => "the line holds a NUL",
        };
        write!(f, "line {}: {text}", self.line)
    }
}

impl std::error::Error for EnvFileFault {}

/// Reads lines of `NAME=VALUE`, in order.
///
/// Blanks around a line do not count; blank lines and lines that begin with `#` are skipped. Nothing is quoted and
/// nothing expanded, as in the original. An empty value is one, as for `--env`. A blank in a name is refused: the
/// original would set a variable called `"NAME "`.
///
/// # Errors
/// The first line that is no variable.
pub fn parse_env_file(bytes: &[u8]) -> Result<Environment, EnvFileFault> {
    use EnvFileFaultKind as Kind;
    if bytes.len() > LONGEST {
        return Err(EnvFileFault { line: 1, kind: Kind::TooLong });
    }
    let mut environment = Environment::new();
    // A file of this length may hold a million names.
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for (line, raw) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        let raw = raw.trim_ascii();
        if raw.is_empty() || raw.starts_with(b"#") {
            continue;
        }
        let fault = |kind| EnvFileFault { line, kind };
        if raw.contains(&0) {
            return Err(fault(Kind::Nul));
        }
        let at = raw.iter().position(|b| *b == b'=');
        let (name, value) = raw.split_at(at.ok_or_else(|| fault(Kind::NoEquals))?);
        let value = &value[1..];
        if name.is_empty() || name.iter().any(u8::is_ascii_whitespace) {
            return Err(fault(Kind::Name));
        }
        let value = OsStr::from_bytes(value).to_owned();
        match places.entry(name) {
            Entry::Occupied(place) => environment[*place.get()].1 = value,
            Entry::Vacant(place) => {
                place.insert(environment.len());
                environment.push((OsStr::from_bytes(name).to_owned(), value));
            }
        }
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_variables_and_nothing_is_expanded() {
        let found = parse_env_file(b"# one\n\n  A=$HOME 'x' \r\n  # two\nB= 2\nA=3\nC=\n").unwrap();
        let wanted: Environment = vec![("A".into(), "3".into()), ("B".into(), " 2".into()), ("C".into(), "".into())];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_is_no_variable_is_refused_with_its_line() {
        let kind = |text: &[u8]| parse_env_file(text).unwrap_err();
        assert_eq!(kind(b"A=1\nB\n").to_string(), "line 2: the line holds no `=`; write NAME=VALUE");
        assert_eq!(kind(b"B = 2").kind, EnvFileFaultKind::Name);
        assert_eq!(kind(b"=2").kind, EnvFileFaultKind::Name);
        assert_eq!(kind(b"B=\0").kind, EnvFileFaultKind::Nul);
    }
}
