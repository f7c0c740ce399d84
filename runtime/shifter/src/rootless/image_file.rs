//! An image file without a loop device: squashfuse_ll answers for it.
//!
//! The mount is made here, on a descriptor of `/dev/fuse` of this user namespace (fuse(4): the one who mounts must be in
//! the namespace in which the device was opened), and squashfuse_ll is given the descriptor only, as libfuse 3.3 and
//! later take it. It runs as the user, without any right, in a mount table where the image is not mounted: so when the
//! last process of the container ends, however it ends, the mount goes, and squashfuse_ll ends with it. It is nobody's
//! child that a command could wait for, and no terminal's.

use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use shifter_sys::mount::{self, Attributes, NewError, Parameter};
use shifter_sys::open::{self, For};
use shifter_sys::process::{self, Ended};
use shifter_sys::{CallError, signal};

use crate::privilege::Raised;
use crate::say::say;

/// Where distributions have the program: never `PATH`.
const PROGRAMS: [&str; 4] = [
    "/usr/bin/squashfuse_ll",
    "/usr/libexec/squashfuse_ll",
    "/usr/libexec/apptainer/bin/squashfuse_ll",
    "/usr/local/bin/squashfuse_ll",
];
const DEVICE: &str = "/dev/fuse";
const ENVIRONMENT: &str = "PATH=/usr/bin:/bin";

/// Why an image file cannot be used without privilege.
#[derive(Debug)]
pub enum ImageFileError {
    /// Only squashfs has a server.
    Filesystem(&'static str),
    /// No squashfuse_ll.
    NoProgram(PathBuf),
    /// The device cannot be opened.
    Device(CallError, PathBuf),
    /// The file system could not be made.
    New(NewError),
    /// squashfuse_ll could not be started.
    Start(Ended),
    /// It does not answer.
    Silent(PathBuf, CallError),
    /// A call.
    Call(CallError),
}

impl fmt::Display for ImageFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageFileError::Filesystem(kind) => {
                write!(f, "without privilege an image must be a squashfs file or an unpacked directory, not {kind}")
            }
            ImageFileError::NoProgram(file) => {
                write!(
                    f,
                    "without privilege an image file needs squashfuse_ll, and none is in {}",
                    PROGRAMS.join(", ")
                )?;
                unpack(f, file)
            }
            ImageFileError::Device(error, file) => {
                write!(f, "without privilege an image file needs {DEVICE}: {error}")?;
                unpack(f, file)
            }
            ImageFileError::New(error) => error.fmt(f),
            ImageFileError::Start(ended) => write!(f, "squashfuse_ll was not started: it {ended}"),
            ImageFileError::Silent(file, error) => {
                write!(
                    f,
                    "squashfuse_ll does not answer for `{}` ({error}); is it a whole squashfs file",
                    file.display()
                )?;
                f.write_str(" in a compression that this squashfuse_ll knows?")
            }
            ImageFileError::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImageFileError {}

impl From<CallError> for ImageFileError {
    fn from(error: CallError) -> ImageFileError {
        ImageFileError::Call(error)
    }
}

/// The command that makes a directory of an image, which needs neither.
fn unpack(f: &mut fmt::Formatter<'_>, file: &Path) -> fmt::Result {
    let directory = file.with_extension("");
    write!(f, "; unpacked it needs none: unsquashfs -d {} {}", directory.display(), file.display())
}

/// The file system in a file, as a detached mount.
///
/// # Errors
/// Says what is missing, and what to do without it.
pub fn serve(raised: &Raised, file: &OwnedFd, filesystem: &'static str) -> Result<OwnedFd, ImageFileError> {
    if filesystem != "squashfs" {
        return Err(ImageFileError::Filesystem(filesystem));
    }
    let name = open::path_of(file)?;
    let program = find().ok_or_else(|| ImageFileError::NoProgram(name.clone()))?;
    let device =
        open::host(Path::new(DEVICE), For::Device).map_err(|error| ImageFileError::Device(error, name.clone()))?;
    let (number, uid, gid) =
        (device.as_raw_fd().to_string(), raised.caller().uid.to_string(), raised.caller().gid.to_string());
    let parameters = [
        Parameter::Text("source", OsStr::new("squashfuse_ll")),
        Parameter::Text("fd", OsStr::new(&number)),
        Parameter::Text("rootmode", OsStr::new("40000")),
        Parameter::Text("user_id", OsStr::new(&uid)),
        Parameter::Text("group_id", OsStr::new(&gid)),
        Parameter::Flag("allow_other"),
        Parameter::Flag("ro"),
    ];
    // ORDER: before it serves, the device must be a mount's (fs/fuse/dev.c: a read of another is `EPERM`).
    let plain = Attributes::NOSUID.and(Attributes::NODEV).and(Attributes::READ_ONLY);
    let mounted = mount::new("fuse", &parameters, plain).map_err(ImageFileError::New)?;
    start(raised, program, &device, file)?;
    // ORDER: with no descriptor of the device left but squashfuse_ll's, its end is an answer and no wait for ever.
    drop(device);
    open::below(&mounted, Path::new("."), open::Within::PlainBelow, For::Listing)
        .and_then(open::names)
        .map_err(|error| ImageFileError::Silent(name, error))?;
    Ok(mounted)
}

/// The first that is there. Whose it is cannot be asked, since here root is nobody; the directories are the system's, and
/// what runs has the caller's rights and less.
fn find() -> Option<&'static Path> {
    PROGRAMS.iter().map(Path::new).find(|path| open::host(path, For::Place).is_ok())
}

/// Starts it in a child's child, which nobody waits for, without a right and with a mount table of its own.
fn start(raised: &Raised, program: &Path, device: &OwnedFd, image: &OwnedFd) -> Result<(), ImageFileError> {
    let child = raised.in_dropped_child(|_dropped| {
        let serve = || {
            let error = become_server(program, device, image);
            say(format_args!("cannot start `{}`: {error}", program.display()));
            127
        };
        i32::from(process::in_child(serve).is_err())
    })?;
    match process::wait(child)? {
        Ended::Exited(0) => Ok(()),
        ended => Err(ImageFileError::Start(ended)),
    }
}

fn become_server(program: &Path, device: &OwnedFd, image: &OwnedFd) -> CallError {
    let prepare = || -> Result<(), CallError> {
        process::new_session()?;
        process::close_inherited_on_exec()?;
        mount::change_dir(Path::new("/"))?;
        let nothing = open::host(Path::new("/dev/null"), For::Device)?;
        process::become_stdin(&nothing)?;
        process::become_stdout(&nothing)?;
        signal::forget_the_callers()?;
        process::keep_on_exec(device)?;
        process::keep_on_exec(image)?;
        process::become_stderr(&nothing)
    };
    if let Err(error) = prepare() {
        return error;
    }
    let words: [OsString; 4] = [
        "squashfuse_ll".into(),
        "-f".into(),
        open::magic_link(image).into_os_string(),
        format!("/dev/fd/{}", device.as_raw_fd()).into(),
    ];
    let words = words.map(|word| CString::new(word.into_encoded_bytes()).unwrap_or_default());
    process::exec(program.as_os_str(), &words, &[CString::new(ENVIRONMENT).unwrap_or_default()])
}
