//! The nearest of a few known names, for "did you mean".

/// The candidate closest to `written`, when it is near enough to be what was meant.
///
/// Letter case costs nothing; otherwise at most one edit in three letters is forgiven.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A hostile name may be megabytes long, and no key is.
    if written.len() > 64 {
        return None;
    }
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(edits, name)| *edits <= name.len().max(written.len()) / 3)
        .min_by_key(|(edits, name)| (*edits, *name))
        .map(|(_, name)| name)
}

/// Edits between two words: insert, delete, replace, or swap two neighbours.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let left: Vec<char> = left.chars().collect();
    let mut before_last: Vec<usize> = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1; right.len() + 1];
        for (column, to) in right.iter().enumerate() {
            let replace = last[column] + usize::from(from != to);
            let mut least = replace.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0 && column > 0 && left[row - 1] == *to && *from == right[column - 1];
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_key() {
        let known = ["allowLibcPwdCalls", "allowLocalChroot", "copyPath"];
        assert_eq!(nearest("allowLibcPwdsCalls", known), Some("allowLibcPwdCalls"));
        assert_eq!(nearest("copypath", known), Some("copyPath"));
        assert_eq!(nearest("copyPaht", known), Some("copyPath"));
        assert_eq!(nearest("somethingElse", known), None);
        assert_eq!(nearest(&"x".repeat(10_000), known), None);
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "acb"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
