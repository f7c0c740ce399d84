//! Who may use an image.

use std::fmt;

/// Who may use an image.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// Everybody.
    #[default]
    Public,
    /// These users, and members of these groups; with both empty, nobody.
    Restricted {
        /// User numbers, never 0.
        users: Vec<u32>,
        /// Group numbers, never 0.
        groups: Vec<u32>,
    },
}

/// Lists longer than this are refused, as in the original.
pub const MOST_IDS: usize = 1000;

/// Why a list of numbers was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclFault {
    /// An element that is no decimal number below 2^32-1.
    Element(String),
    /// More than [`MOST_IDS`] elements.
    TooMany,
    /// Text that holds no number. The original aborts.
    NoNumber,
}

impl fmt::Display for AclFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(text) => write!(f, "{text:?} is no user or group number"),
            Self::TooMany => write!(f, "more than {MOST_IDS} users or groups"),
            Self::NoNumber => f.write_str("the list holds no number"),
        }
    }
}

impl std::error::Error for AclFault {}

impl Access {
    /// What the two lists of an image's metadata mean. Empty lists mean everybody.
    ///
    /// 0 stands for nobody: root starts no containers, and no process counts group 0 as its own there.
    #[must_use]
    pub fn from_lists(users: Vec<u32>, groups: Vec<u32>) -> Self {
        if users.is_empty() && groups.is_empty() {
            return Self::Public;
        }
        Self::restricted(users, groups)
    }

    /// Access for these users and groups only.
    #[must_use]
    pub fn restricted(mut users: Vec<u32>, mut groups: Vec<u32>) -> Self {
        for ids in [&mut users, &mut groups] {
            ids.retain(|id| *id != 0);
            ids.sort_unstable();
            ids.dedup();
        }
        Self::Restricted { users, groups }
    }

    /// Whether a process of this user, with these groups, may use the image.
    #[must_use]
    pub fn permits(&self, user: u32, groups_of_user: &[u32]) -> bool {
        match self {
            Self::Public => true,
            Self::Restricted { users, groups } => {
                user != 0 && users.contains(&user)
                    || groups_of_user.iter().any(|group| *group != 0 && groups.contains(group))
            }
        }
    }
}

/// Reads `1000,2000`; blanks beside commas are allowed, and no text means no numbers.
///
/// # Errors
/// Refuses what the original skipped, so that a slip never opens an image.
pub fn parse_ids(text: &str) -> Result<Vec<u32>, AclFault> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<u32> = text
        .split(',')
        .map(|element| {
            let element = element.trim();
            let fault = || AclFault::Element(element.to_owned());
            if !element.bytes().all(|b| b.is_ascii_digit()) {
                return Err(fault());
            }
            element.parse().ok().filter(|id| *id != u32::MAX).ok_or_else(fault)
        })
        .collect::<Result<_, _>>()?;
    if ids.len() > MOST_IDS {
        return Err(AclFault::TooMany);
    }
    Ok(ids)
}

/// Reads as the original does: what is no number is skipped.
///
/// # Errors
/// Text that holds no number at all, where the original calls abort(3), and too many numbers.
pub fn read_ids_original(text: &str) -> Result<Vec<u32>, AclFault> {
    let ids: Vec<u32> = text
        .split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty() && element.bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|element| element.parse().ok())
        .collect();
    if ids.is_empty() && !text.is_empty() {
        return Err(AclFault::NoNumber);
    }
    if ids.len() > MOST_IDS {
        return Err(AclFault::TooMany);
    }
    Ok(ids)
}

/// The numbers with commas between.
#[must_use]
pub fn write_ids(ids: &[u32]) -> String {
    let words: Vec<String> = ids.iter().map(ToString::to_string).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_users_and_groups_decides() {
        let access = Access::from_lists(vec![1000], vec![50]);
        assert!(access.permits(1000, &[]));
        assert!(access.permits(7, &[1, 50]));
        assert!(!access.permits(7, &[1]));
        assert!(Access::from_lists(vec![], vec![]).permits(7, &[]));
    }

    #[test]
    fn nobody_is_written_as_zero_and_reads_back() {
        let nobody = Access::restricted(vec![], vec![]);
        assert!(!nobody.permits(0, &[0]));
        assert!(!nobody.permits(1000, &[1000]));
        assert_eq!(Access::from_lists(vec![0], vec![]), nobody);
    }

    #[test]
    fn junk_is_refused_where_the_original_skips_it() {
        assert_eq!(parse_ids("1000,123temp,2000"), Err(AclFault::Element("123temp".into())));
        assert_eq!(read_ids_original("1000,123temp,2000"), Ok(vec![1000, 2000]));
        assert_eq!(parse_ids(" 1000 , 2000"), Ok(vec![1000, 2000]));
        assert_eq!(parse_ids("1000,"), Err(AclFault::Element(String::new())));
        assert_eq!(parse_ids("4294967295"), Err(AclFault::Element("4294967295".into())));
        assert_eq!(read_ids_original("x"), Err(AclFault::NoNumber));
        assert_eq!(read_ids_original(""), Ok(vec![]));
        assert_eq!(parse_ids(&["1"; 1001].join(",")), Err(AclFault::TooMany));
    }
}
