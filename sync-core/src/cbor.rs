//! Deterministic CBOR (RFC 8949 section 4.2.1) for everything that is hashed, signed or folded.
//!
//! Two encodings of one fact would be two facts to a hash and one to a reader, so only one encoding is taken: shortest
//! integers, definite lengths, text keys in bytewise order, no floats, no tags, no unknown key. A [`Map`] writes only
//! that form, and [`Map::read`] refuses every other.

use std::collections::BTreeMap;

use ciborium::Value;
use thiserror::Error;

use crate::instant::{Instant, Span};

mod items;

pub(crate) use items::has_few_items;

/// How deep values may nest; our deepest has four levels.
const DEPTH: usize = 8;
/// How many items one encoding may hold: an item of one byte becomes a value of thirty-two.
pub(crate) const MAX_ITEMS: usize = 65_536;

/// Bytes that are not the one encoding of the wanted shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CborError {
    /// Not well-formed CBOR, or nested too deep.
    #[error("not well-formed")]
    Malformed,
    /// Well-formed, but not the deterministic encoding.
    #[error("not deterministically encoded")]
    NotDeterministic,
    /// More bytes, or more items, than this shape may have.
    #[error("too large")]
    TooLarge,
    /// A key is missing, unknown, or its value of another type or out of range.
    #[error("not the expected shape")]
    Shape,
}

/// A map with text keys, as it is written and read. Not `Debug`: it holds letters, notes, titles and keys.
#[derive(Clone, Default)]
pub struct Map(BTreeMap<(usize, String), Value>);

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value under a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert((key.len(), key.to_owned()), value.into());
        self
    }

    /// Puts a value under a key when there is one.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The one encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.to_value())
    }

    /// The map as a value inside another.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Map(self.0.iter().map(|((_, key), value)| (Value::Text(key.clone()), value.clone())).collect())
    }

    /// Reads the one encoding of a map.
    ///
    /// # Errors
    /// [`CborError`] for any other bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, CborError> {
        let value = decode(bytes)?;
        Self::from_value(value)
    }

    /// Reads the one encoding of a map that has at most `max` bytes. A longer one is not looked at.
    ///
    /// # Errors
    /// [`CborError`] for any other bytes.
    pub fn read_within(max: usize, bytes: &[u8]) -> Result<Self, CborError> {
        if bytes.len() > max { Err(CborError::TooLarge) } else { Self::read(bytes) }
    }

    /// Takes a map out of a value that was read.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is no map with text keys.
    pub fn from_value(value: Value) -> Result<Self, CborError> {
        let Value::Map(pairs) = value else { return Err(CborError::Shape) };
        let mut map = BTreeMap::new();
        for (key, value) in pairs {
            let Value::Text(key) = key else { return Err(CborError::Shape) };
            map.insert((key.len(), key), value);
        }
        Ok(Self(map))
    }

    /// Takes a key's value out, if it is there.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(&(key.len(), key.to_owned()))
    }

    fn must(&mut self, key: &str) -> Result<Value, CborError> {
        self.take(key).ok_or(CborError::Shape)
    }

    /// Takes out a text.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or no text.
    pub fn text(&mut self, key: &str) -> Result<String, CborError> {
        self.must(key)?.into_text().map_err(|_| CborError::Shape)
    }

    /// Takes out a byte string.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or no byte string.
    pub fn bytes(&mut self, key: &str) -> Result<Vec<u8>, CborError> {
        self.must(key)?.into_bytes().map_err(|_| CborError::Shape)
    }

    /// Takes out a byte string of a known length.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or of another length.
    pub fn array<const N: usize>(&mut self, key: &str) -> Result<[u8; N], CborError> {
        self.bytes(key)?.try_into().map_err(|_| CborError::Shape)
    }

    /// Takes out an id.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or not sixteen bytes.
    pub fn id<T: From16>(&mut self, key: &str) -> Result<T, CborError> {
        self.array(key).map(T::from_16)
    }

    /// Takes out a list of ids.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or one is not sixteen bytes.
    pub fn ids<T: From16>(&mut self, key: &str) -> Result<Vec<T>, CborError> {
        self.list(key)?.into_iter().map(id_of).collect()
    }

    /// Takes out a list.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or no list.
    pub fn list(&mut self, key: &str) -> Result<Vec<Value>, CborError> {
        self.must(key)?.into_array().map_err(|_| CborError::Shape)
    }

    /// Takes out a map.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or no map.
    pub fn map(&mut self, key: &str) -> Result<Self, CborError> {
        Self::from_value(self.must(key)?)
    }

    /// Takes out an integer that fits.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing, no integer, or too large.
    pub fn integer<T: TryFrom<i128>>(&mut self, key: &str) -> Result<T, CborError> {
        integer_of(self.must(key)?)
    }

    /// Takes a truth value.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or something else.
    pub fn flag(&mut self, key: &str) -> Result<bool, CborError> {
        self.take(key).and_then(|value| value.as_bool()).ok_or(CborError::Shape)
    }

    /// Takes out an instant.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or no integer.
    pub fn instant(&mut self, key: &str) -> Result<Instant, CborError> {
        self.integer(key).map(Instant::from_millis)
    }

    /// Takes out a span.
    ///
    /// # Errors
    /// [`CborError::Shape`] when it is missing or negative.
    pub fn span(&mut self, key: &str) -> Result<Span, CborError> {
        self.integer(key).map(Span::from_millis)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(&(key.len(), key.to_owned()))
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`CborError::Shape`] when a key was left: an unknown one.
    pub fn end(self) -> Result<(), CborError> {
        if self.0.is_empty() { Ok(()) } else { Err(CborError::Shape) }
    }
}

