//! `shifter-site try`: a whole site in a scratch directory.
//!
//! A person sees in a minute what the project does: a profile is checked and rendered, the gateway pulls an image, an ordinary user
//! starts a container. Everything is the real thing: the programs that ship, with the configuration directory they were compiled for,
//! on a machine that exists in memory and in its own namespaces only ([`machine`]). When the command ends, nothing is left.
//!
//! Two processes share the work. The first ([`run`]) makes the scratch directory, waits, and takes the directory away again. The
//! second ([`inside`]) is the first of its own process namespace: whatever it starts ends with it.

mod error;
mod image;
mod machine;
mod mount;
mod namespace;
mod person;
mod programs;
mod report;
mod site;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use nix::sys::signal::{SigSet, Signal};

pub use error::TryError;
use machine::Machine;
use namespace::Rights;
use person::Person;
use programs::Gateway;
pub use report::Report;
use site::ScratchSite;

/// Where the programs are installed on the scratch machine.
const PREFIX: &str = "/opt/shifter-try";

/// Where the image's layout lies on the scratch machine.
const LAYOUT: &str = "/opt/shifter-try/share/tour";

/// Where a person's command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// In a container, as an ordinary user.
    #[default]
    Container,
    /// On the scratch machine itself, as the caller, with the site's programs on `PATH`.
    Machine,
}

/// What a person asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The profile.
    pub profile: PathBuf,
    /// Keys set over it, as for `--set`.
    pub set: Vec<String>,
    /// The node class that the machine is of.
    pub class: Option<String>,
    /// Where the command runs.
    pub place: Place,
    /// Modules to load, as for `shifter --module`.
    pub modules: Option<String>,
    /// The command to run; empty for a tour of the container, or for a shell on the machine.
    pub command: Vec<OsString>,
}

impl Wish {
    /// The arguments that make the second process wish the same.
    fn arguments(&self) -> Vec<OsString> {
        let mut words = vec![self.profile.clone().into_os_string()];
        words.extend(self.set.iter().flat_map(|set| ["--set".into(), set.into()]));
        if let Some(class) = &self.class {
            words.extend(["--class".into(), class.into()]);
        }
        if let Some(modules) = &self.modules {
            words.extend(["--module".into(), modules.into()]);
        }
        if self.place == Place::Machine {
            words.push("--on-machine".into());
        }
        words.push("--".into());
        words.extend(self.command.iter().cloned());
        words
    }
}

/// The first process: makes room, starts the second, waits, cleans up. Gives the exit status of the second.
pub fn run(wish: &Wish) -> Result<ExitStatus, TryError> {
    programs::folder()?;
    let rights = Rights::of_caller();
    let scratch = Scratch::new()?;
    // ORDER: signals are held back before the child exists, so that none can end us with the directory left behind.
    let mut signals = SigSet::empty();
    signals.extend([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD]);
    signals.thread_block().map_err(|errno| TryError::Rights { source: errno.into() })?;
    namespace::prepare_parent(rights)?;
    let mut child = Command::new("/proc/self/exe")
        .arg("try")
        .arg("--inside")
        .arg(&scratch.0)
        .args(wish.arguments())
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(|source| TryError::io("run", "/proc/self/exe", source))?;
    loop {
        if let Some(status) = child.try_wait().map_err(|source| TryError::io("wait for", "/proc/self/exe", source))? {
            return Ok(status);
        }
        // A child that ended before this wait has left its SIGCHLD pending.
        if signals.wait() != Ok(Signal::SIGCHLD) {
            child.kill().map_err(|source| TryError::io("end", "/proc/self/exe", source))?;
        }
    }
}

/// An empty directory of the host, gone when dropped. Only the second process mounts upon it, in its own namespace.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, TryError> {
        let path = std::env::temp_dir().join(format!("shifter-site-try.{}", std::process::id()));
        // The container's user must be able to walk through it.
        fs::DirBuilder::new().mode(0o755).create(&path).map_err(|source| TryError::io("make", &path, source))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|source| TryError::io("change the mode of", &path, source))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.0) {
            eprintln!("shifter-site: cannot remove `{}`: {error}", self.0.display());
        }
    }
}

/// The second process: the tour itself. Gives the exit status of the container's command.
pub fn inside(scratch: &Path, wish: &Wish) -> Result<ExitStatus, TryError> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| TryError::Rights { source: errno.into() })?;
    let rights = Rights::of_caller();
    let programs_folder = programs::folder()?;
    let report = Report::resume();
    let person = Person::choose(rights)?;
    let site = site::resolved(wish, rights, &person)?;
    let mut machine = report.step("machine", || {
        namespace::enter_mounts()?;
        mount::memory(scratch, "mode=755,size=50%")?;
        let mut machine = Machine::of_host(scratch)?;
        programs::install(&mut machine, &programs_folder, rights)?;
        let said = match rights {
            Rights::Root => "own mounts and processes; as root, so the runtime is setuid and loop-mounts the image",
            Rights::UserNamespace => {
                "own mounts and processes in a user namespace: not root, so the image is a directory"
            }
        };
        Ok((machine, said.to_owned()))
    })?;
    report.step("render", || Ok(((), site.lay_out(&mut machine)?)))?;
    report.step("image", || {
        machine.directory(Path::new(LAYOUT).parent().unwrap_or(Path::new("/")), 0o755)?;
        let made = image::assemble(&machine.on_host(Path::new(LAYOUT)))?;
        let said = format!(
            "{} programs of this machine and their libraries: {} layers, {}",
            made.programs,
            made.layers,
            mebibytes(made.bytes as u64)
        );
        Ok(((), said))
    })?;
    machine.enter()?;
    namespace::drop_ambient_rights()?;
    on_the_machine(&report, &site, &person, wish)
}

