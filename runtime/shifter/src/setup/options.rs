//! The command line of `setupRoot`, as getopt(3) would read it: options of one letter, before or behind the two words.

use std::ffi::OsString;
use std::fmt;

/// What is printed for `--help`.
pub const HELP: &str = include_str!("help.txt");

/// Hosts of more tasks than this in all are a mistake: Linux has no more processes (`/proc/sys/kernel/pid_max`).
const MOST_TASKS: usize = 1 << 22;

/// No name of a host is longer (hostname(7)).
const LONGEST_HOST: usize = 253;

/// No `/var/hostsfile` is larger: the container keeps it in memory. Bytes.
const LARGEST_HOSTS: usize = 64 << 20;

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-U`: for whom.
    pub uid: u32,
    /// `-G`: with which group.
    pub gid: u32,
    /// `-u`: what he is called.
    pub user: String,
    /// `-v`: volume maps, in order.
    pub volumes: Vec<String>,
    /// `-m`: a list of modules, instead of the default ones.
    pub modules: Option<String>,
    /// `-s`: a public key for ssh.
    pub key: Option<String>,
    /// `-N`: the lines of `/var/hostsfile`.
    pub hosts: Option<String>,
    /// `-j`: for which job, by its number.
    pub job: Option<u32>,
    /// `-V`: say what is done.
    pub verbose: bool,
    /// `local`, or any other type.
    pub image_type: String,
    /// The identity of the image, or the path of a local one.
    pub image: String,
}

/// Why a command line is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// No such option.
    Unknown(String),
    /// A value is missing at the end.
    NeedsValue(char),
    /// An option that there must be.
    Missing(char, &'static str),
    /// A value that is no number of a user or group.
    NotNumber(char, String),
    /// A value that is no list of hosts.
    NotHosts(String),
    /// A word that is not UTF-8.
    NotText,
    /// Not two words beside the options.
    Words(usize),
    /// A type that no image has.
    ImageType(String),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsageError::Unknown(option) => write!(f, "unknown option `{option}`"),
            UsageError::NeedsValue(option) => write!(f, "option -{option} needs a value"),
            UsageError::Missing(option, what) => write!(f, "option -{option} is missing: {what}"),
            UsageError::NotNumber(option, value) => write!(f, "option -{option}: `{value}` is not a number"),
            UsageError::NotHosts(value) => {
                write!(f, "option -N: `{value}` is not of the form `HOST/TASKS HOST/TASKS`")
            }
            UsageError::NotText => f.write_str("a word of the command line is not UTF-8"),
            UsageError::Words(count) => {
                write!(f, "{count} words instead of two: the type of the image and its identity")
            }
            UsageError::ImageType(kind) => {
                write!(f, "`{kind}` is not a type of image; it can be docker, custom, id or local")
            }
        }
    }
}

impl std::error::Error for UsageError {}

/// Whether the first word asks what the others may be.
pub(super) fn asks_for_help(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| ["-h", "--help"].iter().any(|help| word == help))
}

/// Takes the words of the command line apart.
///
/// # Errors
/// The first mistake.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Options, UsageError> {
    let mut words = words.into_iter().map(|word| word.into_string().map_err(|_| UsageError::NotText));
    let mut given = Given::default();
    let mut plain = Vec::new();
    while let Some(word) = words.next().transpose()? {
        match word.strip_prefix('-') {
            Some("-") => plain.extend(words.by_ref().collect::<Result<Vec<_>, _>>()?),
            Some(letters) if !letters.is_empty() => given.take(letters, &mut words)?,
            _ => plain.push(word),
        }
    }
    let [image_type, image]: [String; 2] = plain.try_into().map_err(|words: Vec<_>| UsageError::Words(words.len()))?;
    if !["docker", "custom", "id", "local"].contains(&image_type.as_str()) {
        return Err(UsageError::ImageType(image_type));
    }
    let missing = UsageError::Missing;
    Ok(Options {
        uid: given.uid.ok_or(missing('U', "the uid of the user"))?,
        gid: given.gid.ok_or(missing('G', "the gid of the user"))?,
        user: given.user.ok_or(missing('u', "the name of the user"))?,
        image_type,
        image,
        ..given.rest
    })
}

#[derive(Default)]
struct Given {
    uid: Option<u32>,
    gid: Option<u32>,
    user: Option<String>,
    rest: Options,
}

impl Given {
    /// One word of letters, as `-V`, `-VU 1000` or `-U1000`. Of an option given twice the last one counts, but volumes
    /// add up. An empty key or list of hosts is none, as in the original.
    fn take(
        &mut self,
        letters: &str,
        words: &mut impl Iterator<Item = Result<String, UsageError>>,
    ) -> Result<(), UsageError> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            if letter == 'V' {
                self.rest.verbose = true;
                continue;
            }
            if !"UGuvmsNj".contains(letter) {
                return Err(UsageError::Unknown(format!("-{letter}")));
            }
            let value = match letters.as_str() {
                "" => words.next().transpose()?.ok_or(UsageError::NeedsValue(letter))?,
                attached => attached.to_owned(),
            };
            let some = |value: String| (!value.is_empty()).then_some(value);
            match letter {
                'U' => self.uid = Some(number(letter, value)?),
                'G' => self.gid = Some(number(letter, value)?),
                'u' => self.user = some(value),
                'v' => self.rest.volumes.push(value),
                'm' => self.rest.modules = Some(value),
                's' => self.rest.key = some(value),
                'j' => self.rest.job = Some(number(letter, value)?),
                _ => self.rest.hosts = some(value).map(|value| hosts(&value)).transpose()?,
            }
            break;
        }
        Ok(())
    }
}

fn number(option: char, value: String) -> Result<u32, UsageError> {
    let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_plain).ok_or(UsageError::NotNumber(option, value))
}

/// `n1/2 n2/1`, the tasks of each host, to a line for each task. A host alone has one.
fn hosts(text: &str) -> Result<String, UsageError> {
    let wrong = || UsageError::NotHosts(text.to_owned());
    let mut lines = String::new();
    let (mut tasks_in_all, mut size) = (0_usize, 0_usize);
    for part in text.split(' ').filter(|part| !part.is_empty()) {
        let (host, tasks) = part.split_once('/').unwrap_or((part, "1"));
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let tasks: usize = tasks.parse().map_err(|_| wrong())?;
        tasks_in_all = tasks.saturating_add(tasks_in_all);
        size = tasks.saturating_mul(host.len() + 1).saturating_add(size);
        let is_name = (1..=LONGEST_HOST).contains(&host.len()) && !host.starts_with('-') && host.bytes().all(is_host);
        if !is_name || tasks_in_all > MOST_TASKS || size > LARGEST_HOSTS {
            return Err(wrong());
        }
        lines += &format!("{host}\n").repeat(tasks);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Options, String> {
        parse(line.iter().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_line_that_slurms_prolog_runs_is_understood() {
        let line = ["-U", "65534", "-G", "65533", "-u", "nobody", "-N", "n1/2 n2/1", "-v", "/tmp:/mnt", "-v", "/a:/b"];
        let options = parsed(&[&line[..], &["-m", "mpich", "-j", "4711", "id", "0123"]].concat()).unwrap();
        let expected = Options {
            uid: 65534,
            gid: 65533,
            user: "nobody".to_owned(),
            volumes: vec!["/tmp:/mnt".to_owned(), "/a:/b".to_owned()],
            modules: Some("mpich".to_owned()),
            hosts: Some("n1\nn1\nn2\n".to_owned()),
            job: Some(4711),
            image_type: "id".to_owned(),
            image: "0123".to_owned(),
            ..Options::default()
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn the_line_of_a_rendered_torque_prologue_is_understood() {
        let prologue = include_str!("../../../../tests/golden/bluewaters/wlm/cray-shifter-prologue");
        let line = prologue.lines().find_map(|line| line.strip_prefix("set -- ")).unwrap();
        let values = [("uid", "4242"), ("gid", "4243"), ("user", "ada"), ("hosts", "nid00012/16 nid00013/1")];
        let values = values.into_iter().chain([("type", "docker"), ("image_id", "0123"), ("key", "")]);
        let words = shell_words(line)
            .into_iter()
            .map(|word| values.clone().fold(word, |word, (name, value)| word.replace(&format!("${name}"), value)));
        let options = parse(words.map(OsString::from)).unwrap();
        assert_eq!((options.uid, options.gid, options.user.as_str()), (4242, 4243, "ada"));
        assert_eq!((options.image_type.as_str(), options.image.as_str()), ("docker", "0123"));
        assert!(options.hosts.unwrap().ends_with("nid00012\nnid00013\n"));
    }

    /// The words of a line, as two shells read it one after the other: double quotes, then single ones.
    fn shell_words(line: &str) -> Vec<String> {
        line.replace('"', "").split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
    }

    #[test]
    fn options_may_come_last_be_joined_and_have_empty_values() {
        let options = parsed(&["docker", "0123", "-VU1000", "-G", "100", "-u", "ada", "-s", "", "-N", ""]).unwrap();
        assert!(options.verbose && options.key.is_none() && options.hosts.is_none());
        assert_eq!((options.uid, options.gid, options.user.as_str()), (1000, 100, "ada"));
        let options = parsed(&["-U1", "-G1", "-u", "ada", "-s", "ssh-rsa KEY", "--", "local", "-x"]).unwrap();
        assert_eq!((options.image.as_str(), options.key.as_deref()), ("-x", Some("ssh-rsa KEY")));
    }

    #[test]
    fn every_mistake_is_named() {
        let usual = ["-U", "1000", "-G", "100", "-u", "ada"];
        let said = |more: &[&str]| parsed(&[&usual[..], more].concat()).unwrap_err();
        assert_eq!(said(&["id"]), "1 words instead of two: the type of the image and its identity");
        assert_eq!(said(&["-x", "id", "1"]), "unknown option `-x`");
        assert_eq!(said(&["--image", "id", "1"]), "unknown option `--`");
        assert_eq!(said(&["id", "1", "-v"]), "option -v needs a value");
        assert_eq!(said(&["vfs", "1"]), "`vfs` is not a type of image; it can be docker, custom, id or local");
        assert_eq!(said(&["-U", "-1", "id", "1"]), "option -U: `-1` is not a number");
        assert_eq!(said(&["-G", "4294967296", "id", "1"]), "option -G: `4294967296` is not a number");
        assert_eq!(said(&["-N", "n1/x", "id", "1"]), "option -N: `n1/x` is not of the form `HOST/TASKS HOST/TASKS`");
        assert!(said(&["-N", "n1/9999999999", "id", "1"]).starts_with("option -N"));
        assert!(said(&["-N", "a\nb/1", "id", "1"]).starts_with("option -N"));
        for host in ["h".repeat(254) + "/1", "h".repeat(253) + "/1000000"] {
            assert!(said(&["-N", &host, "id", "1"]).starts_with("option -N"), "{host}");
        }
        assert_eq!(parsed(&["-G1", "-uada", "id", "1"]).unwrap_err(), "option -U is missing: the uid of the user");
    }
}
