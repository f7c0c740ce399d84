//! A plan that was reviewed and is applied later: exactly that, or not at all.
//!
//! It holds no contents, and so no secrets. It says from which profile it was made and what differed; when it is
//! applied, everything is rendered and compared again, and what comes out must be the same: neither the profile nor a
//! single installed file may have changed since. A secret is read anew.

use super::InstallError;
use super::difference::Difference;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// What this file is: `plan`.
    pub shifter_site: String,
    /// The version of this format. 1.
    pub schema: u32,
    /// The profile.
    pub profile: PathBuf,
    /// The root.
    pub root: PathBuf,
    /// The class.
    pub class: Option<String>,
    /// The host, where one was named.
    pub host: Option<String>,
    /// The release, where another was asked for.
    pub target: Option<String>,
    /// Keys that were set beside the profile.
    pub set: Vec<String>,
    /// Whether files stay the caller's.
    pub no_owner: bool,
    /// What differed.
    pub difference: Difference,
}

impl SavedPlan {
    /// The plan in a file; none when the file is something else, such as a profile.
    ///
    /// # Errors
    /// When it is a plan of another version.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, String> {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return Ok(None) };
        if value.get("shifter_site").and_then(serde_json::Value::as_str) != Some("plan") {
            return Ok(None);
        }
        serde_json::from_value(value).map(Some).map_err(|error| error.to_string())
    }

    /// The file.
    #[must_use]
    pub fn print(&self) -> String {
        let value = serde_json::to_value(self).expect("texts, numbers and lists are JSON");
        shifter_gateway_types::pretty::print(&value)
    }

    /// Whether the plan still holds.
    ///
    /// # Errors
    /// Names every file that differs otherwise now.
    pub fn still_holds(&self, now: &Difference) -> Result<(), InstallError> {
        let mut why = Vec::new();
        if (self.difference.generation, &self.difference.class) != (now.generation, &now.class) {
            why.push("another generation was applied since".to_owned());
        }
        for then in &self.difference.files {
            match now.files.iter().find(|file| file.path == then.path) {
                None => why.push(format!("{}: no longer differs", then.path)),
                Some(file) if file.installed != then.installed => {
                    why.push(format!("{}: the installed file changed", then.path));
                }
                Some(file) if file != then => why.push(format!("{}: the profile renders another file", then.path)),
                Some(_) => {}
            }
        }
        let new = now.files.iter().filter(|file| !self.difference.files.iter().any(|then| then.path == file.path));
        why.extend(new.map(|file| format!("{}: did not differ then", file.path)));
        if why.is_empty() { Ok(()) } else { Err(InstallError::PlanIsOld(why)) }
    }
}
