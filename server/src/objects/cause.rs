//! Why the object store failed, in words for an operator: kinds and HTTP statuses, and never a name or an address.

use std::io;

use object_store::{
    Error,
    client::{HttpError, HttpErrorKind},
};

use crate::nouns::cause;

/// How the store's client says which status it was answered with.
const STATUS: &str = "status code: ";

/// What an operator may be told of an error of the object store.
pub(super) fn of(error: &Error) -> String {
    if let Some(status) = status(&error.to_string()) {
        return match status {
            400 => "it does not take the request (HTTP 400): look at the region and the endpoint".into(),
            401 | 403 => format!(
                "it does not let this server in (HTTP {status}): look at the credentials and their rights"
            ),
            404 => "it has no such bucket (HTTP 404)".into(),
            501 => "it does not know what it was asked for (HTTP 501)".into(),
            status => format!("it answers HTTP {status}"),
        };
    }
    if let Some(error) = cause::source::<HttpError>(error) {
        return match error.kind() {
            HttpErrorKind::Connect => "it cannot be reached".into(),
            HttpErrorKind::Timeout => "it does not answer in time".into(),
            _ => "its answer breaks off or cannot be read".into(),
        };
    }
    if let Some(error) = cause::source::<io::Error>(error) {
        return cause::of_io(error);
    }
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            "it does not let this server in: look at the credentials and their rights".into()
        }
        Error::NotSupported { .. } | Error::NotImplemented { .. } => {
            "it does not know what it was asked for".into()
        }
        Error::UnknownConfigurationKey { .. } => "an AWS_… variable is not known".into(),
        _ => "for a reason that it does not name".into(),
    }
}

fn status(text: &str) -> Option<u16> {
    let digits = text.split_once(STATUS)?.1.get(..3)?;
    digits.parse().ok()
}

/// Whether the store is away or overloaded, so that it may answer later.
pub(super) fn may_pass(error: &Error) -> bool {
    match status(&error.to_string()) {
        Some(status) => status == 429 || (status >= 500 && status != 501),
        None => cause::source::<HttpError>(error).is_some(),
    }
}
