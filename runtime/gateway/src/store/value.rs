//! Values as every backend keeps them, and what of ours becomes one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use shifter_gateway_types::rest::{HistoryEvent, Status};

use super::StoreError;

/// One value of a row. Truth is 0 or 1, lists and maps are JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number; times are seconds since 1970.
    Real(f64),
    /// Text.
    Text(String),
}

/// What can be stored.
pub(super) trait ToValue {
    /// As it is stored.
    fn to_value(&self) -> Value;
}

/// What can be stored and read again.
pub(super) trait Cell: ToValue + Sized {
    /// As it was stored.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (*self).to_value()
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

fn unexpected<T>(value: &Value) -> Result<T, StoreError> {
    let kind = match value {
        Value::Null => "nothing",
        Value::Int(_) => "a whole number",
        Value::Real(_) => "a number",
        Value::Text(_) => "a text",
    };
    Err(StoreError::Unexpected { kind })
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Cell for String {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => unexpected(&other),
        }
    }
}

impl ToValue for i64 {
    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl Cell for i64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Int(number) => Ok(number),
            other => unexpected(&other),
        }
    }
}

impl ToValue for u32 {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Cell for u32 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let number = i64::from_value(value)?;
        Self::try_from(number).or_else(|_| unexpected(&Value::Int(number)))
    }
}

/// Sizes; what no file can be is stored as the largest number there is.
impl ToValue for u64 {
    fn to_value(&self) -> Value {
        Value::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Cell for u64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Ok(i64::from_value(value)?.unsigned_abs())
    }
}

impl ToValue for f64 {
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
}

impl Cell for f64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Real(number) => Ok(number),
            other => unexpected(&other),
        }
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Int(i64::from(*self))
    }
}

impl Cell for bool {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Ok(i64::from_value(value)? != 0)
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl ToValue for Status {
    fn to_value(&self) -> Value {
        self.as_str().to_value()
    }
}

impl Cell for Status {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Ok(Self::parse(&String::from_value(value)?))
    }
}

impl ToValue for HistoryEvent {
    fn to_value(&self) -> Value {
        self.as_str().to_value()
    }
}

impl Cell for HistoryEvent {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Ok(Self::parse(&String::from_value(value)?).unwrap_or(Self::Expired))
    }
}

fn to_json(value: &impl Serialize) -> Value {
    Value::Text(serde_json::to_string(value).expect("lists and maps of texts and numbers"))
}

fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, StoreError> {
    Ok(serde_json::from_str(&String::from_value(value)?)?)
}

/// What is stored as JSON.
macro_rules! as_json {
    ($($kind:ty),*) => {$(
        impl ToValue for $kind {
            fn to_value(&self) -> Value {
                to_json(self)
            }
        }

        impl Cell for $kind {
            fn from_value(value: Value) -> Result<Self, StoreError> {
                from_json(value)
            }
        }
    )*};
}

as_json!(Vec<String>, BTreeMap<String, String>, BTreeSet<u32>);
