//! Keys that have a meaning and nothing yet that goes by it.

/// Keys that nothing goes by yet: they are not rendered, no rule reads them, and the toolkit does not either.
/// `tests/coverage` holds the list against the rules and the renderer.
pub const RESERVED: &[&str] =
    &["gateway.tls.certificate", "gateway.tls.key", "gateway.database.admin.user", "policy.allow", "policy.deny"];
