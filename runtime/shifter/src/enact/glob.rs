//! Patterns of a module, expanded on the host; and directories opened for an automounter.

use std::path::{Path, PathBuf};

use shifter_formats::udiroot::PathPattern;
use shifter_sys::open::{self, For};

use super::{Enactor, Reason, Source};
use crate::plan::Missing;

impl Enactor<'_> {
    pub(super) fn bind_matching(&mut self, pattern: &PathPattern, missing: Missing) -> Result<(), Reason> {
        for path in require(pattern, missing)? {
            let source = self.source(&path, Source::Sites, For::Place)?;
            self.bind_own(&source, &path, &path)?;
        }
        Ok(())
    }

    /// A device is seen in `/dev` of the container as on the host; here it only has to be there, and be the site's.
    pub(super) fn device(&self, pattern: &PathPattern, missing: Missing) -> Result<(), Reason> {
        require(pattern, missing)?.iter().try_for_each(|path| self.source(path, Source::Sites, For::Place).map(drop))
    }

    /// Opening a directory makes autofs mount it (autofs(5)). One that cannot be mounted is left to those who look for
    /// it.
    pub(super) fn automount(&self, from: &Path, names: &[String]) {
        for name in names {
            drop(self.source(&from.join(name), Source::Anybodys, For::Listing));
        }
    }
}

fn require(pattern: &PathPattern, missing: Missing) -> Result<Vec<PathBuf>, Reason> {
    let found = expand(pattern);
    if found.is_empty() && missing == Missing::Refused {
        return Err(Reason::NoMatch(pattern.as_str().to_owned()));
    }
    Ok(found)
}

/// All paths that match, in the order of their names. Only directories that lead on are listed.
fn expand(pattern: &PathPattern) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.as_str().split('/').filter(|part| !part.is_empty()) {
        found = if part.contains(['*', '?']) {
            let wanted = shifter_formats::env::NamePattern::new(part);
            let of = |directory: &PathBuf| {
                let names = open::host(directory, For::Listing).and_then(open::names).unwrap_or_default();
                let names = names.into_iter().filter(|name| wanted.matches(name));
                names.map(|name| directory.join(name)).collect::<Vec<_>>()
            };
            found.iter().flat_map(of).collect()
        } else {
            found.iter().map(|directory| directory.join(part)).collect()
        };
    }
    found.retain(|path| open::host(path, For::Place).is_ok());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_what_is_there_and_nothing_else() {
        let found = |pattern: &str| expand(&PathPattern::parse(pattern).unwrap());
        assert_eq!(found("/dev/nul?"), [Path::new("/dev/null")]);
        assert_eq!(found("/etc/pass*d"), [Path::new("/etc/passwd")]);
        assert_eq!(found("/etc/passwd/*"), Vec::<PathBuf>::new());
        assert_eq!(found("/no such place/x"), Vec::<PathBuf>::new());
    }
}
