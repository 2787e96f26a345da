//! Every answer of every test is held against the document: its status, its code, and its shape by a validator that is not
//! ours.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::Answer;
use crate::http::router;

/// Fails if the document does not know such an answer.
pub(super) fn check(method: &str, path: &str, answer: &Answer) {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let Some((template, item)) = route(path) else { return };
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
    let Some(operation) = item.get(&method) else { return };
    let place = format!("{method} {template}: {} {}", answer.status, answer.body);
    let told = &operation["responses"][answer.status.to_string()];
    assert!(!told.is_null(), "the document does not know this status\n{place}");
    let told = told["$ref"].as_str().map_or(told, |to| at(to));
    let kind = answer.headers.get("content-type").map(|kind| kind.to_str().unwrap());
    let Some(kind) = kind.and_then(|kind| kind.split(';').next()) else {
        assert!(told.get("content").is_none() || answer.body == "", "no content type\n{place}");
        return;
    };
    let content = &told["content"];
    // A clip in the clear has the media type that was recognised in it.
    let known = content.get(kind).or_else(|| content.get("application/octet-stream"));
    let known = known.unwrap_or_else(|| panic!("the document does not know {kind} here\n{place}"));
    if kind.ends_with("json") {
        let faults: Vec<_> =
            validator(&known["schema"]).iter_errors(&answer.body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}\n{place}");
    }
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::to_value(router::document()).unwrap())
}

/// What a reference within the document names.
fn at(reference: &str) -> &'static Value {
    document().pointer(reference.trim_start_matches('#')).unwrap()
}

/// The route of a path: segments in braces take anything, and those that are written out come first.
fn route(path: &str) -> Option<(&'static str, &'static Value)> {
    let takes = |template: &str| {
        let (asked, named): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        asked.len() == named.len()
            && asked.iter().zip(&named).all(|(asked, named)| named.starts_with('{') || asked == named)
    };
    let routes = document()["paths"].as_object().unwrap().iter();
    let found = routes
        .filter(|(template, _)| takes(template))
        .min_by_key(|(template, _)| template.matches('{').count());
    found.map(|(template, item)| (template.as_str(), item))
}

fn validator(schema: &Value) -> Validator {
    let mut whole = json!({ "components": document()["components"], "allOf": [schema] });
    whole["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

#[test]
fn an_answer_that_the_document_does_not_know_fails() {
    let answer = |status, body| {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        Answer { status, headers, body }
    };
    let fails = |answer| std::panic::catch_unwind(|| check("GET", "/v1/clients?x=1", &answer)).is_err();
    let client = json!({ "client": format!("client_{}", "0".repeat(32)), "name": "Mia", "created_at": "2027-01-15T08:00:00Z" });
    assert!(!fails(answer(200, json!({ "clients": [client] }))));
    assert!(fails(answer(200, json!({ "clients": [{ "client": "rel_1" }] }))));
    assert!(fails(answer(200, json!({}))));
    assert!(fails(answer(418, json!({}))));
    assert_eq!(route("/v1/device/clips/clip_1").unwrap().0, "/v1/device/clips/{clip}");
}
