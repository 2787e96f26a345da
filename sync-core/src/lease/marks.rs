//! Words at points of a clip: "listen for your shoulders here".

use ciborium::Value;

use crate::{
    cbor::{self, CborError},
    instant::Span,
};

/// Words at points of a clip.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Marks(pub Vec<(Span, String)>);

impl Marks {
    /// How many a clip may have.
    pub const MAX: usize = 64;

    pub(crate) fn to_value(&self) -> Value {
        let mark =
            |(at, words): &(Span, String)| Value::Array(vec![(*at).into(), Value::Text(words.clone())]);
        Value::Array(self.0.iter().map(mark).collect())
    }

    pub(crate) fn read(list: Vec<Value>) -> Result<Self, CborError> {
        if list.len() > Self::MAX {
            return Err(CborError::Shape);
        }
        let mark = |mark: Value| {
            let pair = mark.into_array().map_err(|_| CborError::Shape)?;
            let [at, words] = <[Value; 2]>::try_from(pair).map_err(|_| CborError::Shape)?;
            let at = cbor::integer_of(at).map(Span::from_millis)?;
            Ok((at, words.into_text().map_err(|_| CborError::Shape)?))
        };
        list.into_iter().map(mark).collect::<Result<_, _>>().map(Self)
    }
}
