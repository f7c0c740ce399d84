//! Absolute paths compared by component, as text: nothing here looks at a file system.

/// Directories of every container root that the original makes before anything is mounted
/// (`prepareSiteModifications` of 16.08 to 18.03).
pub(crate) const BUILT_IN: [&str; 12] = [
    "/etc",
    "/opt",
    "/opt/udiImage",
    "/var",
    "/var/spool",
    "/var/run",
    "/var/tmp",
    "/var/empty",
    "/proc",
    "/sys",
    "/dev",
    "/tmp",
];

/// Whether `path` lies in `directory` and is not the directory itself.
pub(crate) fn lies_in(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    path.strip_prefix(directory).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
}

/// Whether `path` is `directory` or lies in it.
pub(crate) fn is_or_lies_in(path: &str, directory: &str) -> bool {
    same(path, directory) || lies_in(path, directory)
}

/// Whether two paths name the same place, a trailing slash aside.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

/// Whether one of the two holds the other, or they are the same.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    is_or_lies_in(a, b) || lies_in(b, a)
}

/// The first of `directories` that is or holds `path`.
pub(crate) fn holder<'d>(path: &str, directories: &[&'d str]) -> Option<&'d str> {
    directories.iter().copied().find(|directory| is_or_lies_in(path, directory))
}

/// The components of a path, without the empty ones of `//` and a trailing slash.
pub(crate) fn components(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// The path as it ought to be written: one slash between components, none at the end, no `.`.
pub(crate) fn normal(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> = components(path).into_iter().filter(|part| *part != ".").collect();
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment_goes_by_component() {
        assert!(lies_in("/usr/local", "/usr"));
        assert!(!lies_in("/usrlocal", "/usr"));
        assert!(!lies_in("/usr", "/usr"));
        assert!(!lies_in("/usr/", "/usr"));
        assert!(is_or_lies_in("/usr/", "/usr"));
        assert!(lies_in("/home", "/"));
        assert!(overlap("/a/b", "/a") && overlap("/a", "/a/b") && !overlap("/a", "/b"));
    }

    #[test]
    fn the_normal_form_has_single_slashes_and_no_dots() {
        assert_eq!(normal("/a//b/./c/"), "/a/b/c");
        assert_eq!(normal("/"), "/");
    }
}
