//! The numbers of `measured.toml`, and their units.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::simulate::Time;

/// The file, as it is part of the program.
const FILE: &str = include_str!("measured.toml");

/// A number with where it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// What it is called.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// How it is known.
    pub kind: Kind,
    /// The day it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The machine it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Where it is from, or why it is thought right.
    pub source: String,
}

/// How a number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Measured, of this code.
    Measured,
    /// Measured, of the original, on a machine that is not the site's.
    Elsewhere,
    /// Said by a manual.
    Documented,
    /// Chosen so that one finding comes out.
    Fitted,
    /// Told by nobody.
    Assumed,
    /// Told on the command line.
    Told,
}

/// A number that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConstantError {
    /// The file is no list of constants.
    #[error("measured.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// There is no such number.
    #[error("there is no constant `{0}`: `--assumptions` lists all")]
    Unknown(String),
    /// It has another unit than the simulation reads.
    #[error("`{name}` is in `{unit}`, not in `{wanted}`")]
    Unit {
        /// The constant.
        name: &'static str,
        /// Its unit.
        unit: String,
        /// The right one.
        wanted: &'static str,
    },
    /// It is no number above zero.
    #[error("`{0}` is no number above 0")]
    Value(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    constant: Vec<Constant>,
}

/// All numbers, with those of `told` in place of the file's.
///
/// # Errors
/// When one of `told` has no counterpart or is not above zero.
pub fn constants(told: &[(String, f64)]) -> Result<Vec<Constant>, ConstantError> {
    let mut all = toml::from_str::<File>(FILE)?.constant;
    for (name, value) in told {
        let own = all.iter_mut().find(|constant| constant.name == *name);
        let own = own.ok_or_else(|| ConstantError::Unknown(name.clone()))?;
        (own.value, own.kind, own.source) = (*value, Kind::Told, "--constant".to_owned());
        (own.date, own.machine, own.command) = (None, None, None);
    }
    match all.iter().find(|constant| !(constant.value.is_finite() && constant.value > 0.0)) {
        Some(wrong) => Err(ConstantError::Value(wrong.name.clone())),
        None => Ok(all),
    }
}

/// The numbers by name; what nobody takes is left over.
pub(super) struct Table(BTreeMap<String, Constant>);

impl Table {
    pub(super) fn new(constants: &[Constant]) -> Self {
        Self(constants.iter().map(|constant| (constant.name.clone(), constant.clone())).collect())
    }

    fn take(&mut self, name: &'static str, wanted: &'static str) -> Result<f64, ConstantError> {
        let own = self.0.remove(name).ok_or_else(|| ConstantError::Unknown(name.to_owned()))?;
        if own.unit != wanted {
            return Err(ConstantError::Unit { name, unit: own.unit, wanted });
        }
        Ok(own.value)
    }

    pub(super) fn count(&mut self, name: &'static str, unit: &'static str) -> Result<u32, ConstantError> {
        // Rounded up: a part of a connection is none that could be left out.
        self.take(name, unit).map(|value| value.ceil() as u32)
    }

    pub(super) fn milliseconds(&mut self, name: &'static str) -> Result<Time, ConstantError> {
        self.take(name, "ms").map(|value| (value * 1e6) as Time)
    }

    pub(super) fn seconds(&mut self, name: &'static str) -> Result<Time, ConstantError> {
        self.take(name, "s").map(|value| (value * 1e9) as Time)
    }

    pub(super) fn mebibytes(&mut self, name: &'static str) -> Result<u64, ConstantError> {
        self.take(name, "MiB").map(|value| (value * 1_048_576.0) as u64)
    }

    /// Names that nobody took.
    pub(super) fn left(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
