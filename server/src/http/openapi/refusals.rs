//! The answers that refuse, by status: the codes of each, and an example of each code.

use std::collections::{BTreeMap, BTreeSet};
use sync_core::vocabulary::Vocabulary;

use axum::http::StatusCode;
use utoipa::openapi::{
    ContentBuilder, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
    example::ExampleBuilder, path::Operation, schema::AllOfBuilder,
};

use crate::http::{codes::Code, error::PROBLEM};

/// Where a handler names what it refuses with, beside what its group and its shape refuse.
const NAMED: &str = "x-refusals";

/// The answers of a group's routes, each once.
#[derive(Default)]
pub(super) struct Answers {
    /// By the codes that they may have.
    pub(super) responses: BTreeMap<String, RefOr<Response>>,
}

/// Takes out what a handler has named.
pub(super) fn named(operation: &mut Operation) -> BTreeSet<Code> {
    let Some(extensions) = operation.extensions.as_mut() else { return BTreeSet::new() };
    let named = extensions.remove(NAMED);
    operation.extensions = None;
    let words = named.as_ref().and_then(|named| named.as_array()).into_iter().flatten();
    words.filter_map(|word| Code::parse(word.as_str()?)).collect()
}

/// What a JSON body may be refused with.
pub(super) fn of_body(operation: &Operation) -> impl Iterator<Item = Code> {
    let takes_json = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        Some(RefOr::Ref(_)) | None => false,
    };
    [Code::Malformed, Code::TooSlow, Code::TooLarge, Code::NotJson].into_iter().filter(move |_| takes_json)
}

impl Answers {
    /// Adds to an operation what it may refuse with: a status each.
    pub(super) fn tell(&mut self, operation: &mut Operation, codes: &BTreeSet<Code>) {
        let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
        for code in codes {
            by_status.entry(code.status().as_u16()).or_default().push(*code);
        }
        for (status, codes) in by_status {
            let name = name(&codes);
            operation.responses.responses.insert(status.to_string(), Ref::from_response_name(&name).into());
            self.responses.entry(name).or_insert_with(|| response(&codes).into());
        }
    }
}

/// `NotFoundOrCodeNotValid`.
fn name(codes: &[Code]) -> String {
    let names = codes.iter().map(|code| format!("{code:?}"));
    names.collect::<Vec<_>>().join("Or")
}

fn response(codes: &[Code]) -> Response {
    let words = codes.iter().map(|code| code.as_str());
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("ProblemBody"))
        .item(ObjectBuilder::new().property("code", code).required("code"));
    let examples = codes.iter().map(|code| {
        let example = serde_json::json!({
            "type": format!("urn:refrain:problem:{}", code.as_str()),
            "title": code.title(),
            "status": code.status().as_u16(),
            "code": code.as_str(),
            "detail": "What was the matter this time.",
        });
        (code.as_str(), ExampleBuilder::new().value(Some(example)).build())
    });
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let sentences = codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title()));
    let mut response =
        ResponseBuilder::new().description(sentences.collect::<Vec<_>>().join(" ")).content(PROBLEM, content);
    if let Some((name, told)) = codes.first().and_then(|code| header(code.status())) {
        let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String));
        header.description = Some(told.to_owned());
        response = response.header(name, header);
    }
    response.build()
}

/// The header that goes with a status.
fn header(status: StatusCode) -> Option<(&'static str, &'static str)> {
    Some(match status {
        StatusCode::UNAUTHORIZED => {
            ("WWW-Authenticate", "`Bearer`, where a token is missing (RFC 6750 section 3).")
        }
        StatusCode::RANGE_NOT_SATISFIABLE => {
            ("Content-Range", "How long the clip is (RFC 9110 section 14.4).")
        }
        StatusCode::UPGRADE_REQUIRED => ("Upgrade", "`websocket` (RFC 9110 section 7.8)."),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            ("Retry-After", "How many seconds to wait (RFC 9110 section 10.2.3).")
        }
        _ => return None,
    })
}
