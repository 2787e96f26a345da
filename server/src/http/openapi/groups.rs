//! The routes of a group: their common refusals and parameters, as the document says them.

use std::collections::BTreeSet;

use utoipa::openapi::{OpenApi, PathItem, path::Operation};

use super::{parameters, refusals};
use crate::http::codes::Code;

/// Routes with the same callers and the same layers.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// What each of them may refuse with.
    pub refuses: &'static [Code],
    /// Whether a POST or PATCH may carry an Idempotency-Key.
    pub asked_once: bool,
}

impl Group {
    /// Adds to the document of a group's routes what their handlers need not say.
    #[must_use]
    pub fn describe(self, mut document: OpenApi) -> OpenApi {
        let mut answers = refusals::Answers::default();
        for (path, item) in &mut document.paths.paths {
            for (changes, operation) in operations(item) {
                let mut codes: BTreeSet<Code> = refusals::named(operation);
                codes.extend(self.refuses);
                codes.insert(Code::Internal);
                codes.extend(parameters::of_path(path, operation));
                codes.extend(parameters::of_query(operation));
                codes.extend(refusals::of_body(operation));
                if self.asked_once && changes {
                    codes.extend(parameters::idempotency_key(operation));
                }
                answers.tell(operation, &codes);
            }
        }
        document.components.get_or_insert_with(Default::default).responses.extend(answers.responses);
        document
    }
}

/// The operations of a path, and whether each is a POST or PATCH.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [(false, get), (false, put), (true, post), (false, delete), (true, patch)]
        .into_iter()
        .filter_map(|(changes, operation)| operation.as_mut().map(|operation| (changes, operation)))
}
