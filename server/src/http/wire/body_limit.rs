//! How large a body of a JSON route may be: as large as the rules allow, and no larger.
//!
//! A limit that is smaller than a legal request refuses a phone for ever: it says the same again at
//! each contact. So each limit is made of the numbers of the rules. A caller without a token is
//! held to [`BODY_LIMIT`], and elsewhere the token is looked at before anything of the body is
//! read.

use std::{future::ready, time::Duration};

use axum::{
    Extension,
    extract::{DefaultBodyLimit, Request},
    middleware::map_request,
};
use sync_core::{
    device::{MAX_HANDED_BACK, MAX_NAMED, MAX_RECEIPTS, MAX_RESTRICTIONS},
    documents::MAX_NOTE_BYTES,
    lease::{MAX_STATEMENT_BYTES, Marks},
    orders::MAX_ENTRY_BYTES,
};
use utoipa_axum::router::OpenApiRouter;

use super::pace::{Pace, paced};
use crate::domain::people::forms::{PARAGRAPH_MAX, PARAGRAPHS_MAX};

/// The largest JSON body where no list is long, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// The largest question for leases.
pub const QUESTION: usize = FRAME + MAX_NAMED * (HELD + ID) + MAX_HANDED_BACK * STATEMENT;
/// The largest delivery of receipts.
pub const RECEIPTS: usize = FRAME + MAX_RECEIPTS * STATEMENT;
/// The largest request that brings restrictions.
pub const RESTRICTIONS: usize = FRAME + MAX_RESTRICTIONS * (ID + base64(MAX_ENTRY_BYTES) + SPACE);
/// The largest consent form.
pub const FORM: usize = FRAME + PARAGRAPHS_MAX * (PARAGRAPH_MAX * CHARACTER + SPACE);

/// The words of a clip, with every letter outside of ASCII written as an escape, and a hundred entries that were seen.
const _: () = assert!(FRAME + 3 * MAX_NOTE_BYTES + Marks::MAX * SPACE + 100 * ID <= BODY_LIMIT);

/// Names of fields, a nonce, a client.
const FRAME: usize = 1_024;
/// Names, quotes, commas and white space of one thing in a list.
const SPACE: usize = 64;
/// An id with its prefix.
const ID: usize = 32 + SPACE;
/// A release and a generation.
const HELD: usize = ID + 20 + SPACE;
const STATEMENT: usize = base64(MAX_STATEMENT_BYTES) + SPACE;
/// The longest way in which JSON writes a character: as two escapes.
const CHARACTER: usize = 12;

const fn base64(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// What a route's bodies are held to.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimit(pub usize);

/// How long a JSON body may stand still.
const STANDS_STILL: Duration = Duration::from_secs(10);
/// With how many bytes a second it comes at least.
const LEAST_RATE: u64 = 4 * 1_024;

/// Holds the bodies of these routes to a limit, and to a pace. What reads a body before its handler does is among them: the limit is the
/// outermost of their layers.
pub fn within<S>(limit: usize, routes: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let pace = Pace::of_len(STANDS_STILL, LEAST_RATE, limit as u64);
    routes
        .layer(DefaultBodyLimit::max(limit))
        .layer(Extension(BodyLimit(limit)))
        .layer(map_request(move |request: Request| ready(paced(request, pace))))
}
