//! The arguments of the plugin's line in plugstack.conf.
//!
//! Names and words are read without regard to case, but for `shifter_config`, as in the original. What the original passed
//! over without a message is an error here.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use shifter_formats::nearest;

/// What becomes of a job whose container could not be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnSetupFailure {
    /// It runs; each start makes a container of its own.
    #[default]
    Continue,
    /// Its tasks fail.
    FailJob,
    /// Slurm drains the node and requeues the job.
    Drain,
}

/// What becomes of a job whose image is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullAtSubmit {
    /// The command pulls it and waits.
    #[default]
    Wait,
    /// sbatch has it pulled, and submits the job held; the others wait.
    Hold,
    /// The command fails, as with the original.
    Refuse,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// `shifter_config`: the udiRoot.conf to read instead of the installation's.
    pub config: Option<PathBuf>,
    /// `memory_cgroup`: where the memory controller of control groups version 1 is mounted.
    pub memory_cgroup: Option<PathBuf>,
    /// `extern_setup`: a program that the extern step runs as root.
    pub extern_setup: Option<PathBuf>,
    /// `extern_cgroup`: put the container's daemon into the extern step.
    pub extern_cgroup: bool,
    /// `enable_ccm`: offer `--ccm`.
    pub ccm: bool,
    /// `enable_sshd`: start a daemon in the container.
    pub sshd: bool,
    /// `long_options`: call the options `--shifter.image` and so on.
    pub long_options: bool,
    /// `setup_root`: make a container before the job.
    pub setup_root: bool,
    /// `exclusive_nodes`: no node ever has two jobs.
    pub exclusive_nodes: bool,
    /// `on_setup_failure`.
    pub on_setup_failure: OnSetupFailure,
    /// `pull_at_submit`.
    pub pull_at_submit: PullAtSubmit,
    /// `pull_timeout`, in seconds.
    pub pull_timeout: Duration,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            config: None,
            memory_cgroup: None,
            extern_setup: None,
            extern_cgroup: false,
            ccm: false,
            sshd: false,
            long_options: false,
            setup_root: true,
            exclusive_nodes: false,
            on_setup_failure: OnSetupFailure::default(),
            pull_at_submit: PullAtSubmit::default(),
            pull_timeout: Duration::from_secs(600),
        }
    }
}

/// All names, for the one who misspelled one.
pub const NAMES: [&str; 12] = [
    "shifter_config",
    "memory_cgroup",
    "extern_setup",
    "extern_cgroup",
    "enable_ccm",
    "enable_sshd",
    "long_options",
    "setup_root",
    "exclusive_nodes",
    "on_setup_failure",
    "pull_at_submit",
    "pull_timeout",
];

/// Why a word is no argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentFault {
    /// No such name.
    Unknown(String),
    /// A name alone that needs a value.
    NoValue(String),
    /// A value for a name that stands alone.
    Value(String),
    /// Not what may stand there.
    Bad {
        /// The argument.
        name: String,
        /// What was written.
        value: String,
        /// What may be.
        expected: &'static str,
    },
}

impl fmt::Display for ArgumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(word) => match nearest(word, NAMES) {
                Some(near) => write!(f, "unknown argument `{word}`; did you mean `{near}`?"),
                None => write!(f, "unknown argument `{word}`; there are {}", NAMES.join(", ")),
            },
            Self::NoValue(name) => write!(f, "argument `{name}` needs a value: `{name}=...`"),
            Self::Value(name) => write!(f, "argument `{name}` takes no value"),
            Self::Bad { name, value, expected } => write!(f, "argument `{name}` is `{value}`; it can be {expected}"),
        }
    }
}

impl std::error::Error for ArgumentFault {}

