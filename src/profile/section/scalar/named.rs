//! Scalars that keep what was written and answer questions about it: paths, URLs, addresses, names.

use super::{Scalar, scalar};
use std::fmt;

/// A newtype over the written text, with the predicates of its kind.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $about:literal, $expecting:literal, [$($example:literal),+]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Scalar for $name {
            const EXPECTING: &'static str = $expecting;
            const EXAMPLES: &'static [&'static str] = &[$($example),+];
            fn read(text: &str) -> Result<Self, String> {
                match text.chars().find(|c| c.is_control()) {
                    Some(c) => Err(format!("the text has the control character {c:?}")),
                    None => Ok(Self(text.to_owned())),
                }
            }
        }

        scalar!($name, $about);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

named!(
    /// An absolute path of a node or of the gateway host.
    AbsPath,
    "an absolute path without `//`, `/./`, `..` or a trailing slash",
    "an absolute path such as \"/var/lib/shifter\"",
    ["/var/lib/shifter"]
);

named!(
    /// A URL: `http`, `https`, `unix`, `mongodb`, `postgresql` or `sqlite`.
    Url,
    "a URL",
    "a URL such as \"http://gateway:5000\" or \"unix:/run/shifter/gateway.sock\"",
    ["http://gateway:5000", "unix:/run/shifter/gateway.sock"]
);

named!(
    /// An address to listen on or to connect to: `host:port`, or a host alone where the port is known.
    HostPort,
    "a host, or host:port",
    "a host and port such as \"0.0.0.0:5000\"",
    ["127.0.0.1:5000", "0.0.0.0"]
);

named!(
    /// The name of a system, user, group, service or queue.
    Name,
    "a name",
    "a name such as \"shifter\"",
    ["shifter"]
);

impl AbsPath {
    /// Does it start with `/`?
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.0.starts_with('/')
    }

    /// No trailing slash, no `//`, no `.` and no `..` component: the kernel and the eye see the same path.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        self.0 == "/" || (self.is_absolute() && self.0[1..].split('/').all(|part| !matches!(part, "" | "." | "..")))
    }

    /// The same path without doubled and trailing slashes and `.` components. `..` is kept: only a host can resolve it.
    #[must_use]
    pub fn normal(&self) -> String {
        let parts: Vec<&str> = self.0.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let lead = if self.is_absolute() { "/" } else { "" };
        format!("{lead}{}", parts.join("/"))
    }
}

impl Url {
    /// The scheme before the first `:`, in lower case.
    #[must_use]
    pub fn scheme(&self) -> Option<String> {
        let (scheme, _) = self.0.split_once(':')?;
        let ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        ok.then(|| scheme.to_ascii_lowercase())
    }

    /// What stands between `://` and the path: `[user@]host[:port]`.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("://")?;
        Some(rest.split(['/', '?', '#']).next().unwrap_or_default())
    }

    /// The host, without user part, port and IPv6 brackets.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let authority = self.authority()?;
        let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
        let host = match address.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => address.split(':').next().unwrap_or_default(),
        };
        (!host.is_empty()).then_some(host)
    }

    /// The port, when one is written and is a number.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let authority = self.authority()?;
        let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
        let after = match address.rfind(']') {
            Some(end) => &address[end + 1..],
            None => address,
        };
        after.rsplit_once(':')?.1.parse().ok()
    }
}

impl HostPort {
    /// The host part; the whole text when there is no port.
    #[must_use]
    pub fn host(&self) -> &str {
        if let Some(v6) = self.0.strip_prefix('[') {
            return v6.split(']').next().unwrap_or_default();
        }
        self.0.rsplit_once(':').map_or(&self.0, |(host, _)| host)
    }

    /// The port, when one is written and is a number.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.rsplit_once(':')?.1.parse().ok()
    }
}

impl Name {
    /// `[a-z0-9][a-z0-9._-]*`: it goes unescaped into URL paths, queue names and file names.
    #[must_use]
    pub fn is_valid_system(&self) -> bool {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        self.0.starts_with(plain) && self.0.chars().all(|c| plain(c) || matches!(c, '.' | '_' | '-'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_knows_its_host_and_port() {
        assert_eq!((url("http://gw:5000").host(), url("http://gw:5000").port()), (Some("gw"), Some(5000)));
        assert_eq!(
            (url("https://u:p@[::1]:8443/x").host(), url("https://u:p@[::1]:8443/x").port()),
            (Some("::1"), Some(8443))
        );
        assert_eq!((url("gw:5000").host(), url("gw:5000").scheme().as_deref()), (None, Some("gw")));
        assert_eq!(url("unix:/run/gw.sock").scheme().as_deref(), Some("unix"));
    }

    #[test]
    fn a_path_knows_whether_it_is_normal() {
        for (path, normal) in [
            ("/", true),
            ("/a/b", true),
            ("/a/", false),
            ("/a//b", false),
            ("/a/../b", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(path.parse::<AbsPath>().unwrap().is_normal(), normal, "{path}");
        }
        assert_eq!("/a//b/./c/".parse::<AbsPath>().unwrap().normal(), "/a/b/c");
    }

    #[test]
    fn a_system_name_is_lower_case() {
        for (name, valid) in
            [("bluewaters", true), ("a.b-c_d", true), ("Blue Waters", false), ("", false), ("-x", false)]
        {
            assert_eq!(name.parse::<Name>().unwrap().is_valid_system(), valid, "{name}");
        }
    }
}
