//! Options that lay something over a profile, the same for every verb that reads one.

use crate::profile::{Input, LoadOptions};

/// What to lay over the files.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct LayerArgs {
    /// Look at one node class only.
    #[arg(long, value_name = "NAME")]
    pub(super) class: Option<String>,
    /// Take the site as one with this version of Shifter installed.
    #[arg(long, value_name = "VERSION")]
    pub(super) target: Option<String>,
    /// Set a key, as if a last layer did: `--set gateway.timeout=20s`.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Let variables such as SHIFTER_SITE__GATEWAY__TIMEOUT=20s set keys.
    #[arg(long)]
    pub(super) env: bool,
}

impl LayerArgs {
    /// What to load; the class is left to the caller.
    pub(super) fn options(&self, input: Input) -> LoadOptions {
        let environment = if self.env {
            // Names and values that are not UTF-8 cannot be keys or values of a profile.
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect()
        } else {
            Vec::new()
        };
        let mut set = self.set.clone();
        if let Some(target) = &self.target {
            set.push(format!("target.shifter={}", toml::Value::String(target.clone())));
        }
        LoadOptions { input, class: None, environment, set }
    }
}
