//! The string `"MISSING"`, which stands for a field of a record that is not known.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

const MISSING: &str = "MISSING";

/// The schema of a field that is a `T`, or the string.
pub(super) struct Or<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Or<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrMissing", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "const": MISSING }] })
    }
}

pub(super) fn serialize<T, S>(field: &Option<T>, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Serialize,
    S: Serializer,
{
    match field {
        Some(value) => value.serialize(serializer),
        None => serializer.serialize_str(MISSING),
    }
}

/// `"MISSING"` and `null` (which imports have for their access lists) are both nothing.
pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: for<'a> Deserialize<'a>,
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    if value.is_null() || value == MISSING {
        return Ok(None);
    }
    serde_json::from_value(value).map(Some).map_err(Error::custom)
}

/// A tag was one string before it was a list.
pub(super) fn tags<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<String>>, D::Error> {
    match Value::deserialize(d)? {
        Value::Null => Ok(None),
        Value::String(text) if text == MISSING => Ok(None),
        Value::String(tag) => Ok(Some(vec![tag])),
        value => serde_json::from_value(value).map(Some).map_err(Error::custom),
    }
}