impl Arguments {
    /// Reads the words behind the plugin's path.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<ArgumentFault>> {
        let mut arguments = Self::default();
        let faults: Vec<ArgumentFault> = words.into_iter().filter_map(|word| arguments.take(word).err()).collect();
        if faults.is_empty() { Ok(arguments) } else { Err(faults) }
    }

    fn take(&mut self, word: &str) -> Result<(), ArgumentFault> {
        let (written, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let known = NAMES
            .into_iter()
            .find(|name| written == *name || *name != "shifter_config" && written.eq_ignore_ascii_case(name));
        let name = known.ok_or_else(|| ArgumentFault::Unknown(written.to_owned()))?;
        if name == "long_options" {
            self.long_options = true;
            return value.map_or(Ok(()), |_| Err(ArgumentFault::Value(name.to_owned())));
        }
        let value = value.filter(|value| !value.is_empty()).ok_or_else(|| ArgumentFault::NoValue(name.to_owned()))?;
        let given = Value { name, value };
        match name {
            "shifter_config" => self.config = Some(given.path()?),
            "memory_cgroup" => self.memory_cgroup = Some(given.path()?),
            "extern_setup" => self.extern_setup = Some(given.path()?),
            "extern_cgroup" => self.extern_cgroup = given.flag()?,
            "enable_ccm" => self.ccm = given.flag()?,
            "enable_sshd" => self.sshd = given.flag()?,
            "setup_root" => self.setup_root = given.flag()?,
            "exclusive_nodes" => self.exclusive_nodes = given.flag()?,
            "on_setup_failure" => {
                let words = [
                    ("continue", OnSetupFailure::Continue),
                    ("fail-job", OnSetupFailure::FailJob),
                    ("drain", OnSetupFailure::Drain),
                ];
                self.on_setup_failure = given.one_of(&words, "continue, fail-job or drain")?;
            }
            "pull_at_submit" => {
                let words =
                    [("wait", PullAtSubmit::Wait), ("hold", PullAtSubmit::Hold), ("refuse", PullAtSubmit::Refuse)];
                self.pull_at_submit = given.one_of(&words, "wait, hold or refuse")?;
            }
            _ => self.pull_timeout = given.seconds()?,
        }
        Ok(())
    }
}

/// An argument with a value.
struct Value<'a> {
    name: &'a str,
    value: &'a str,
}

impl Value<'_> {
    fn bad(&self, expected: &'static str) -> ArgumentFault {
        ArgumentFault::Bad { name: self.name.to_owned(), value: self.value.to_owned(), expected }
    }

    fn path(&self) -> Result<PathBuf, ArgumentFault> {
        let is_absolute = self.value.starts_with('/');
        is_absolute.then(|| PathBuf::from(self.value)).ok_or_else(|| self.bad("an absolute path"))
    }

    fn flag(&self) -> Result<bool, ArgumentFault> {
        self.one_of(&[("0", false), ("1", true)], "0 or 1")
    }

    fn one_of<T: Copy>(&self, words: &[(&str, T)], expected: &'static str) -> Result<T, ArgumentFault> {
        let found = words.iter().find(|(word, _)| self.value.eq_ignore_ascii_case(word));
        found.map(|(_, meaning)| *meaning).ok_or_else(|| self.bad(expected))
    }

    fn seconds(&self) -> Result<Duration, ArgumentFault> {
        let seconds = self.value.parse().ok().filter(|seconds| (1..=604_800).contains(seconds));
        seconds.map(Duration::from_secs).ok_or_else(|| self.bad("a number of seconds from 1 to 604800"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> Vec<String> {
        let faults = Arguments::parse(words.iter().copied()).expect_err("it has mistakes");
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_of_the_manual_is_understood() {
        let line = "shifter_config=/etc/shifter/udiRoot.conf Memory_Cgroup=/sys/fs/cgroup/memory EXTERN_CGROUP=1 \
                    enable_sshd=1 Enable_CCM=1 extern_setup=/sbin/dws LONG_OPTIONS";
        let expected = Arguments {
            config: Some("/etc/shifter/udiRoot.conf".into()),
            memory_cgroup: Some("/sys/fs/cgroup/memory".into()),
            extern_setup: Some("/sbin/dws".into()),
            extern_cgroup: true,
            sshd: true,
            ccm: true,
            long_options: true,
            ..Arguments::default()
        };
        assert_eq!(Arguments::parse(line.split_whitespace()), Ok(expected));
    }

    #[test]
    fn what_is_decided_about_failures_and_pulls_is_read() {
        let line = "on_setup_failure=Fail-Job pull_at_submit=hold pull_timeout=90 exclusive_nodes=1 setup_root=0";
        let arguments = Arguments::parse(line.split_whitespace()).expect("a line");
        assert_eq!(arguments.on_setup_failure, OnSetupFailure::FailJob);
        assert_eq!((arguments.pull_at_submit, arguments.pull_timeout.as_secs()), (PullAtSubmit::Hold, 90));
        assert!(arguments.exclusive_nodes && !arguments.setup_root);
    }

    #[test]
    fn all_mistakes_are_named_at_once_with_what_would_be_right() {
        assert_eq!(
            said(&["enable_ssh=1", "Shifter_Config=/a", "extern_cgroup=yes", "extern_setup", "memory_cgroup=cg"]),
            [
                "unknown argument `enable_ssh`; did you mean `enable_sshd`?",
                "unknown argument `Shifter_Config`; did you mean `shifter_config`?",
                "argument `extern_cgroup` is `yes`; it can be 0 or 1",
                "argument `extern_setup` needs a value: `extern_setup=...`",
                "argument `memory_cgroup` is `cg`; it can be an absolute path",
            ]
        );
        assert_eq!(said(&["long_options=1"]), ["argument `long_options` takes no value"]);
        assert!(said(&["x=y"])[0].contains("there are shifter_config, "));
    }
}
