//! SITE rules that reading a profile reports: what is not TOML, not known, not of its type.

use crate::diagnostic::structural;
use crate::lint::rule::{Impact, Repair, rule};

rule! {
    /// A file is not TOML.
    ///
    /// # What it checks
    /// Every layer can be read as TOML 1.0. What can still be read is checked too.
    ///
    /// # Why is this bad
    /// Nothing after the error is known. A profile that cannot be read is never taken for an empty one.
    ///
    /// # Bad
    /// ```toml
    /// [images]
    /// path = /home
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// path = "/shared/images"
    /// ```
    pub(crate) static TOML_SYNTAX = {
        id: structural::TOML_SYNTAX,
        impact: Impact::EveryStart,
        source: "TOML 1.0.0",
    }
}

rule! {
    /// A key is not one that a profile can have.
    ///
    /// # What it checks
    /// Every key is known in its table. The nearest known key is suggested.
    ///
    /// # Why is this bad
    /// A misspelt key sets nothing, and its default holds. In udiRoot.conf itself it is worse: the original answers
    /// "Couldn't understand key" and starts no container on the node (L18 has one, `allowLibcPwdsCalls`).
    ///
    /// # Bad
    /// ```toml
    /// [runtime]
    /// libc_pwds_calls = true
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [runtime]
    /// libc_passwd_calls = true
    /// ```
    ///
    /// # Fix
    /// `--unsafe-fixes` renames it to the nearest key.
    pub(crate) static UNKNOWN_KEY = {
        id: structural::UNKNOWN_KEY,
        impact: Impact::EveryStart,
        fix: Repair::Unsafe,
        source: "L18 line 28; run against 16.08.3 and 18.03",
    }
}

rule! {
    /// A value is not of the type its key has.
    ///
    /// # What it checks
    /// Every value is a text, number, list or table as its key asks, and durations, sizes, modes, dates, versions and host lists can be
    /// read as such.
    ///
    /// # Why is this bad
    /// `300` may be seconds or milliseconds, `640` a number or a mode. A profile says which.
    ///
    /// # Bad
    /// ```toml
    /// [gateway]
    /// timeout = 300
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [gateway]
    /// timeout = "30s"
    /// ```
    ///
    /// # Fix
    /// `--fix` writes the value as its key asks, where it can be read in one way only.
    pub(crate) static WRONG_TYPE = {
        id: structural::WRONG_TYPE,
        fix: Repair::Safe,
        source: "the profile's schema",
    }
}

rule! {
    /// Something is missing without which nothing can be rendered.
    ///
    /// # What it checks
    /// A system has `site.name`, `target.shifter`, `images.path` and a gateway to ask.
    ///
    /// # Why is this bad
    /// The original starts no container without its mandatory keys. It does not look for a system name and asks the gateway for
    /// `(null)` instead.
    ///
    /// # Bad
    /// ```toml alone
    /// schema = 1
    ///
    /// [site]
    /// name = "tiny"
    ///
    /// [target]
    /// shifter = "native"
    ///
    /// [scale]
    /// nodes_per_job = 16
    ///
    /// [gateway]
    /// endpoints = ["http://gateway:5000"]
    /// timeout = "30s"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// [images]
    /// path = "/shared/images"
    /// ```
    pub(crate) static MISSING_REQUIRED = {
        id: structural::MISSING_REQUIRED,
        impact: Impact::EveryStart,
        source: "UdiRootConfig.c, validate_UdiRootConfig",
    }
}

rule! {
    /// The profile does not say which format it has, or has one that this tool cannot read.
    ///
    /// # What it checks
    /// `schema = 1` is there, and `requires` suits this version of the tool.
    ///
    /// # Why is this bad
    /// A later format may mean something else by the same key.
    ///
    /// # Bad
    /// ```toml alone
    /// [site]
    /// name = "tiny"
    ///
    /// [target]
    /// shifter = "native"
    ///
    /// [scale]
    /// nodes_per_job = 16
    ///
    /// [images]
    /// path = "/shared/images"
    ///
    /// [gateway]
    /// endpoints = ["http://gateway:5000"]
    /// timeout = "30s"
    /// ```
    ///
    /// # Good
    /// ```toml
    /// schema = 1
    /// ```
    ///
    /// # Fix
    /// `--fix` adds `schema = 1` where it is missing. A profile of another schema is left to the tool that knows it.
    pub(crate) static SCHEMA_VERSION = {
        id: structural::SCHEMA_VERSION,
        fix: Repair::Safe,
        impact: Impact::EveryStart,
        source: "the profile's schema",
    }
}
