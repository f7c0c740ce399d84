//! Which class the nodes of a root belong to.

use super::InstallError;
use crate::profile::section::Profile;
use crate::site::primary_class;
use crate::tree::Tree;
use shifter_formats::SYSCONFDIR;

/// The class and how it was found: what was asked for, else what the tree says of itself in `/etc/shifter/class`, else
/// the class that lists this host, else the class whose files lie directly in the output directory. None for a profile
/// without classes.
///
/// # Errors
/// When the tree cannot be read.
pub fn pick(
    tree: &Tree,
    profile: &Profile,
    asked: Option<&str>,
) -> Result<Option<(String, &'static str)>, InstallError> {
    if let Some(asked) = asked {
        return Ok(Some((asked.to_owned(), "as asked")));
    }
    if profile.class.is_empty() {
        return Ok(None);
    }
    if let Some(dir) = tree.dir(SYSCONFDIR)?
        && let Some(bytes) = dir.read("class")?
    {
        return Ok(Some((String::from_utf8_lossy(&bytes).trim().to_owned(), "as /etc/shifter/class says")));
    }
    if let Some(host) = host(tree) {
        let lists = |hosts: Vec<String>| hosts.contains(&host);
        if let Some((name, _)) = profile.class.iter().find(|(_, class)| lists(class.hosts.hosts())) {
            return Ok(Some((name.clone(), "which lists this host")));
        }
    }
    Ok(primary_class(profile).map(|name| (name, "the one that is rendered first")))
}

/// The name of this host, where the tree is its own root.
pub(super) fn host(tree: &Tree) -> Option<String> {
    let name = nix::unistd::gethostname().ok().filter(|_| tree.is_host())?.into_string().ok()?;
    Some(name.split('.').next().unwrap_or_default().to_owned())
}
