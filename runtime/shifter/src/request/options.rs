//! The command line of `shifter`, as getopt_long(3) would read it with `POSIXLY_CORRECT` set.
//!
//! Options end at the first word that is not one, or at `--`. Long options may be shortened as far as they stay
//! unambiguous among the options the original had; options added since must be written in full, so that no
//! abbreviation in somebody's script changes its meaning.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use shifter_formats::nearest;
use shifter_formats::udiroot::Home;

use crate::why::Why;

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Instead of a start: print something and end.
    pub show: Option<Show>,
    /// `-v`: say what is done.
    pub verbose: bool,
    /// `-i`: `type:tag` or a tag; the last one counts.
    pub image: Option<String>,
    /// `-V`: volume maps, in order. Any of them replaces `SHIFTER_VOLUME`.
    pub volumes: Vec<String>,
    /// `-e`: name and value, in order.
    pub env: Vec<(OsString, OsString)>,
    /// `--env-file`: the last one counts. Read in the container, as the user.
    pub env_file: Option<PathBuf>,
    /// `-E`: start from an empty environment.
    pub clear_env: bool,
    /// `-w`: where the command starts.
    pub workdir: Workdir,
    /// `--entrypoint`: what runs before the arguments.
    pub entrypoint: Entrypoint,
    /// `-m`: a list of modules, instead of the default ones.
    pub modules: Option<String>,
    /// `--home`: where the home comes from.
    pub home: Option<Home>,
    /// `--why`: instead of a start, what became of one.
    pub why: Option<Why>,
    /// `--config`: another configuration, for a start without privilege.
    pub config: Option<PathBuf>,
    /// The command and its arguments; may be empty.
    pub command: Vec<OsString>,
}

/// Something to print instead of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// `-h`.
    Help,
    /// `--version`.
    Version,
    /// `--explain`: where each part of a start comes from.
    Explain(Form),
    /// `--modules`: what this node offers.
    Modules(Form),
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// One JSON document.
    Json,
}

/// Where the command starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Workdir {
    /// Where the caller is, if that place is in the container.
    #[default]
    Caller,
    /// `-w` alone: what the image says.
    Image,
    /// `-wPATH`.
    Path(PathBuf),
}

/// What runs before the arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Entrypoint {
    /// Nothing: the arguments are the command.
    #[default]
    Unused,
    /// `--entrypoint` alone: what the image says.
    Image,
    /// `--entrypoint=PROGRAM`: this one word.
    Program(OsString),
}

/// Why a command line is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsError {
    /// No such option; the one that was probably meant.
    Unknown(String, Option<&'static str>),
    /// A long option with one dash, as old manuals have it: read letter by letter it would be another one.
    OneDash(String),
    /// An abbreviation of several.
    Ambiguous(String, Vec<&'static str>),
    /// A value is missing at the end.
    NeedsValue(String),
    /// A value where none is taken.
    TakesNoValue(String),
    /// A value that is not UTF-8.
    NotText(&'static str),
    /// `-e` without a name and `=`.
    NotAssignment(String),
    /// A value that may not be empty.
    Empty(&'static str),
    /// A value that is none of those an option takes: the option, the value, what would be right.
    Choice(&'static str, String, &'static str),
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionsError::Unknown(option, None) => write!(f, "unknown option `{option}`"),
            OptionsError::Unknown(option, Some(meant)) => {
                write!(f, "unknown option `{option}`; did you mean `--{meant}`?")
            }
            OptionsError::OneDash(option) => {
                write!(f, "`{option}` has one dash, and is read as short options; write `-{option}`")
            }
            OptionsError::Ambiguous(option, which) => {
                write!(f, "option `{option}` is ambiguous: --{}", which.join(", --"))
            }
            OptionsError::NeedsValue(option) => write!(f, "option `{option}` needs a value"),
            OptionsError::TakesNoValue(option) => write!(f, "option `{option}` takes no value"),
            OptionsError::NotText(option) => write!(f, "the value of `--{option}` is not UTF-8"),
            OptionsError::NotAssignment(value) => write!(f, "`--env {value}` is not of the form NAME=VALUE"),
            OptionsError::Empty(option) => write!(f, "the value of `--{option}` is empty"),
            OptionsError::Choice(option, value, allowed) => write!(f, "`--{option}={value}`: it can be {allowed}"),
        }
    }
}

impl std::error::Error for OptionsError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// Only attached: `-wPATH`, `--workdir=PATH`.
    OptionalValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Help,
    Ignored,
    Verbose,
    Image,
    Volume,
    Env,
    EnvFile,
    ClearEnv,
    Workdir,
    Entrypoint,
    Module,
    Version,
    Config,
    Home,
    Explain,
    Modules,
    Why,
}

