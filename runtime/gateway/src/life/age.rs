//! How old a tag is, what keeps it, and when it will expire.

use std::fs;
use std::path::Path;
use std::time::Duration;

use shifter_formats::env::NamePattern;
use shifter_formats::used;
use shifter_gateway_types::config::Days;

use crate::config::{Config, System};
use crate::store::Aging;
use crate::time::seconds;

/// A tag's age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Age {
    /// When it was last pulled, looked up, or started from on a node, in seconds since 1970.
    pub(crate) last_use: f64,
    /// Whether a pin or the site's own list keeps it.
    pub(crate) is_kept: bool,
}

impl Age {
    /// Looks at the marks that nodes leave in the image directory, too.
    pub(crate) fn of(aging: &Aging, config: &Config, system: &System) -> Self {
        let marks = system.image_dir.join(used::DIRECTORY);
        let started = aging.ids.iter().filter_map(|id| modified(&marks.join(id)));
        let last_use = started.fold(aging.last_pull.max(aging.last_lookup), f64::max);
        Self { last_use, is_kept: aging.pinned.is_some() || is_listed(aging, &config.retention.keep) }
    }

    /// When it will expire by itself; `None` for never.
    pub(crate) fn expires(self, config: &Config) -> Option<f64> {
        let unused = config.retention.unused.map(Days::duration)?;
        (!self.is_kept).then_some(self.last_use + unused.as_secs_f64())
    }

    /// Whether it is kept by nothing and has not been used for so long.
    pub(crate) fn is_over(self, unused: Duration, now: f64) -> bool {
        !self.is_kept && self.last_use + unused.as_secs_f64() <= now
    }
}

fn is_listed(aging: &Aging, keep: &[String]) -> bool {
    let written = format!("{}:{}", aging.name.itype, aging.name.tag);
    keep.iter().any(|pattern| NamePattern::new(pattern.as_str()).matches(&written))
}

fn modified(path: &Path) -> Option<f64> {
    let facts = fs::symlink_metadata(path).ok()?;
    facts.modified().ok().map(seconds)
}
