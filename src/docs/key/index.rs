//! Finding keys by the paths of profiles without comparing every path with every key.

use std::collections::HashMap;

use super::{ELEMENT, KEYS, Key, NAME};

/// The keys as a tree of segments.
#[derive(Debug, Default)]
pub(super) struct Index {
    below: HashMap<&'static str, Self>,
    /// The number of the first key that ends here.
    key: Option<usize>,
}

impl Index {
    pub(super) fn new(keys: &'static [Key]) -> Self {
        let mut index = Self::default();
        for (n, key) in keys.iter().enumerate() {
            let mut at = &mut index;
            for segment in &key.segments {
                at = at.below.entry(segment).or_default();
            }
            at.key.get_or_insert(n);
        }
        index
    }

    /// The key with exactly these segments, else the first that `path` of a profile means: names and numbers stand
    /// where the reference has placeholders, a list's number may be left out, and a name may follow a map.
    pub(super) fn find(&self, path: &[String]) -> Option<&'static Key> {
        let exact = path.iter().try_fold(self, |index, segment| index.below.get(segment.as_str()));
        let number = exact.and_then(|index| index.key).or_else(|| {
            let whole = self.first(path, &|_| true);
            let of_map = match path.split_last() {
                Some((_, map)) if !map.is_empty() => self.first(map, &|n| KEYS.get(n).is_some_and(|key| key.is_map)),
                _ => None,
            };
            whole.into_iter().chain(of_map).min()
        })?;
        KEYS.get(number)
    }

    /// The number of the first suitable key that means `path`.
    fn first(&self, path: &[String], suits: &dyn Fn(usize) -> bool) -> Option<usize> {
        let element = self.below.get(ELEMENT);
        let Some((segment, rest)) = path.split_first() else {
            let below = element.and_then(|element| element.first(path, suits));
            return self.key.filter(|n| suits(*n)).into_iter().chain(below).min();
        };
        let is_number = segment == ELEMENT || segment.bytes().all(|byte| byte.is_ascii_digit());
        let literal = self.below.get(segment.as_str()).filter(|_| segment != ELEMENT && segment != NAME);
        let found = [
            literal.and_then(|index| index.first(rest, suits)),
            self.below.get(NAME).and_then(|index| index.first(rest, suits)),
            element.and_then(|index| index.first(if is_number { rest } else { path }, suits)),
        ];
        found.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::KeyPath, docs::key};

    /// The same by comparing with every key.
    fn compared(path: &[String]) -> Option<&'static Key> {
        fn all(pattern: &[String], path: &[String]) -> bool {
            match (pattern.split_first(), path.split_first()) {
                (None, None) => true,
                (Some((want, pattern)), Some((got, rest))) if want == ELEMENT => {
                    let number = got == ELEMENT || got.bytes().all(|byte| byte.is_ascii_digit());
                    if number { all(pattern, rest) } else { all(pattern, path) }
                }
                (Some((want, pattern)), None) => want == ELEMENT && all(pattern, path),
                (Some((want, pattern)), Some((got, rest))) => (want == got || want == NAME) && all(pattern, rest),
                (None, Some(_)) => false,
            }
        }
        let covers = |key: &&Key| {
            let names = usize::from(key.is_map && path.len() > 1);
            all(&key.segments, path) || all(&key.segments, &path[..path.len() - names])
        };
        KEYS.iter().find(|key| key.segments == path).or_else(|| KEYS.iter().find(covers))
    }

    #[test]
    fn a_lookup_finds_what_comparing_with_every_key_finds() {
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        for key in KEYS.iter() {
            let filled = |name: &str, element: Option<&str>| -> Vec<String> {
                let fill = |segment: &String| match segment.as_str() {
                    NAME => Some(name.to_owned()),
                    ELEMENT => element.map(str::to_owned),
                    other => Some(other.to_owned()),
                };
                key.segments.iter().filter_map(fill).collect()
            };
            for (name, element) in [("a", Some("0")), ("set", None), ("7", Some(ELEMENT)), (NAME, Some("12"))] {
                let path = filled(name, element);
                paths.push([path.clone(), vec!["more".to_owned()]].concat());
                paths.push([path.clone(), vec!["0".to_owned(), "x".to_owned()]].concat());
                paths.push(path);
            }
        }
        for path in paths {
            let (found, wanted) = (key::find(&KeyPath::from(path.clone())), compared(&path));
            assert_eq!(found.map(Key::path), wanted.map(Key::path), "{path:?}");
        }
    }
}