struct Row {
    which: Which,
    long: &'static str,
    short: u8,
    takes: Takes,
    /// Whether it may be shortened.
    original: bool,
}

const fn row(which: Which, long: &'static str, short: u8, takes: Takes) -> Row {
    Row { which, long, short, takes, original: true }
}

const fn added(which: Which, long: &'static str, takes: Takes) -> Row {
    Row { which, long, short: 0, takes, original: false }
}

const TABLE: [Row; 18] = [
    row(Which::Help, "help", b'h', Takes::Nothing),
    row(Which::Ignored, "", b'n', Takes::Nothing),
    row(Which::Verbose, "verbose", b'v', Takes::Nothing),
    row(Which::Image, "image", b'i', Takes::Value),
    row(Which::Volume, "volume", b'V', Takes::Value),
    row(Which::Env, "env", b'e', Takes::Value),
    row(Which::EnvFile, "env-file", 0, Takes::Value),
    row(Which::ClearEnv, "clearenv", b'E', Takes::Nothing),
    row(Which::Workdir, "workdir", b'w', Takes::OptionalValue),
    row(Which::Entrypoint, "entrypoint", 0, Takes::OptionalValue),
    row(Which::Entrypoint, "entry", 0, Takes::OptionalValue),
    row(Which::Module, "module", b'm', Takes::Value),
    added(Which::Version, "version", Takes::Nothing),
    added(Which::Config, "config", Takes::Value),
    added(Which::Home, "home", Takes::Value),
    added(Which::Explain, "explain", Takes::OptionalValue),
    added(Which::Modules, "modules", Takes::OptionalValue),
    added(Which::Why, "why", Takes::OptionalValue),
];

/// Reads the words after the program's name.
///
/// # Errors
/// The first word that is not an option, a value or a command.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Options, OptionsError> {
    let mut words = words.into_iter().peekable();
    let mut options = Options::default();
    while let Some(word) = words.next_if(|word| word.len() > 1 && word.as_bytes().starts_with(b"-")) {
        if word == "--" {
            break;
        }
        if let Some(long) = word.as_bytes().strip_prefix(b"--") {
            let (name, value) = match long.iter().position(|&byte| byte == b'=') {
                Some(at) => (&long[..at], Some(OsStr::from_bytes(&long[at + 1..]).to_owned())),
                None => (long, None),
            };
            let row = find_long(name)?;
            let shown = || format!("--{}", row.long);
            let value = match (row.takes, value) {
                (Takes::Nothing, Some(_)) => return Err(OptionsError::TakesNoValue(shown())),
                (Takes::Value, None) => Some(words.next().ok_or_else(|| OptionsError::NeedsValue(shown()))?),
                (_, value) => value,
            };
            options.set(row, value)?;
        } else {
            if is_long_with_one_dash(&word.as_bytes()[1..]) {
                return Err(OptionsError::OneDash(word.to_string_lossy().into_owned()));
            }
            let mut letters = word.as_bytes()[1..].to_vec();
            while !letters.is_empty() {
                let letter = letters.remove(0);
                let shown = || format!("-{}", letter.escape_ascii());
                let row = TABLE
                    .iter()
                    .find(|row| row.short == letter && letter != 0)
                    .ok_or_else(|| OptionsError::Unknown(shown(), None))?;
                let value = match row.takes {
                    Takes::Nothing => None,
                    _ if !letters.is_empty() => Some(OsString::from_vec(std::mem::take(&mut letters))),
                    Takes::OptionalValue => None,
                    Takes::Value => Some(words.next().ok_or_else(|| OptionsError::NeedsValue(shown()))?),
                };
                options.set(row, value)?;
            }
        }
    }
    options.command = words.collect();
    Ok(options)
}

