//! What a site's script is told about the start: a few variables beside `PATH`, and nothing else. Pure.
//!
//! A script runs as root, and a shell takes words apart. So every value is a number, a word of this program's own, or a
//! text whose every character is a letter, a digit or one of `_ . + - : @ / ,`, checked here once more whatever was
//! checked before; a value that is not is left out. Of the caller's own variables none is passed on.
//!
//! | variable | value |
//! |---|---|
//! | `SHIFTER_PHASE` | `premount`, `postmount`, `roothook` or `userhook` |
//! | `SHIFTER_MODULE` | the module whose hook it is |
//! | `SHIFTER_MODULES` | all modules in order, as `gpu,mpich/8.1.30` |
//! | `SHIFTER_SYSTEM` | key `system` |
//! | `SHIFTER_UDIMOUNT` | key `udiMount`, which is also the working directory; not for user's hooks |
//! | `SHIFTER_IMAGE` | the identity of the image; for type local its path |
//! | `SHIFTER_IMAGEREQUEST` | how it was asked for, as `docker:ubuntu:24.04` |
//! | `SHIFTER_USER`, `SHIFTER_UID`, `SHIFTER_GID` | who starts it, by name and by number |
//! | `SHIFTER_CONFIG_ID` | key `confId` |

use std::ffi::CString;

use shifter_formats::image::Descriptor;
use shifter_formats::udiroot::{Conf, Loaded};

mod said;

pub use said::{MOST_SHOWN, show};

/// Name and value of each variable.
pub type Variables = Vec<(&'static str, String)>;

/// Where a script finds its programs.
const PATH: &str = "/usr/bin:/usr/sbin:/bin:/sbin";

/// The facts of a start that scripts are told.
#[derive(Clone, Copy, Debug)]
pub struct HookFacts<'a> {
    /// The site's configuration.
    pub conf: &'a Conf,
    /// The modules that are loaded, in order.
    pub modules: &'a [Loaded<'a>],
    /// The image as it was asked for.
    pub asked: &'a Descriptor,
    /// What identifies the image.
    pub image: &'a str,
    /// The caller's name.
    pub user: &'a str,
    /// The caller's uid.
    pub uid: u32,
    /// The caller's gid.
    pub gid: u32,
}

/// When a script runs, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When<'a> {
    /// `sitePreMountHook`.
    PreMount,
    /// `sitePostMountHook`.
    PostMount,
    /// The roothook of a module.
    Root(&'a str),
    /// The userhook of a module: as the user, in the container.
    User(&'a str),
}

impl HookFacts<'_> {
    /// The whole environment of a script.
    #[must_use]
    pub fn variables(&self, when: When<'_>) -> Variables {
        let (phase, module) = match when {
            When::PreMount => ("premount", None),
            When::PostMount => ("postmount", None),
            When::Root(module) => ("roothook", Some(module)),
            When::User(module) => ("userhook", Some(module)),
        };
        let mut variables = vec![("PATH", PATH.to_owned()), ("SHIFTER_PHASE", phase.to_owned())];
        let udi_mount = self.conf.udi_mount.as_deref().filter(|_| !matches!(when, When::User(_)));
        let of_start = [
            ("SHIFTER_MODULE", module.map(str::to_owned)),
            ("SHIFTER_MODULES", Some(self.modules.iter().map(written).collect::<Vec<_>>().join(","))),
            ("SHIFTER_SYSTEM", self.conf.system.clone()),
            ("SHIFTER_UDIMOUNT", udi_mount.and_then(|path| path.to_str()).map(str::to_owned)),
            ("SHIFTER_IMAGE", Some(self.image.to_owned())),
            ("SHIFTER_IMAGEREQUEST", Some(self.asked.to_string())),
            ("SHIFTER_USER", Some(self.user.to_owned())),
            ("SHIFTER_UID", Some(self.uid.to_string())),
            ("SHIFTER_GID", Some(self.gid.to_string())),
            ("SHIFTER_CONFIG_ID", self.conf.conf_id.clone()),
        ];
        let of_start = of_start.into_iter().filter_map(|(name, value)| Some((name, value?)));
        variables.extend(of_start.filter(|(_, value)| is_harmless(value)));
        variables
    }
}

/// As execve(2) takes them.
#[must_use]
pub fn c_variables(variables: &Variables) -> Vec<CString> {
    variables.iter().map(|(name, value)| CString::new(format!("{name}={value}")).unwrap_or_default()).collect()
}

fn written(module: &Loaded<'_>) -> String {
    match module.version {
        Some(version) => format!("{}/{version}", module.name),
        None => module.name.to_owned(),
    }
}

/// Whether a shell makes one word of it that is no option, even where a script forgot the quotes.
fn is_harmless(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-:@/,".contains(&byte);
    !value.starts_with('-') && value.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_formats::image::ImageType;
    use shifter_formats::udiroot::{ModuleChoice, select};

    fn shown(when: When<'_>, image: &str, user: &str) -> String {
        let text = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\nconfId=abc\n\
            module_gpu_siteFs=/g\nmodule_mpich@8_siteFs=/m\n";
        let conf = Conf::parse_native(text).unwrap();
        let modules = select(&conf.modules, &ModuleChoice::parse_list("gpu,mpich/8").unwrap()).unwrap();
        let asked = Descriptor::parse("ubuntu:24.04", ImageType::Docker).unwrap();
        let facts = HookFacts { conf: &conf, modules: &modules, asked: &asked, image, user, uid: 1000, gid: 100 };
        facts.variables(when).iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    #[test]
    fn a_script_is_told_what_is_started_for_whom() {
        insta::assert_snapshot!(shown(When::Root("gpu"), "0123", "alice"), @"
        PATH=/usr/bin:/usr/sbin:/bin:/sbin
        SHIFTER_PHASE=roothook
        SHIFTER_MODULE=gpu
        SHIFTER_MODULES=gpu,mpich/8
        SHIFTER_SYSTEM=s
        SHIFTER_UDIMOUNT=/u
        SHIFTER_IMAGE=0123
        SHIFTER_IMAGEREQUEST=docker:ubuntu:24.04
        SHIFTER_USER=alice
        SHIFTER_UID=1000
        SHIFTER_GID=100
        SHIFTER_CONFIG_ID=abc
        ");
    }

    #[test]
    fn what_a_shell_could_take_apart_is_left_out() {
        for odd in ["-rf", "a b", "$(id)", "a\nb", "`id`", "a;b", "ä", "*", "a'b"] {
            let text = shown(When::PreMount, odd, odd);
            assert!(!text.contains("SHIFTER_USER=") && !text.contains("SHIFTER_IMAGE="), "{text}");
        }
    }

    #[test]
    fn a_hook_of_the_users_is_not_told_a_path_of_the_host() {
        assert!(!shown(When::User("gpu"), "0123", "alice").contains("UDIMOUNT"));
    }
}
