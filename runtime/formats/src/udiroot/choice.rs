//! The native values that are one of a few words.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Kind;
use super::fault::ParseErrorKind;
use super::value::Scalar;
use crate::original::{NoticeKind, RefusalKind};

/// Whose files the images are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// By number.
    Id(u32),
    /// By name.
    Name(String),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Where the user's home in a container comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Home {
    /// As siteFs has it.
    Site,
    /// The image's directory.
    Image,
    /// There is none.
    None,
    /// This directory of the host.
    Path(PathBuf),
}

impl Home {
    /// Reads `site`, `image`, `none` or an absolute path, as the key `home` and the option `--home` write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "site" => Some(Self::Site),
            "image" => Some(Self::Image),
            "none" => Some(Self::None),
            _ => <PathBuf as Scalar>::native(text).ok().map(Self::Path),
        }
    }
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site => f.write_str("site"),
            Self::Image => f.write_str("image"),
            Self::None => f.write_str("none"),
            Self::Path(path) => Path::display(path).fmt(f),
        }
    }
}

/// Whether containers may make user namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserNamespaces {
    /// As the host's kernel allows.
    Host,
    /// They may not.
    Deny,
}

impl fmt::Display for UserNamespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Deny => "deny",
        })
    }
}

/// No original knows these keys, so there is one way to read them.
macro_rules! native_scalar {
    ($type:ty, $kind:ident, $allowed:literal, $read:expr) => {
        impl Scalar for $type {
            const KIND: Kind = Kind::$kind;

            fn native(text: &str) -> Result<Self, ParseErrorKind> {
                $read(text).ok_or(ParseErrorKind::Choice { allowed: $allowed })
            }

            fn original(text: &str, _: &mut Vec<NoticeKind>) -> Result<Option<Self>, RefusalKind> {
                Ok(Self::native(text).ok())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}

native_scalar!(Owner, Owner, "a user name or a number below 2^32-1", read_owner);
native_scalar!(Home, Home, "site, image, none, an absolute path", Home::parse);
native_scalar!(UserNamespaces, UserNamespaces, "host, deny", |text| match text {
    "host" => Some(Self::Host),
    "deny" => Some(Self::Deny),
    _ => None,
});

/// A name as useradd(8) makes it, or a number. 2^32-1 means "no change" to the kernel (chown(2)).
fn read_owner(text: &str) -> Option<Owner> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().filter(|id| *id != u32::MAX).map(Owner::Id);
    }
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    is_name.then(|| Owner::Name(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_names_or_numbers() {
        assert_eq!(read_owner("shifter"), Some(Owner::Name("shifter".into())));
        assert_eq!(read_owner("980"), Some(Owner::Id(980)));
        for bad in ["4294967295", "-1", "a:b", "", "9a"] {
            assert_eq!(read_owner(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_home_is_a_word_or_an_absolute_path() {
        assert_eq!(Home::parse("site"), Some(Home::Site));
        assert_eq!(Home::parse("/u"), Some(Home::Path("/u".into())));
        assert_eq!(Home::parse("u"), None);
        assert_eq!(Home::parse("/u/../v"), None);
    }
}
