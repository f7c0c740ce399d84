//! Environment operations of a site: set, append, prepend, unset.
//!
//! The functions here are pure: they turn one list of variables into the next. Order is kept, so that the same
//! operations give the same environment (the original swaps the last variable into the gap of an unset one).

mod assignment;
mod file;
mod pattern;

pub use assignment::{Assignment, AssignmentFault};
pub use file::{EnvFileFault, EnvFileFaultKind, parse_env_file};
pub use pattern::NamePattern;

use std::ffi::{OsStr, OsString};

/// An environment, in order. No name occurs twice in one that only these functions changed.
pub type Environment = Vec<(OsString, OsString)>;

/// One change of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvOp {
    /// Replaces the variable.
    Set(Assignment),
    /// Puts the value at the end, after `:`; sets it where the variable is missing or empty.
    Append(Assignment),
    /// Puts the value in front, before `:`; sets it where the variable is missing or empty.
    Prepend(Assignment),
    /// Removes every variable whose name matches.
    Unset(NamePattern),
}

/// The operations of one module or of the site, in the order in which both dialects apply them.
#[must_use]
pub fn operations(
    set: &[Assignment],
    append: &[Assignment],
    prepend: &[Assignment],
    unset: &[NamePattern],
) -> Vec<EnvOp> {
    let all = set.iter().cloned().map(EnvOp::Set);
    all.chain(append.iter().cloned().map(EnvOp::Append))
        .chain(prepend.iter().cloned().map(EnvOp::Prepend))
        .chain(unset.iter().cloned().map(EnvOp::Unset))
        .collect()
}

/// Applies one operation after the other.
pub fn apply<'a>(environment: &mut Environment, operations: impl IntoIterator<Item = &'a EnvOp>) {
    for operation in operations {
        match operation {
            EnvOp::Set(to) => set(environment, OsStr::new(&to.name), OsString::from(&to.value)),
            EnvOp::Append(more) => join(environment, more, |old, new| (old, new)),
            EnvOp::Prepend(more) => join(environment, more, |old, new| (new, old)),
            EnvOp::Unset(pattern) => environment.retain(|(name, _)| !pattern.matches(name)),
        }
    }
}

/// Replaces a variable where it stands, or adds it at the end.
pub fn set(environment: &mut Environment, name: &OsStr, value: OsString) {
    match environment.iter_mut().find(|(known, _)| known == name) {
        Some((_, slot)) => *slot = value,
        None => environment.push((name.to_owned(), value)),
    }
}

/// The value of a variable.
#[must_use]
pub fn get<'a>(environment: &'a Environment, name: &OsStr) -> Option<&'a OsStr> {
    environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
}

fn join(
    environment: &mut Environment,
    more: &Assignment,
    order: impl for<'a> Fn(&'a OsStr, &'a OsStr) -> (&'a OsStr, &'a OsStr),
) {
    let name = OsStr::new(&more.name);
    let value = OsStr::new(&more.value);
    let joined = match get(environment, name) {
        Some(old) if !old.is_empty() => {
            let (first, second) = order(old, value);
            let mut joined = first.to_owned();
            joined.push(":");
            joined.push(second);
            joined
        }
        _ => value.to_owned(),
    };
    set(environment, name, joined);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn assign(text: &str) -> Assignment {
        Assignment::parse(text).unwrap()
    }

    #[test]
    fn operations_apply_in_the_order_set_append_prepend_unset() {
        let mut env = environment(&[("PATH", "/bin"), ("LD_X", "1"), ("EMPTY", ""), ("KEEP", "k")]);
        let operations = operations(
            &[assign("A=1"), assign("LD_Y=2")],
            &[assign("PATH=/opt/bin"), assign("EMPTY=x")],
            &[assign("PATH=/first"), assign("NEW=n")],
            &[NamePattern::new("LD_*")],
        );
        apply(&mut env, &operations);
        assert_eq!(
            env,
            environment(&[("PATH", "/first:/bin:/opt/bin"), ("EMPTY", "x"), ("KEEP", "k"), ("A", "1"), ("NEW", "n"),])
        );
    }

    #[test]
    fn a_value_that_is_no_utf8_survives() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = OsString::from_vec(vec![0xff, b'x']);
        let mut env = vec![(OsString::from("PATH"), odd)];
        apply(&mut env, &[EnvOp::Append(assign("PATH=/b"))]);
        assert_eq!(env[0].1, OsString::from_vec(b"\xffx:/b".to_vec()));
    }
}
