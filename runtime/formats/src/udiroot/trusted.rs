//! The paths that root relies on: their owners and modes are checked before anything else is done.

use std::path::Path;

use super::value::Table;
use super::{Conf, Trust};
use crate::Target;

/// A path that the configuration names, and what root does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedPath<'a> {
    /// The whole key, such as `udiMount` or `module_mpich_roothook`.
    pub key: String,
    /// The path.
    pub path: &'a Path,
    /// What root does with it; never [`Trust::Plain`].
    pub trust: Trust,
}

impl Conf {
    /// The paths that root relies on in the target, in the order of the table; those of modules come last.
    #[must_use]
    pub fn trusted_paths(&self, target: Target) -> Vec<TrustedPath<'_>> {
        let modules = self.modules.iter().flat_map(|(name, module)| {
            let prefix = format!("module_{name}_");
            module.paths().into_iter().map(move |(spec, path)| (format!("{prefix}{}", spec.name), spec, path))
        });
        let own = self.paths().into_iter().map(|(spec, path)| (spec.name.to_owned(), spec, path));
        own.chain(modules)
            .filter(|(_, spec, _)| {
                let is_used = spec.is_known_when_patched(target) && !spec.is_no_op_in(target);
                is_used && spec.trust != Trust::Plain
            })
            .map(|(key, spec, path)| TrustedPath { key, path, trust: spec.trust })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natively_the_helpers_of_the_original_are_not_relied_on() {
        let conf = Conf::parse_native(
            "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n\
             cpPath=/bin/cp\nmodule_m_roothook=/h\nmodule_m_userhook=/x\n",
        )
        .unwrap();
        let keys = |target| -> Vec<String> { conf.trusted_paths(target).into_iter().map(|path| path.key).collect() };
        assert_eq!(keys(Target::Native), ["udiMount", "loopMount", "imagePath", "module_m_roothook"]);
        assert!(keys(Target::Master).contains(&"cpPath".to_owned()));
    }
}
