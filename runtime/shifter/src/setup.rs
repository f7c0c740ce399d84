//! `setupRoot`, as a story: root's program, called before a job, that makes its container once for all its starts.
//!
//! It builds by the same plan and the same steps as a start, in a mount namespace of its own, with the rights of the user
//! wherever a start takes them; and it ends by letting the finished container appear in the host's mount table. What
//! it is told comes from a batch system that has it from a user, so nothing of it is believed: the image's access list,
//! the volumes' rules and the owner of each file are asked as in a start. The environment is not looked at.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use shifter_formats::record::{Outcome, Phase};
use shifter_formats::udiroot::Conf;
use shifter_sys::{environ, identity, open};

use crate::attach::mark::{self, Mark};
use crate::attach::{self, Found};
use crate::config;
use crate::enact::{Enactor, Host};
use crate::hooks::HookFacts;
use crate::plan::{self, Facts, Purpose};
use crate::policy::PolicyError;
use crate::prepare::{Permitted, Prepared};
use crate::privilege::Raised;
use crate::record::{self, Journal, Log};
use crate::request::options as start_options;
use crate::request::{Request, Variables};
use crate::say::{say, speak_as};
use crate::sshd::{self, Beginning, SshdError};
use crate::start::{self, StartError};
use crate::trust::TrustError;

mod groups;
pub mod options;

use options::{Options, UsageError};

/// What the program ends with if there is no container.
const FAILED: i32 = 1;