/// What happens on the machine once it is ours: the gateway, a pull, a container.
fn on_the_machine(report: &Report, site: &ScratchSite, person: &Person, wish: &Wish) -> Result<ExitStatus, TryError> {
    let _gateway = report.step("gateway", || {
        let gateway = Gateway::start(&site.gateway_config(), site.socket(), Path::new("/tmp/gateway.log"))?;
        Ok((gateway, format!("shifter-imagegw listens on unix:{}", site.socket().display())))
    })?;
    let reference = format!("{}/tour:{}", site::LOCATION, image::TAG);
    report.step("pull", || {
        programs::output_of(person.command(&programs::path("shifterimg")).args(["pull", &reference]))?;
        let found = programs::output_of(person.command(&programs::path("shifterimg")).args(["lookup", &reference]))?;
        let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let said = format!("shifterimg pull {reference}\nimage {id}{}", site.size_of(&id));
        Ok(((), said))
    })?;
    match wish.place {
        Place::Container => in_a_container(report, site, person, wish, &reference),
        Place::Machine => beside_the_container(report, wish, &reference),
    }
}

/// The person's command in a container, started as an ordinary user starts one.
fn in_a_container(
    report: &Report,
    site: &ScratchSite,
    person: &Person,
    wish: &Wish,
    reference: &str,
) -> Result<ExitStatus, TryError> {
    let mut words: Vec<OsString> = vec![format!("--image={reference}").into()];
    words.extend(wish.modules.as_ref().map(|modules| format!("--module={modules}").into()));
    words.extend(command_words(site, wish));
    let shown: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    report.rule(&format!("as {person}: shifter {}", shown.join(" ")));
    let program = programs::path("shifter");
    let begun = Instant::now();
    let status = person
        .command(&program)
        .current_dir("/")
        .args(&words)
        .status()
        .map_err(|source| TryError::io("run", &program, source))?;
    report.end(&format!("The container ran for {} ms and ended with {status}.", begun.elapsed().as_millis()));
    Ok(status)
}

/// The person's command on the scratch machine, which has a site to play with.
fn beside_the_container(report: &Report, wish: &Wish, reference: &str) -> Result<ExitStatus, TryError> {
    let shell = vec![OsString::from("/bin/sh")];
    let words = if wish.command.is_empty() { &shell } else { &wish.command };
    report.rule(&format!("on the machine: try `shifter --image={reference} {}`", image::TOUR));
    let path = format!("{PREFIX}/bin:{PREFIX}/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let status = Command::new(&words[0])
        .args(&words[1..])
        .current_dir("/tmp")
        .env("PATH", path)
        .env("SHIFTER_TRY_IMAGE", reference)
        .status()
        .map_err(|source| TryError::io("run", &words[0], source))?;
    report.end(&format!("The command ended with {status}."));
    Ok(status)
}

/// The person's command, or the tour with the names of the variables the site sets.
fn command_words(site: &ScratchSite, wish: &Wish) -> Vec<OsString> {
    if wish.command.is_empty() {
        let mut names = site.variables(wish.modules.as_deref());
        names.extend(["PATH".to_owned(), "IMAGE_SAYS".to_owned()]);
        names.sort();
        names.dedup();
        std::iter::once(image::TOUR.to_owned()).chain(names).map(OsString::from).collect()
    } else {
        wish.command.clone()
    }
}

/// `4.2 MiB`.
fn mebibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_survives_the_way_to_the_second_process() {
        let wish = Wish {
            profile: "site.toml".into(),
            set: vec!["gateway.timeout=20s".to_owned()],
            class: Some("gpu".to_owned()),
            place: Place::Machine,
            modules: Some("mpich".into()),
            command: vec!["ls".into(), "-l".into()],
        };
        assert_eq!(
            wish.arguments(),
            [
                "site.toml",
                "--set",
                "gateway.timeout=20s",
                "--class",
                "gpu",
                "--module",
                "mpich",
                "--on-machine",
                "--",
                "ls",
                "-l"
            ]
        );
    }

    #[test]
    fn sizes_are_shown_with_one_decimal() {
        assert_eq!(mebibytes(4_404_019), "4.1 MiB");
    }
}
