//! What a vendor's hooks would do in a container, said in other ways. No program of a vendor runs as root.

use super::CdiError;
use super::spec::Hook;

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Makes links: what each says, and where it is.
    Links(Vec<(String, String)>),
    /// Runs ldconfig for directories.
    Directories(Vec<String>),
    /// Nothing that is missed; says what and why.
    Nothing(&'static str),
}

/// Hooks of nvidia-cdi-hook and nvidia-ctk that need nothing in their place.
const NOT_MISSED: [(&str, &str); 3] = [
    ("chmod", "chmod: containers see the device files of the host with the modes they have there"),
    (
        "enable-cuda-compat",
        "enable-cuda-compat: an image's own /usr/local/cuda/compat is not put first; users may do so with LD_LIBRARY_PATH",
    ),
    (
        "disable-device-node-modification",
        "disable-device-node-modification: nobody in a container may make device files",
    ),
];

/// What a hook does.
///
/// # Errors
/// Hooks that nothing is known of.
pub(super) fn action(hook: &Hook) -> Result<Action, CdiError> {
    // The first argument is the program's name; nvidia-ctk has a word `hook` before the action.
    let mut words = hook.args.iter().skip(1).map(String::as_str).filter(|word| *word != "hook");
    let name = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    if let Some((_, why)) = NOT_MISSED.iter().find(|(known, _)| *known == name) {
        return Ok(Action::Nothing(why));
    }
    let unknown = || CdiError::Hook(format!("{} {}", hook.path, hook.args.get(1..).unwrap_or_default().join(" ")));
    match name {
        "create-symlinks" => {
            let links = values(&words, "--link").map(|link| {
                let (says, at) = link.split_once("::").ok_or_else(unknown)?;
                Ok((says.to_owned(), at.to_owned()))
            });
            Ok(Action::Links(links.collect::<Result<_, CdiError>>()?))
        }
        "update-ldcache" => Ok(Action::Directories(values(&words, "--folder").map(str::to_owned).collect())),
        _ => Err(unknown()),
    }
}

/// The values of an option that may be repeated: `--link X` or `--link=X`.
fn values<'a>(words: &'a [&'a str], option: &'a str) -> impl Iterator<Item = &'a str> {
    words.iter().enumerate().filter_map(move |(n, word)| match word.strip_prefix(option)? {
        "" => words.get(n + 1).copied(),
        rest => rest.strip_prefix('='),
    })
}
