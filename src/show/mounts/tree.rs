//! The places of a container, drawn.

use std::fmt::Write as _;

use super::{Kind, Mounts, Place};

/// The places as a tree, each with its source, options and origin; then what cannot be told.
#[must_use]
pub fn tree(mounts: &Mounts) -> String {
    let class = mounts.class.as_ref().map(|class| format!(", class {class}")).unwrap_or_default();
    let modules = if mounts.modules.is_empty() { "none".to_owned() } else { mounts.modules.join(", ") };
    let mut out = format!("{}{class}, Shifter {}, modules: {modules}\n\n", mounts.site, mounts.target);
    let lines: Vec<(String, String)> =
        mounts.places.iter().enumerate().map(|(n, place)| (branch(&mounts.places, n), what(place))).collect();
    let wide = lines.iter().map(|(branch, _)| branch.chars().count()).max().unwrap_or(0);
    for (branch, what) in lines {
        let _ = writeln!(out, "{branch:wide$}  {what}");
    }
    for note in &mounts.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

/// The path of a place below the closest place above it, with lines that lead there.
fn branch(places: &[Place], n: usize) -> String {
    let at = &places[n].at;
    if at == "/" {
        return at.clone();
    }
    let above: Vec<&Place> = places.iter().filter(|other| is_below(at, &other.at)).collect();
    let closest = above.iter().map(|place| place.at.as_str()).max_by_key(|path| path.len()).unwrap_or("/");
    let name = if closest == "/" { at.as_str() } else { at[closest.len()..].trim_start_matches('/') };
    let mut depths: Vec<&str> = above.iter().map(|place| place.at.as_str()).collect();
    depths.sort_by_key(|path| path.len());
    depths.dedup();
    let mut lead = String::new();
    for (depth, parent) in depths.iter().enumerate() {
        let child = depths.get(depth + 1).copied().unwrap_or(at);
        // Whether the parent has a place of its own after this child's.
        let more = places[n + 1..].iter().any(|later| {
            is_below(&later.at, parent)
                && !is_below(&later.at, child)
                && later.at != child
                && is_child(places, &later.at, parent)
        });
        let last = depth + 1 == depths.len();
        lead.push_str(match (last, more) {
            (true, true) => "├─ ",
            (true, false) => "└─ ",
            (false, true) => "│  ",
            (false, false) => "   ",
        });
    }
    format!("{lead}{name}")
}

/// Whether the closest place above `path` is `parent`.
fn is_child(places: &[Place], path: &str, parent: &str) -> bool {
    let closest = places.iter().filter(|other| is_below(path, &other.at)).map(|other| other.at.as_str());
    closest.max_by_key(|path| path.len()) == Some(parent)
}

fn is_below(path: &str, parent: &str) -> bool {
    parent == "/" && path != "/" || path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'))
}

fn what(place: &Place) -> String {
    let source = &place.source;
    let mut text = match place.kind {
        Kind::Root => format!("root     {source}"),
        Kind::Mount => format!("mount    {source}"),
        Kind::Entries => format!("entries  of {source}"),
        Kind::Copy => format!("copy     of {source}, in memory"),
        Kind::Made => format!("made     {source}"),
        Kind::Link => format!("link     -> {source}"),
    };
    if !place.options.is_empty() {
        let _ = write!(text, " ({})", place.options.join(","));
    }
    if let Some(module) = &place.module {
        let _ = write!(text, "  module {module}");
    }
    if let Some(origin) = &place.origin {
        let _ = write!(text, "  {origin}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_hangs_below_the_closest_one_above_it() {
        let place = |at: &str| Place {
            at: at.to_owned(),
            kind: Kind::Mount,
            source: "s".to_owned(),
            options: Vec::new(),
            module: None,
            origin: None,
        };
        let places: Vec<Place> = ["/", "/a", "/a/b/c", "/a/d", "/e"].map(place).into();
        let branches: Vec<String> = (0..places.len()).map(|n| branch(&places, n)).collect();
        assert_eq!(branches, ["/", "├─ /a", "│  ├─ b/c", "│  └─ d", "└─ /e"]);
    }
}
