//! Refusals as codes.

use wasm_bindgen::JsValue;

/// A code, as it is thrown.
pub(crate) fn code(code: &str) -> JsValue {
    JsValue::from_str(code)
}

/// What the page has handed in is not of the wanted shape: a bug.
pub(crate) fn malformed<E>(_: E) -> JsValue {
    code("malformed")
}
