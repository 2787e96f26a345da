//! Causes that an operator is told: kinds and codes, and never a driver's own words, which quote addresses and values.

use std::{error::Error, io};

/// What the system says of a file or a connection, as a kind and a code.
#[must_use]
pub fn of_io(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("{} (os error {code})", error.kind()),
        None => error.kind().to_string(),
    }
}

/// The error of this type that an error comes from, at whatever depth.
#[must_use]
pub fn source<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
