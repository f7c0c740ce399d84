//! Many names as a short list: `nid[00001-00003,00007],login1`.

use std::collections::BTreeMap;

/// The names as an expression that [`super::Hostlist`] reads, each once, in order. The last number of a name's first
/// label is folded.
#[must_use]
pub fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut plain: Vec<&str> = Vec::new();
    // What stands before and after the number, and how wide it is: `r1n`, `.x`, 3.
    let mut series: BTreeMap<(&str, &str, usize), Vec<u64>> = BTreeMap::new();
    for name in names {
        match numbered(name) {
            Some((before, digits, number, after)) => series.entry((before, after, digits)).or_default().push(number),
            None => plain.push(name),
        }
    }
    plain.sort_unstable();
    plain.dedup();
    let mut parts: Vec<String> = plain.into_iter().map(str::to_owned).collect();
    for ((before, after, width), mut numbers) in series {
        numbers.sort_unstable();
        numbers.dedup();
        let ranges = ranges(&numbers, width);
        let many = numbers.len() > 1;
        let (open, close) = if many { ("[", "]") } else { ("", "") };
        parts.push(format!("{before}{open}{}{close}{after}", ranges.join(",")));
    }
    parts.join(",")
}

/// The name taken apart at the last number of its first label. Numbers of other widths are other series: `n9` and `n10`
/// are not `n[9-10]`'s, whose zeros would count.
fn numbered(name: &str) -> Option<(&str, usize, u64, &str)> {
    let label = name.find('.').unwrap_or(name.len());
    let end = name[..label].rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = name[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let digits = &name[start..end];
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let number = digits.parse().ok().filter(|_| is_name)?;
    // Without leading zeros the width says nothing: n9 and n10 are one series.
    let width = if digits.starts_with('0') && digits.len() > 1 { digits.len() } else { 0 };
    Some((&name[..start], width, number, &name[end..]))
}

fn ranges(numbers: &[u64], width: usize) -> Vec<String> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match found.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => found.push((*number, *number)),
        }
    }
    let shown = |number: u64| format!("{number:0width$}");
    found.into_iter().map(|(a, b)| if a == b { shown(a) } else { format!("{}-{}", shown(a), shown(b)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Hostlist;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_folded_by_their_last_number() {
        let names = ["nid00003", "nid00001", "login1", "nid00002", "nid00010", "boot", "r1n2.site", "r1n3.site"];
        assert_eq!(fold(names), "boot,login1,nid[00001-00003,00010],r1n[2-3].site");
        assert_eq!(fold(["n9", "n10", "n11", "n9"]), "n[9-11]");
        assert_eq!(fold([]), "");
    }

    proptest! {
        #[test]
        fn what_was_folded_is_read_again(names in proptest::collection::btree_set("[a-c]{0,2}[0-9]{1,4}(\\.x)?", 1..60)) {
            let list: Hostlist = fold(names.iter().map(String::as_str)).parse().unwrap();
            let read: BTreeSet<String> = list.hosts().into_iter().collect();
            prop_assert_eq!(read, names);
        }
    }
}
