//! "Did you mean": the nearest of the names that would have been right.

/// The candidate that `got` was most likely meant to be, if one is near enough.
///
/// Near is an edit distance of at most a quarter of the candidate's length and one, or a high
/// Jaro-Winkler similarity. `camelCase` is compared in snake case too, so that names of
/// `udiRoot.conf` find the profile's.
#[must_use]
pub fn nearest<'c>(got: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let snake = snake_case(got);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = |name: &str| strsim::damerau_levenshtein(name, candidate);
            let likeness = strsim::jaro_winkler(&snake, candidate);
            (distance(got).min(distance(&snake)), likeness, candidate)
        })
        .filter(|(distance, likeness, candidate)| {
            *distance <= 1 + candidate.len() / 4 && *distance * 2 <= candidate.len() || *likeness > 0.92
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, candidate)| candidate)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_key_and_nonsense_finds_none() {
        let keys = ["threads", "timeout", "udi_mount", "libc_passwd_calls"];
        assert_eq!(nearest("treads", keys), Some("threads"));
        assert_eq!(nearest("udiMount", keys), Some("udi_mount"));
        assert_eq!(nearest("libc_pwds_calls", keys), Some("libc_passwd_calls"));
        assert_eq!(nearest("zzz", keys), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
