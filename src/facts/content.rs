//! What the files hold that containers get as `/etc`: counts and names, never a hash of a password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shifter_formats::deny::Deny;
use std::collections::BTreeMap;

/// What the files of `etc.path` hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Etc {
    /// `passwd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passwd: Option<Accounts>,
    /// `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Accounts>,
    /// `nsswitch.conf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nsswitch: Option<Nsswitch>,
}

/// What a file in the form of passwd(5) or group(5) holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// How many accounts.
    pub entries: u64,
    /// Whether `root` with number 0 is one of them.
    pub root: bool,
    /// Accounts whose second field is neither `x` nor `*` nor empty nor locked: the field holds a hash. At most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<String>,
    /// Accounts whose second field is empty. At most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub empty_passwords: Vec<String>,
    /// Lines, from 1, that are no account. At most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad_lines: Vec<u64>,
}

/// What nsswitch.conf(5) says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Nsswitch {
    /// The services of each database, in order, without reactions such as `[NOTFOUND=return]`.
    pub databases: BTreeMap<String, Vec<String>>,
}

/// What the file of what is forbidden for the moment says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Denied {
    /// How many entries; none where it cannot be read whole.
    pub entries: u64,
    /// Why it cannot be read whole, line by line. At most 16.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl Denied {
    /// Reads the file as the runtime does.
    pub(super) fn read(text: &str) -> Self {
        match Deny::parse(text.as_bytes()) {
            Ok(deny) => Self { entries: deny.entries.len() as u64, faults: Vec::new() },
            Err(faults) => Self { entries: 0, faults: faults.iter().take(KEPT).map(ToString::to_string).collect() },
        }
    }
}

/// How many names or lines are kept.
const KEPT: usize = 16;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// passwd(5): seven fields.
    Passwd,
    /// group(5): four fields.
    Group,
}

impl Accounts {
    /// Reads a file. Comments, blank lines and the `+` lines of nis are no accounts.
    pub(super) fn read(text: &str, form: Form) -> Self {
        let mut found = Self::default();
        let wanted = if form == Form::Passwd { 7 } else { 4 };
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
                continue;
            }
            let fields: Vec<&str> = line.split(':').collect();
            if fields.len() != wanted || fields[0].is_empty() || fields[2].parse::<u32>().is_err() {
                if found.bad_lines.len() < KEPT {
                    found.bad_lines.push(n as u64 + 1);
                }
                continue;
            }
            found.entries += 1;
            found.root |= fields[0] == "root" && fields[2] == "0";
            let list = match fields[1] {
                "" => &mut found.empty_passwords,
                word if is_placeholder(word) => continue,
                _ => &mut found.hashes,
            };
            if list.len() < KEPT {
                list.push(fields[0].to_owned());
            }
        }
        found
    }
}

/// Words that stand for a password elsewhere, or for none that fits.
fn is_placeholder(word: &str) -> bool {
    matches!(word, "x" | "*" | "!" | "!!" | "*NP*" | "*LK*" | "!*")
}

impl Nsswitch {
    /// Reads the file.
    pub(super) fn read(text: &str) -> Self {
        let mut databases = BTreeMap::new();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((name, services)) = line.split_once(':') else { continue };
            let mut reaction = false;
            let mut words = Vec::new();
            for word in services.split_whitespace() {
                reaction |= word.starts_with('[');
                if !reaction {
                    words.push(word.to_owned());
                }
                reaction &= !word.ends_with(']');
            }
            databases.insert(name.trim().to_owned(), words);
        }
        Self { databases }
    }

    /// The services of a database.
    #[must_use]
    pub fn services(&self, database: &str) -> &[String] {
        self.databases.get(database).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hash_leaves_the_file_it_stands_in() {
        let text =
            "root:x:0:0:root:/root:/bin/sh\nold:$6$abc$def:7:7::/:\nopen::8:8::/:\nbroken:x\n+::::::\n\n# note\n";
        let found = Accounts::read(text, Form::Passwd);
        assert_eq!((found.entries, found.root), (3, true));
        assert_eq!(
            (found.hashes.as_slice(), found.empty_passwords.as_slice()),
            (&["old".into()][..], &["open".into()][..])
        );
        assert_eq!(found.bad_lines, [4]);
        assert!(!format!("{found:?}").contains("$6$"));
    }

    #[test]
    fn reactions_are_no_services() {
        let found =
            Nsswitch::read("passwd: files sss [SUCCESS=merge] systemd [ NOTFOUND = return ] ldap # x\n\ngroup:files\n");
        assert_eq!(found.services("passwd"), ["files", "sss", "systemd", "ldap"]);
        assert_eq!(found.services("group"), ["files"]);
        assert!(found.services("shadow").is_empty());
    }
}
