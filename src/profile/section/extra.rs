//! `[extra.*]`: keys of the rendered files that this tool does not model, word for word.

use super::scalar::TextOrList;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use validator::Validate;

/// Keys that this tool does not model. They are written last, and need `target.patches`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraSection {
    /// Lines of udiRoot.conf: a text, or one text for each line.
    pub udiroot: BTreeMap<String, TextOrList>,
    /// Keys of imagemanager.json.
    pub imagemanager: BTreeMap<String, Value>,
}
