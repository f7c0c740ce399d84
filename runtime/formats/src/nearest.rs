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
    let written: Vec<u8> = written.to_ascii_lowercase().into_bytes();
    known
        .into_iter()
        .filter_map(|name| {
            let forgiven = name.len().max(written.len()) / 3;
            if name.len().abs_diff(written.len()) > forgiven {
                return None;
            }
            distance(&written, name.to_ascii_lowercase().as_bytes(), forgiven).map(|edits| (edits, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// Edits between two words, if they are no more than this: insert, delete, replace, or swap two neighbours.
fn distance(left: &[u8], right: &[u8], most: usize) -> Option<usize> {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut current = vec![0; right.len() + 1];
    for (row, from) in left.iter().enumerate() {
        current[0] = row + 1;
        for (column, to) in right.iter().enumerate() {
            let replace = last[column] + usize::from(from != to);
            let mut least = replace.min(last[column + 1] + 1).min(current[column] + 1);
            let is_swap = row > 0 && column > 0 && left[row - 1] == *to && *from == right[column - 1];
            if is_swap {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        // Every way to the end leads through one of two rows in succession: most words are given up after a few letters.
        if current.iter().chain(&last).all(|edits| *edits > most) {
            return None;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut current);
    }
    Some(last[right.len()]).filter(|edits| *edits <= most)
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
        assert_eq!(distance(b"", b"abc", 3), Some(3));
        assert_eq!(distance(b"abc", b"acb", 1), Some(1));
        assert_eq!(distance(b"kitten", b"sitting", 3), Some(3));
        assert_eq!(distance(b"kitten", b"sitting", 2), None);
        assert_eq!(distance(b"abcdef", b"uvwxyz", 2), None);
    }
}