/// Whether this is `image=x` and the like. No tag, path or name of a module begins so, and a variable hardly.
fn is_long_with_one_dash(letters: &[u8]) -> bool {
    let name = letters.split(|&byte| byte == b'=').next().unwrap_or_default();
    name.len() < letters.len() && name.len() > 1 && TABLE.iter().any(|row| row.long.as_bytes() == name)
}

fn find_long(name: &[u8]) -> Result<&'static Row, OptionsError> {
    let shown = || format!("--{}", name.escape_ascii());
    let named = |row: &&Row| !row.long.is_empty();
    if let Some(row) = TABLE.iter().filter(named).find(|row| row.long.as_bytes() == name) {
        return Ok(row);
    }
    let matching: Vec<&Row> = TABLE
        .iter()
        .filter(named)
        .filter(|row| row.original && !name.is_empty() && row.long.as_bytes().starts_with(name))
        .collect();
    match matching.as_slice() {
        [] => {
            let known = TABLE.iter().filter(named).map(|row| row.long);
            let meant = std::str::from_utf8(name).ok().and_then(|name| nearest(name, known));
            Err(OptionsError::Unknown(shown(), meant))
        }
        [first, rest @ ..] if rest.iter().all(|row| row.which == first.which) => Ok(first),
        several => Err(OptionsError::Ambiguous(shown(), several.iter().map(|row| row.long).collect())),
    }
}

impl Options {
    fn set(&mut self, row: &Row, value: Option<OsString>) -> Result<(), OptionsError> {
        let text = |value: Option<OsString>| {
            value.unwrap_or_default().into_string().map_err(|_| OptionsError::NotText(row.long))
        };
        let filled = |value: OsString| if value.is_empty() { Err(OptionsError::Empty(row.long)) } else { Ok(value) };
        match row.which {
            Which::Help => self.show = self.show.or(Some(Show::Help)),
            Which::Version => self.show = self.show.or(Some(Show::Version)),
            Which::Ignored => {}
            Which::Verbose => self.verbose = true,
            Which::Image => self.image = Some(text(value)?),
            Which::Volume => self.volumes.push(text(value)?),
            Which::Env => self.env.push(assignment(&value.unwrap_or_default())?),
            Which::EnvFile => self.env_file = Some(filled(value.unwrap_or_default())?.into()),
            Which::ClearEnv => self.clear_env = true,
            Which::Workdir => {
                self.workdir = match value {
                    None => Workdir::Image,
                    Some(path) => Workdir::Path(filled(path)?.into()),
                }
            }
            Which::Entrypoint => {
                self.entrypoint = match value {
                    None => Entrypoint::Image,
                    Some(program) => Entrypoint::Program(filled(program)?),
                }
            }
            Which::Module => self.modules = Some(text(value)?),
            Which::Home => {
                let text = text(value)?;
                let home = Home::parse(&text);
                self.home =
                    Some(home.ok_or(OptionsError::Choice("home", text, "site, image, none or an absolute path"))?);
            }
            Which::Explain | Which::Modules => {
                let form = match value {
                    None => Form::Table,
                    Some(form) if form == "json" => Form::Json,
                    form => return Err(OptionsError::Choice(row.long, text(form)?, "json, or nothing for a table")),
                };
                let show = if row.which == Which::Modules { Show::Modules(form) } else { Show::Explain(form) };
                self.show = self.show.or(Some(show));
            }
            Which::Why => self.why = Some(Why::of(value.map(filled).transpose()?)),
            Which::Config => self.config = Some(filled(value.unwrap_or_default())?.into()),
        }
        Ok(())
    }
}

fn assignment(value: &OsStr) -> Result<(OsString, OsString), OptionsError> {
    let bytes = value.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at @ 1..) => Ok((OsStr::from_bytes(&bytes[..at]).into(), OsStr::from_bytes(&bytes[at + 1..]).into())),
        _ => Err(OptionsError::NotAssignment(value.to_string_lossy().into_owned())),
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
