//! `ConverterOptions`: further arguments of an image writer.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Arguments, one per element. A lone string is **one** argument, as it always was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Options {
    /// `"-no-xattrs"`: one argument.
    One(String),
    /// `["-comp", "zstd"]`.
    Many(Vec<String>),
}

impl Options {
    /// The arguments in order.
    #[must_use]
    pub fn args(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Options;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of arguments, or one argument as a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Options, E> {
        Ok(Options::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Options, A::Error> {
        let mut many = Vec::new();
        while let Some(argument) = seq.next_element()? {
            many.push(argument);
        }
        Ok(Options::Many(many))
    }
}
