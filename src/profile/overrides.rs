//! Overrides from outside the files: `--set` and environment variables, each as a text of its own.

use crate::diagnostic::{
    KeyPath, KeyPathError,
    source::{Source, SourceKind},
};

/// What every variable that overrides a key begins with.
pub const PREFIX: &str = "SHIFTER_SITE__";

/// An override without meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOverride {
    /// `--set` without `=`.
    #[error("`--set {0}` has no `=`: write `--set gateway.timeout=20s`")]
    NoValue(String),
    /// A key that is no dotted key.
    #[error("`--set`: {0}")]
    Key(#[from] KeyPathError),
    /// A variable with an empty part between its underscores.
    #[error("the environment variable `{0}` names no key: write `SHIFTER_SITE__GATEWAY__TIMEOUT`")]
    Variable(String),
}

/// The sources of `--set key=value` options, in their order.
///
/// # Errors
/// When one is not `key=value`.
pub fn set(options: &[String]) -> Result<Vec<Source>, BadOverride> {
    let source = |option: &String| {
        let (key, value) = option.split_once('=').ok_or_else(|| BadOverride::NoValue(option.clone()))?;
        let key: KeyPath = key.trim().parse()?;
        Ok(Source::new("--set", SourceKind::Option, line(&key, value)))
    };
    options.iter().map(source).collect()
}

/// The sources of the variables that begin with [`PREFIX`], by name.
///
/// # Errors
/// When one names no key.
pub fn environment(variables: &[(String, String)]) -> Result<Vec<Source>, BadOverride> {
    let mut ours: Vec<_> =
        variables.iter().filter_map(|(name, value)| Some((name, name.strip_prefix(PREFIX)?, value))).collect();
    ours.sort();
    let source = |(name, rest, value): (&String, &str, &String)| {
        let segments: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
        if segments.iter().any(String::is_empty) {
            return Err(BadOverride::Variable(name.clone()));
        }
        Ok(Source::new(format!("${name}"), SourceKind::Environment, line(&segments.into(), value)))
    };
    ours.into_iter().map(source).collect()
}

/// `key = value`; a value that is no TOML by itself is a string.
fn line(key: &KeyPath, value: &str) -> String {
    let plain = format!("{key} = {}", value.trim());
    if toml::from_str::<toml::Table>(&plain).is_ok_and(|table| table.len() == 1) && !value.contains('\n') {
        return plain;
    }
    format!("{key} = {}", toml::Value::String(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sources: &[Source]) -> Vec<&str> {
        sources.iter().map(Source::text).collect()
    }

    #[test]
    fn values_are_toml_if_they_can_be_and_strings_otherwise() {
        let options = ["a.b=20s", "a.n=20", "a.l=[\"x\"]", "r.\"docker.io\".url=https://x", "e=", "s=\"20\""];
        let sources = set(&options.map(str::to_owned)).expect("options");
        insta::assert_debug_snapshot!(texts(&sources), @r##"
        [
            "a.b = \"20s\"",
            "a.n = 20",
            "a.l = [\"x\"]",
            "r.\"docker.io\".url = \"https://x\"",
            "e = \"\"",
            "s = \"20\"",
        ]
        "##);
    }

    #[test]
    fn variables_name_keys_in_capitals_and_others_are_left_alone() {
        let variables = [("SHIFTER_SITE__GATEWAY__TIMEOUT", "20s"), ("SHIFTER_SITE_PROFILE", "x"), ("PATH", "y")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sources = environment(&variables).expect("variables");
        assert_eq!(texts(&sources), ["gateway.timeout = \"20s\""]);
        assert_eq!(sources[0].name, "$SHIFTER_SITE__GATEWAY__TIMEOUT");
    }

    #[test]
    fn overrides_without_a_key_are_refused() {
        assert!(matches!(set(&["novalue".to_owned()]), Err(BadOverride::NoValue(_))));
        assert!(matches!(set(&["a b=1".to_owned()]), Err(BadOverride::Key(_))));
        let variable = [("SHIFTER_SITE__A____B".to_owned(), "1".to_owned())];
        assert!(matches!(environment(&variable), Err(BadOverride::Variable(_))));
    }
}
