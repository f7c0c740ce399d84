//! The scalars of a profile: text that means a path, a duration, a size or a mode.
//!
//! There are two kinds. A *measured* scalar ([`Duration`], [`Size`], [`Mode`], [`Percent`], [`Date`],
//! [`Version`], [`Hostlist`], [`Glob`]) is refused while the file is read when it cannot be understood.
//! A *named* scalar ([`AbsPath`], [`Url`], [`HostPort`], [`Name`]) keeps what was written, so that the rule
//! that knows the key can say what is wrong with it: a relative path is SITE008 in one place and RT017 in
//! another. Their predicates (`is_absolute`, `is_normal`, `is_valid`) are what rules and `Site` ask.

mod date;
mod duration;
pub mod hostlist;
mod mode;
mod named;
mod size;
mod small;
mod text_or_list;

pub use date::Date;
pub use duration::Duration;
pub use hostlist::Hostlist;
pub use mode::Mode;
pub use named::{AbsPath, HostPort, Name, Url};
pub use size::Size;
pub use small::{Glob, Percent, Version};
pub use text_or_list::TextOrList;

/// What every textual scalar tells the decoder and the JSON Schema.
pub(crate) trait Scalar: Sized {
    /// Completes "expected …" and shows a valid example.
    const EXPECTING: &'static str;
    /// Valid examples, for the schema.
    const EXAMPLES: &'static [&'static str];
    /// A regular expression for editors, when one says enough.
    const PATTERN: Option<&'static str> = None;
    /// Read the text, or say in a few words why it cannot be.
    fn read(text: &str) -> Result<Self, String>;
}

/// Give a [`Scalar`] its serde visitor, its JSON Schema and `FromStr`.
macro_rules! scalar {
    ($name:ident, $about:literal) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(<$name as $crate::profile::section::scalar::Scalar>::EXPECTING)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        <$name as $crate::profile::section::scalar::Scalar>::read(text).map_err(|why| {
                            E::custom(format_args!(
                                "{why}, expected {}",
                                <$name as $crate::profile::section::scalar::Scalar>::EXPECTING
                            ))
                        })
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use $crate::profile::section::scalar::Scalar;
                let mut schema = schemars::json_schema!({
                    "type": "string",
                    "description": $about,
                    "examples": <$name as Scalar>::EXAMPLES,
                });
                if let Some(pattern) = <$name as Scalar>::PATTERN {
                    schema.insert("pattern".to_owned(), pattern.into());
                }
                schema
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                <$name as $crate::profile::section::scalar::Scalar>::read(text)
            }
        }
    };
}
pub(crate) use scalar;