/// What can be made of sixteen bytes: every id.
pub trait From16 {
    /// Makes it.
    fn from_16(bytes: [u8; 16]) -> Self;
}

/// An integer out of a value.
///
/// # Errors
/// [`CborError::Shape`] when it is none, or does not fit.
pub fn integer_of<T: TryFrom<i128>>(value: Value) -> Result<T, CborError> {
    let integer = value.into_integer().map_err(|_| CborError::Shape)?;
    T::try_from(i128::from(integer)).map_err(|_| CborError::Shape)
}

/// An id out of a value.
///
/// # Errors
/// [`CborError::Shape`] when it is not sixteen bytes.
pub fn id_of<T: From16>(value: Value) -> Result<T, CborError> {
    let bytes = value.into_bytes().map_err(|_| CborError::Shape)?;
    bytes.try_into().map(T::from_16).map_err(|_| CborError::Shape)
}

/// A list of ids as a value.
#[must_use]
pub fn id_list<'a, T: AsRef<[u8]> + 'a>(ids: impl IntoIterator<Item = &'a T>) -> Value {
    Value::Array(ids.into_iter().map(|id| Value::Bytes(id.as_ref().to_vec())).collect())
}

/// Encodes a value whose maps are in order, as [`Map`] makes them.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail; a lost byte would fail every signature check, never pass one.
    let _ = ciborium::into_writer(value, &mut bytes);
    bytes
}

/// Decodes the one encoding of a value.
///
/// # Errors
/// [`CborError`] for any other bytes.
pub fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    if !has_few_items(bytes, MAX_ITEMS) {
        return Err(CborError::TooLarge);
    }
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, DEPTH).map_err(|_| CborError::Malformed)?;
    if !is_ordered(&value) || encode(&value) != bytes {
        return Err(CborError::NotDeterministic);
    }
    Ok(value)
}

fn is_ordered(value: &Value) -> bool {
    match value {
        Value::Map(pairs) => {
            let keys = pairs.iter().map(|(key, _)| encode(key));
            keys.is_sorted_by(|a, b| a < b)
                && pairs.iter().all(|(key, value)| key.is_text() && is_ordered(value))
        }
        Value::Array(items) => items.iter().all(is_ordered),
        Value::Float(_) | Value::Tag(..) => false,
        _ => true,
    }
}

impl From<Instant> for Value {
    fn from(instant: Instant) -> Self {
        instant.as_millis().into()
    }
}

impl From<Span> for Value {
    fn from(span: Span) -> Self {
        span.as_millis().into()
    }
}

#[cfg(test)]
mod tests;
