//! What only root sees of a container that `setupRoot` left: whose it is, and of what it was really made.
//!
//! `/var/shifterConfig.json` is the original's, and holds names. The mark is a `trusted` attribute (xattr(7)) of that file,
//! which only root of the host can set or read, and holds what the names stood for.

use std::fmt;

use shifter_formats::Target;
use shifter_formats::sha256::hex_digest;
use shifter_formats::udiroot::Conf;
use shifter_sys::open::{self, Identity};
use shifter_sys::{CallError, Errno, proc};

use crate::image::{ImageSource, OpenedImage, Readers};
use crate::privilege::Caller;

/// The attribute's name.
pub const ATTRIBUTE: &str = "trusted.shifter.setup";

/// The mark of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    uid: u32,
    image: String,
    configuration: String,
    rights: String,
}

impl Mark {
    /// What a container for this user, from this image, by this configuration is marked with.
    ///
    /// # Errors
    /// Only what the kernel says about the image.
    pub fn new(user: &Caller, image: &OpenedImage, conf: &Conf) -> Result<Mark, CallError> {
        Ok(Mark {
            uid: user.uid,
            image: match &image.source {
                ImageSource::File { identity, .. } => {
                    let Identity { size, modified: (seconds, nanoseconds), .. } = identity;
                    format!("{}:{size}:{seconds}.{nanoseconds:09}", place(identity))
                }
                ImageSource::Directory(directory) => place(&open::identity(directory)?),
            },
            configuration: hex_digest(conf.print(Target::Native, "").as_bytes()),
            // What of a directory of the host is hidden was decided by all the rights of the user at that time.
            rights: match image.readers {
                Readers::Granted => "any".to_owned(),
                Readers::AsEachFileSays => {
                    let mut groups = user.groups.clone();
                    groups.sort_unstable();
                    groups.dedup();
                    hex_digest(format!("{} {groups:?}", user.gid).as_bytes())
                }
            },
        })
    }

    /// What differs from the mark of a container that is there; nothing if it is the same.
    #[must_use]
    pub fn difference(&self, found: &str) -> Option<&'static str> {
        let differs = |name: &str, ours: &str| field(found, name) != Some(ours);
        if differs("uid", &self.uid.to_string()) {
            Some("it is another user's")
        } else if differs("image", &self.image) {
            Some("the file of its image was replaced")
        } else if differs("configuration", &self.configuration) {
            Some("udiRoot.conf has changed")
        } else if differs("rights", &self.rights) {
            Some("the user's groups are others")
        } else {
            None
        }
    }
}

/// The mark on the empty mount below a container: which process made it, by its number and when it began, in clock ticks
/// after the boot. The two are never those of another process.
///
/// # Errors
/// Without `/proc`.
pub fn of_base() -> Result<String, CallError> {
    let (pid, unknown) = (std::process::id(), CallError { call: "read(/proc/self/stat)", errno: Errno::NOENT });
    began(pid).map(|began| format!("base pid={pid} began={began}")).ok_or(unknown)
}

/// Whether this is the mark on the empty mount below a container.
#[must_use]
pub fn is_of_base(found: &str) -> bool {
    found.starts_with("base ")
}

/// Whether the process that made the mount below a container is still at work.
#[must_use]
pub fn is_in_the_making(found: &str) -> bool {
    let number = |name| field(found, name)?.parse::<u64>().ok();
    let pid = number("pid").and_then(|pid| u32::try_from(pid).ok());
    pid.and_then(began).is_some_and(|began| number("began") == Some(began))
}

pub(crate) fn began(pid: u32) -> Option<u64> {
    proc::began(&String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/stat")).ok()?))
}

/// Whose a container is, by its mark.
#[must_use]
pub fn owner(found: &str) -> Option<u32> {
    field(found, "uid")?.parse().ok()
}

pub(crate) fn field<'a>(mark: &'a str, name: &str) -> Option<&'a str> {
    mark.split(' ').find_map(|field| field.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

fn place(Identity { device: (major, minor), inode, .. }: &Identity) -> String {
    format!("{major}:{minor}:{inode}")
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { uid, image, configuration, rights } = self;
        write!(f, "uid={uid} image={image} configuration={configuration} rights={rights}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_in_the_making_as_long_as_its_process_is_there() {
        let ours = of_base().unwrap();
        assert!(is_of_base(&ours) && is_in_the_making(&ours), "{ours}");
        let others = format!("{ours}0");
        assert!(!is_in_the_making(&others) && !is_in_the_making("base pid=0 began=0") && !is_in_the_making("base"));
        assert!(!is_of_base("uid=1"));
    }

    #[test]
    fn a_mark_differs_by_the_first_field_that_does() {
        let mark = |uid, image: &str, configuration: &str, rights: &str| Mark {
            uid,
            image: image.to_owned(),
            configuration: configuration.to_owned(),
            rights: rights.to_owned(),
        };
        let text = mark(1000, "8:1:5", "ab", "any").to_string();
        assert_eq!((mark(1000, "8:1:5", "ab", "any").difference(&text), owner(&text)), (None, Some(1000)));
        for (other, why) in [
            (mark(100, "8:1:5", "ab", "any"), "it is another user's"),
            (mark(1000, "8:1:6", "x", "any"), "the file of its image was replaced"),
            (mark(1000, "8:1:5", "x", "any"), "udiRoot.conf has changed"),
            (mark(1000, "8:1:5", "ab", "x"), "the user's groups are others"),
        ] {
            assert_eq!(other.difference(&text), Some(why));
        }
        assert_eq!(mark(1, "a", "b", "c").difference(""), Some("it is another user's"));
    }
}