/// Why no container was set up.
#[derive(Debug)]
pub enum SetupError {
    /// The command line is none.
    Usage(UsageError),
    /// There is one already.
    InUse {
        /// Where.
        at: PathBuf,
        /// Whose it is, by uid.
        uid: Option<u32>,
        /// For which job, if somebody noted it.
        job: Option<String>,
        /// What it was made from.
        record: String,
    },
    /// Another set-up puts one there just now.
    AtWork(PathBuf),
    /// Something else is mounted there.
    Foreign(PathBuf),
    /// Somebody else than root could have laid the path.
    Trust(TrustError),
    /// The name does not belong to the number.
    OtherUser {
        /// As asked for.
        name: String,
        /// As asked for.
        uid: u32,
        /// What the number is called.
        known_as: String,
    },
    /// The groups of a user could not be asked for.
    Groups(String),
    /// A key was given, and there is no sshd for it.
    Sshd(SshdError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Usage(error) => write!(f, "{error} (setupRoot --help)"),
            SetupError::InUse { at, uid, job, record } => {
                write!(f, "`{}` holds a container already", at.display())?;
                if let Some(job) = job {
                    write!(f, ", of job {job}")?;
                }
                if let Some(uid) = uid {
                    write!(f, ", of uid {uid}")?;
                }
                write!(f, ": {record}; unsetupRoot takes it away")
            }
            SetupError::AtWork(at) => write!(f, "another setupRoot is at work at `{}`", at.display()),
            SetupError::Foreign(at) => {
                write!(f, "something that setupRoot did not make is mounted at `{}` (key udiMount)", at.display())
            }
            SetupError::Trust(error) => write!(f, "{error} (key udiMount)"),
            SetupError::OtherUser { name, uid, known_as } => {
                write!(f, "uid {uid} is `{known_as}`, not `{name}` (options -U and -u)")
            }
            SetupError::Groups(name) => write!(f, "the groups of `{name}` could not be asked for"),
            SetupError::Sshd(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SetupError {}

/// The program `setupRoot`. Returns what to end with: 0 if the container is there, else 1 and nothing is.
#[must_use]
pub fn main() -> i32 {
    speak_as("setupRoot");
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if options::asks_for_help(&words) {
        use std::io::Write as _;
        return i32::from(std::io::stdout().write_all(options::HELP.as_bytes()).is_err());
    }
    match set_up(words) {
        Ok(()) => 0,
        Err(error) => {
            start::tell(&error);
            FAILED
        }
    }
}

fn set_up(words: Vec<OsString>) -> Result<(), StartError> {
    let _not_looked_at = environ::take()?;
    let _ours = identity::set_umask(0o022);
    Raised::require_root()?;
    let options = options::parse(words).map_err(SetupError::Usage)?;
    let groups = groups::of(&options)?;
    let raised = Raised::for_user(options.uid, options.gid, &groups)?;
    let mut journal = Journal::open(&raised, raised.as_user(Log::connect), &[]);
    let result = recorded(&raised, &options, &mut journal);
    match &result {
        Ok(()) => journal.went_well(Outcome::SetUp),
        Err(error) => journal.went_wrong(record::outcome(error), FAILED, error),
    }
    result
}

/// The set-up itself. What became of it is written by [`set_up`].
fn recorded(raised: &Raised, options: &Options, journal: &mut Journal) -> Result<(), StartError> {
    let conf = config::load_installed()?;
    let request = request(options, &conf)?;
    let permitted = Permitted::new(raised, &conf, &request, &[], journal)?;
    let udi_mount = conf.udi_mount.as_deref().ok_or(PolicyError::MissingKey("udiMount"))?;
    make_free(udi_mount)?;
    let host = Host::here()?;
    let Prepared { modules, image, mut opened, user, accounts } = permitted.prepare(raised, journal)?;
    if user.name != options.user {
        let Options { user: name, uid, .. } = options.clone();
        return Err(SetupError::OtherUser { name, uid, known_as: user.name }.into());
    }
    let ssh = sshd::find(raised, &conf, options.key.as_deref(), &user).map_err(SetupError::Sshd)?;
    if let Some(mark) = opened.mark.take() {
        mark.leave(raised);
    }
    let hooks = HookFacts {
        conf: &conf,
        modules: &modules,
        asked: &request.image,
        image: &image.identifier,
        user: &user.name,
        uid: options.uid,
        gid: options.gid,
    };
    let mark = Mark::new(raised.caller(), &opened, &conf)?.to_string();
    let steps = plan::plan(&Facts {
        conf: &conf,
        modules: &modules,
        volumes: &request.volumes,
        home: None,
        mode: raised.caller().mode,
        user: &user,
        accounts: &accounts,
        image: &image.identifier,
        hooks,
        built: Some(&journal.built()),
        purpose: Purpose::SetUp { hosts: options.hosts.as_deref(), job: options.job, mark: &mark, ssh: ssh.as_ref() },
    })?;
    journal.ends(Phase::Plan);
    Enactor::new(raised, opened, &conf.deny).for_host(host).run(&steps, |step| {
        if options.verbose {
            say(format_args!("{step}"));
        }
    })?;
    if let Some(ssh) = &ssh {
        let (modules, image, hooks, request) = (&modules[..], &image, &hooks, &request);
        let with = Beginning { conf: &conf, udi_mount, mark: &mark, request, modules, image, hooks, port: ssh.port };
        if let Err(error) = sshd::begin(raised, &with) {
            take_back(udi_mount)?;
            return Err(SetupError::Sshd(error).into());
        }
    }
    journal.ends(Phase::Build);
    Ok(())
}

/// A container without the sshd that it was to have is none. What lies at the place is ours: it appeared, and nobody else's
/// set-up comes to it as long as we live.
fn take_back(udi_mount: &Path) -> Result<(), StartError> {
    loop {
        match attach::look(udi_mount).map_err(SetupError::Trust)? {
            Found::Container(container) => attach::take_down(container.root())?,
            Found::Base(base, _) => attach::take_down(&base)?,
            Found::Nothing | Found::Foreign(_) => return Ok(()),
        }
    }
}

/// What a user would have asked for. As in the original, every type but `local` stands for an identity.
fn request(options: &Options, conf: &Conf) -> Result<Request, StartError> {
    let kind = if options.image_type == "local" { "local" } else { "id" };
    let asked = start_options::Options {
        image: Some(format!("{kind}:{}", options.image)),
        volumes: options.volumes.clone(),
        modules: options.modules.clone(),
        ..start_options::Options::default()
    };
    Ok(Request::new(&asked, &Variables::default(), conf)?)
}

/// Removes what a set-up left that was killed in its last moment; anything else that is there stays.
fn make_free(udi_mount: &Path) -> Result<(), StartError> {
    let at = udi_mount.to_owned();
    match attach::look(udi_mount).map_err(SetupError::Trust)? {
        Found::Nothing => Ok(()),
        Found::Base(_, mark) if mark::is_in_the_making(&mark) => Err(SetupError::AtWork(at).into()),
        Found::Base(left, _) => remove_left(&left, at),
        Found::Foreign(_) => Err(SetupError::Foreign(at).into()),
        Found::Container(container) => {
            let record = String::from_utf8_lossy(container.record()).trim_end().to_owned();
            Err(SetupError::InUse { at, uid: mark::owner(container.mark()), job: container.job(), record }.into())
        }
    }
}

/// Removes a base whose set-up has ended, if nothing came onto it: the last thing its set-up did before it ended may have
/// been to put its container there, after the base was seen without one.
fn remove_left(left: &OwnedFd, at: PathBuf) -> Result<(), StartError> {
    let id = |mount: &OwnedFd| open::facts(mount).map(|facts| facts.mount_id);
    match attach::look(&at).map_err(SetupError::Trust)? {
        Found::Nothing => Ok(()),
        Found::Base(now, _) if id(&now)? == id(left)? => Ok(attach::take_down(left)?),
        _ => Err(SetupError::AtWork(at).into()),
    }
}
