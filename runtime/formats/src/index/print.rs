//! Writing an index entry.

use std::fmt;

use super::{IndexEntry, VERSION};
use crate::acl::{Access, write_ids};
use crate::quoted::{is_unsafe, json_list, json_string};

impl fmt::Display for IndexEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "VERSION: {VERSION}")?;
        writeln!(f, "SYSTEM: {}", text(&self.system))?;
        writeln!(f, "TYPE: {}", self.kind)?;
        writeln!(f, "TAG: {}", text(&self.tag))?;
        writeln!(f, "ID: {}", self.id)?;
        writeln!(f, "FORMAT: {}", self.format)?;
        writeln!(f, "DIGEST: {}", text(&self.digest))?;
        writeln!(f, "PLATFORM: {}", text(&self.platform))?;
        // Both lines or none: an image without them is everybody's.
        if let Access::Restricted { users, groups } = &self.access {
            writeln!(f, "USERACL: {}", write_ids(users))?;
            writeln!(f, "GROUPACL: {}", write_ids(groups))?;
        }
        for variable in &self.env {
            writeln!(f, "ENV: {}", text(&variable.to_string()))?;
        }
        for (key, list) in [("ENTRY", &self.entry), ("CMD", &self.cmd)] {
            if let Some(list) = list {
                writeln!(f, "{key}: {}", json_list(list))?;
            }
        }
        for (key, value) in [("WORKDIR", &self.workdir), ("USER", &self.user)] {
            if let Some(value) = value {
                writeln!(f, "{key}: {}", text(value))?;
            }
        }
        Ok(())
    }
}

/// A text as it is, or as a JSON string where a line could not hold it.
fn text(value: &str) -> String {
    let is_plain = !value.is_empty() && value.trim() == value && !value.starts_with('"') && !value.contains(is_unsafe);
    if is_plain { value.to_owned() } else { json_string(value) }
}
