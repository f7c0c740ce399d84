//! A deserializer of untyped values that takes only tables for tables.
//!
//! What serde derives for a struct reads an array too, its elements in the order of the fields: `gateway = []` would be
//! a gateway without settings. Nobody means that, so an array in the place of a table is of the wrong type here.

use std::collections::btree_map;

use figment::{Error, value::Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor, value::MapAccessDeserializer,
};

/// Decodes one value.
///
/// # Errors
/// The first mistake, with its path.
#[expect(clippy::result_large_err, reason = "it is figment's, and its only caller takes it apart")]
pub(super) fn decode<'v, T: Deserialize<'v>>(value: &'v Value) -> Result<T, Error> {
    T::deserialize(Strict(value))
}

/// A value, read strictly.
#[derive(Clone, Copy)]
struct Strict<'v>(&'v Value);

impl<'v> Deserializer<'v> for Strict<'v> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Dict(_, entries) => visitor.visit_map(Entries { entries: entries.iter(), current: None }),
            Value::Array(_, elements) => visitor.visit_seq(Elements { elements: elements.iter(), at: 0 }),
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(..) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Empty(..) => self.0.deserialize_option(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Dict(_, entries) => {
                let entries = Entries { entries: entries.iter(), current: None };
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            other => other.deserialize_enum(name, variants, visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'v>>
        bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char str string seq bytes byte_buf map unit
        ignored_any unit_struct tuple_struct tuple identifier
    }
}

/// The entries of a table.
struct Entries<'v> {
    entries: btree_map::Iter<'v, String, Value>,
    current: Option<(&'v str, &'v Value)>,
}

impl<'v> MapAccess<'v> for Entries<'v> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'v>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.current = self.entries.next().map(|(key, value)| (key.as_str(), value));
        let Some((key, _)) = self.current else { return Ok(None) };
        seed.deserialize(key.into_deserializer()).map(Some).map_err(|error| below(key, error))
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, value) = self.current.take().ok_or_else(|| Error::custom("a value is read before its key"))?;
        seed.deserialize(Strict(value)).map_err(|error| below(key, error))
    }
}

/// The elements of an array.
struct Elements<'v> {
    elements: std::slice::Iter<'v, Value>,
    at: usize,
}

impl<'v> SeqAccess<'v> for Elements<'v> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(element) = self.elements.next() else { return Ok(None) };
        let at = self.at.to_string();
        self.at += 1;
        seed.deserialize(Strict(element)).map(Some).map_err(|error| below(&at, error))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// An error in an entry, as one in the table or array that holds it.
fn below(segment: &str, mut error: Error) -> Error {
    error.path.insert(0, segment.to_owned());
    error
}
