//! Slurm's short form of lists of nodes: `n[1-3,7-10],login1` (hostlist in `scontrol show hostnames`).
//!
//! A prolog gets the nodes of its job in this form (`SLURM_NODELIST`), so nobody asks slurmctld about them.

use std::fmt;

/// No list is longer: no machine has more nodes than that.
const MOST: usize = 1 << 20;

/// Why a text is no list of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostlistFault {
    /// A bracket without its other half.
    Bracket,
    /// What stands in brackets is no range.
    Range(String),
    /// A name that no node has.
    Name(String),
    /// More nodes than any machine has.
    TooMany,
}

impl fmt::Display for HostlistFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bracket => f.write_str("a bracket of the list of nodes has no other half"),
            Self::Range(text) => write!(f, "`{text}` is no range of nodes"),
            Self::Name(text) => write!(f, "`{text}` is no name of a node"),
            Self::TooMany => write!(f, "the list has more than {MOST} nodes"),
        }
    }
}

impl std::error::Error for HostlistFault {}

/// All names of a list, in its order. An empty text is an empty list.
///
/// # Errors
/// The first thing that is wrong.
pub fn expand(text: &str) -> Result<Vec<String>, HostlistFault> {
    let mut names = Vec::new();
    for part in parts(text)? {
        let mut made = vec![String::new()];
        let mut rest = part;
        while let Some((before, after)) = rest.split_once('[') {
            let (inside, behind) = after.split_once(']').ok_or(HostlistFault::Bracket)?;
            let numbers = ranges(inside)?;
            if made.len().saturating_mul(numbers.len()) > MOST {
                return Err(HostlistFault::TooMany);
            }
            made = made
                .iter()
                .flat_map(|name| numbers.iter().map(move |number| format!("{name}{before}{number}")))
                .collect();
            rest = behind;
        }
        names.extend(made.into_iter().map(|name| name + rest));
        if names.len() > MOST {
            return Err(HostlistFault::TooMany);
        }
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = |name: &&String| !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain);
    match names.iter().find(|name| !is_name(name)) {
        Some(bad) => Err(HostlistFault::Name(bad.clone())),
        None => Ok(names),
    }
}

/// The parts between commas that stand in no bracket.
fn parts(text: &str) -> Result<Vec<&str>, HostlistFault> {
    let mut parts = Vec::new();
    let (mut begin, mut is_inside) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, is_inside) {
            (b'[', false) => is_inside = true,
            (b']', true) => is_inside = false,
            (b'[', true) | (b']', false) => return Err(HostlistFault::Bracket),
            (b',', false) => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if is_inside {
        return Err(HostlistFault::Bracket);
    }
    if !text.is_empty() {
        parts.push(&text[begin..]);
    }
    Ok(parts)
}

/// `00012-00014,7`: each number, as wide as the first of its range is written.
fn ranges(text: &str) -> Result<Vec<String>, HostlistFault> {
    let wrong = || HostlistFault::Range(text.to_owned());
    let mut numbers = Vec::new();
    for range in text.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |digits: &str| {
            let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<usize>().ok().filter(|_| is_plain).ok_or_else(wrong)
        };
        let (from, to) = (number(first)?, number(last)?);
        if to < from {
            return Err(wrong());
        }
        if to - from >= MOST || numbers.len() > MOST {
            return Err(HostlistFault::TooMany);
        }
        numbers.extend((from..=to).map(|number| format!("{number:0width$}", width = first.len())));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> String {
        expand(text).expect("a list").join(" ")
    }

    #[test]
    fn ranges_keep_their_order_and_their_zeros() {
        assert_eq!(names("n[1-3,7-10]"), "n1 n2 n3 n7 n8 n9 n10");
        assert_eq!(names("nid[00012-00014]"), "nid00012 nid00013 nid00014");
        assert_eq!(names("nid[0998-1001]"), "nid0998 nid0999 nid1000 nid1001");
        assert_eq!(names("login1,n[2,1],gpu-3.site"), "login1 n2 n1 gpu-3.site");
        assert_eq!(names("r[1-2]n[0-1]"), "r1n0 r1n1 r2n0 r2n1");
        assert_eq!(names("n[1-2]-ib"), "n1-ib n2-ib");
        assert_eq!(names(""), "");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in ["n[1-3", "n1-3]", "n[[1]]"] {
            assert_eq!(expand(bad), Err(HostlistFault::Bracket), "{bad}");
        }
        for bad in ["n[3-1]", "n[]", "n[a-b]", "n[1-]", "n[1,]", "n[+1-2]"] {
            assert!(matches!(expand(bad), Err(HostlistFault::Range(_))), "{bad}");
        }
        for bad in ["n1,,n2", "n1/2", "a b", "-n", "n1\n", "n1,"] {
            assert!(matches!(expand(bad), Err(HostlistFault::Name(_))), "{bad}");
        }
        for bad in ["n[1-99999999]", "a[1-99999]b[1-99999]"] {
            assert_eq!(expand(bad), Err(HostlistFault::TooMany), "{bad}");
        }
    }
}
