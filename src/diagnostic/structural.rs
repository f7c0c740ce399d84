//! The findings that loading itself makes, before any rule can run.
//!
//! Their manual pages stand with all others in the rule registry.

use super::{Category::*, RuleId, Severity::*};

/// A file is not TOML.
pub const TOML_SYNTAX: RuleId = RuleId { code: "SITE001", name: "toml-syntax", severity: Error, category: Correctness };
/// A key that the profile does not know.
pub const UNKNOWN_KEY: RuleId = RuleId { code: "SITE002", name: "unknown-key", severity: Error, category: Correctness };
/// A value of the wrong type, or one that its type does not allow.
pub const WRONG_TYPE: RuleId = RuleId { code: "SITE003", name: "wrong-type", severity: Error, category: Correctness };
/// A key that must be there is not.
pub const MISSING_REQUIRED: RuleId =
    RuleId { code: "SITE004", name: "missing-required", severity: Error, category: Correctness };
/// `schema` is missing or newer than this tool, or `requires` asks for another tool.
pub const SCHEMA_VERSION: RuleId =
    RuleId { code: "SITE005", name: "schema-version", severity: Error, category: Compatibility };
/// Layers that include one another, or a layer that is not there.
pub const EXTENDS_CYCLE: RuleId =
    RuleId { code: "SITE012", name: "extends-cycle", severity: Error, category: Correctness };
/// A node class that is not declared.
pub const UNKNOWN_CLASS: RuleId =
    RuleId { code: "SITE013", name: "unknown-class", severity: Error, category: Correctness };
/// Something is overridden with what holds anyway.
pub const UNUSED_OVERRIDE: RuleId =
    RuleId { code: "SITE014", name: "unused-override", severity: Warn, category: Style };
/// A suppression that suppresses nothing.
pub const UNUSED_SUPPRESSION: RuleId =
    RuleId { code: "SITE015", name: "unused-suppression", severity: Warn, category: Style };
/// A suppression without a reason.
pub const SUPPRESSION_WITHOUT_REASON: RuleId =
    RuleId { code: "SITE016", name: "suppression-without-reason", severity: Warn, category: Style };
/// A list of a lower layer is replaced where it was perhaps meant to be longer.
pub const LIST_REPLACED: RuleId =
    RuleId { code: "SITE018", name: "list-replaced-by-layer", severity: Info, category: Style };

/// A secret written into the profile.
pub const INLINE_SECRET: RuleId = RuleId { code: "SEC001", name: "inline-secret", severity: Error, category: Security };

/// Every rule of this file.
pub const ALL: &[RuleId] = &[
    TOML_SYNTAX,
    UNKNOWN_KEY,
    WRONG_TYPE,
    MISSING_REQUIRED,
    SCHEMA_VERSION,
    EXTENDS_CYCLE,
    UNKNOWN_CLASS,
    UNUSED_OVERRIDE,
    UNUSED_SUPPRESSION,
    SUPPRESSION_WITHOUT_REASON,
    LIST_REPLACED,
    INLINE_SECRET,
];

#[cfg(test)]
mod tests {
    use crate::lint::RULES;

    #[test]
    fn every_finding_of_the_loader_is_that_of_the_registry() {
        for id in super::ALL {
            match RULES.iter().find(|rule| rule.id.code == id.code) {
                Some(rule) => assert_eq!(rule.id, *id),
                None => assert!(!id.code.starts_with("SITE"), "{} has no page", id.code),
            }
        }
    }
}
