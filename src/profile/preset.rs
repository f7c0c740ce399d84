//! Presets: the layers below all others that this program brings along.

/// Name and text of every preset.
pub const ALL: &[(&str, &str)] = &[
    ("cray-xc", include_str!("preset/cray-xc.toml")),
    ("cray-xe", include_str!("preset/cray-xe.toml")),
    ("gpu", include_str!("preset/gpu.toml")),
    ("laptop", include_str!("preset/laptop.toml")),
    ("slurm-el", include_str!("preset/slurm-el.toml")),
];

/// The text of the preset `name`.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}
