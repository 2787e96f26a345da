use std::collections::{BTreeMap, BTreeSet};
use sync_core::vocabulary::Vocabulary;

use serde_json::Value;
use strum::VariantArray;

use super::text;
use crate::http::{codes::Code, router::document};

fn kept() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[test]
fn the_kept_document_is_the_served_one() {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json"));
    assert!(kept.is_ok_and(|kept| kept == text(&document())), "run: cargo xtask openapi");
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let (document, mut names) = (kept(), BTreeMap::new());
    for (place, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(name.contains('_') || name == "revoke", "{place}: {name} says little");
        assert_eq!(names.insert(name, place.clone()), None, "{place}");
    }
}

#[test]
fn every_answer_is_described_and_every_refusal_has_its_codes() {
    let document = kept();
    let mut told = BTreeSet::new();
    for (place, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let answer = match answer["$ref"].as_str() {
                Some(to) => document.pointer(to.trim_start_matches('#')).unwrap(),
                None => answer,
            };
            assert!(
                answer["description"].as_str().is_some_and(|words| !words.is_empty()),
                "{place} {status}"
            );
            if let Some(problem) = answer["content"].get("application/problem+json") {
                for word in problem["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array().unwrap() {
                    let code = Code::parse(word.as_str().unwrap()).unwrap();
                    assert_eq!(code.status().as_str(), status, "{place}: {code:?}");
                    told.insert(code);
                }
            } else {
                assert!(status.as_str() < "400", "{place} {status} has no problem document");
            }
        }
    }
    // These two come where no operation is.
    let nowhere = BTreeSet::from([Code::NoSuchRoute, Code::MethodNotAllowed]);
    let all: BTreeSet<_> = Code::VARIANTS.iter().copied().collect();
    assert_eq!(all.difference(&told).copied().collect::<BTreeSet<_>>(), nowhere);
}

#[test]
fn a_caller_who_needs_a_token_is_told_so() {
    let document = kept();
    for (place, operation) in operations(&document) {
        let open = operation.get("security").is_some_and(|needed| needed == &serde_json::json!([{}]));
        let by_ticket = place == "get /v1/sync/{ticket}";
        let signs_in = place == "post /v1/sign-in";
        let has_401 = operation["responses"].get("401").is_some();
        assert_eq!(has_401, !open || by_ticket || signs_in, "{place}");
    }
}

#[test]
fn every_request_refuses_fields_that_it_does_not_know() {
    let document = kept();
    let requests: Vec<_> = operations(&document)
        .into_iter()
        .filter_map(|(_, operation)| {
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
        })
        .collect();
    assert!(requests.len() > 20);
    let at = |to: &str| document.pointer(to.trim_start_matches('#')).unwrap();
    let mut waiting: Vec<_> = requests.iter().map(|to| (at(to), false)).collect();
    while let Some((schema, is_variant)) = waiting.pop() {
        // A variant is an object of one field, and serde takes no second one.
        if schema.get("properties").is_some() && !is_variant {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            match value {
                Value::String(to) if key == "$ref" => waiting.push((at(to), false)),
                Value::Object(_) => waiting.push((value, false)),
                Value::Array(items) => {
                    let schemas = items.iter().filter(|item| item.is_object());
                    waiting.extend(schemas.map(|item| (item, key == "oneOf")));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_bounds_that_the_document_names_are_those_of_the_rules() {
    use crate::{
        domain::{
            desk::{casebook, readings},
            people::{forms, recordings},
        },
        nouns::words,
    };
    use sync_core::device::{MAX_HANDED_BACK, MAX_NAMED, MAX_RECEIPTS, MAX_RESTRICTIONS};
    let document = kept();
    let most = |schema: &str, field: &str| {
        let field = &document["components"]["schemas"][schema]["properties"][field];
        field.get("maxItems").or_else(|| field.get("maxLength")).and_then(Value::as_u64)
    };
    for (schema, field, rule) in [
        ("LeaseRequest", "holding", MAX_NAMED),
        ("LeaseRequest", "removed", MAX_NAMED),
        ("LeaseRequest", "denials", MAX_HANDED_BACK),
        ("ReceiptsRequest", "receipts", MAX_RECEIPTS),
        ("RestrictionsRequest", "entries", MAX_RESTRICTIONS),
        ("NewFormRequest", "paragraphs", forms::PARAGRAPHS_MAX),
        ("NewRecordingRequest", "participants", recordings::PARTICIPANTS_MAX),
        ("ReadingsRequest", "letters", readings::LETTERS_MAX),
        ("ObservationRequest", "releases", casebook::MAX_RELEASES),
        ("NewClientRequest", "name", words::NAME_MAX),
        ("PairRequest", "name", words::NAME_MAX),
        ("UploadRequest", "title", words::NAME_MAX),
    ] {
        assert_eq!(most(schema, field), Some(rule as u64), "{schema}.{field}");
    }
}
