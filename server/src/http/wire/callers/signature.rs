//! Signed requests: HTTP Message Signatures (RFC 9421) over method, path, query and the body's
//! digest (`Content-Digest`, RFC 9530).
//!
//! ```text
//! Content-Digest:  sha-256=:…:
//! Signature-Input: refrain=("@method" "@path" "@query" "content-digest");nonce="<challenge>.<once>";tag="refrain/request/v1"
//! Signature:       refrain=:…:                       ECDSA, P-256, SHA-256, r ‖ s
//! ```
//!
//! All of this is in the head: the server knows who asks before it reads the body, and the body
//! must be the one of the digest ([`BodyDigest`]).

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use sfv::{BareItem, Dictionary, InnerList, ListEntry, ListSerializer, Parser};
use sha2::{Digest, Sha256};

use crate::{domain::credentials::proofs::Proof, nouns::Refusal};

/// Carries the challenge for a device's next request.
pub const CHALLENGE: HeaderName = HeaderName::from_static("refrain-challenge");
const INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Under which label the signature stands; others may stand beside it.
const LABEL: &str = "refrain";
/// What it is for.
const TAG: &str = "refrain/request/v1";
/// The one algorithm (RFC 9421 section 3.3.4).
const ALGORITHM: &str = "ecdsa-p256-sha256";
/// What must be signed, and nothing else.
const COMPONENTS: [&str; 4] = ["@method", "@path", "@query", "content-digest"];
/// How long challenge and chance may be together.
const NONCE_MAX: usize = 160;
/// How much chance a request has in it, at least: two alike in one moment must differ.
const CHANCE_MIN: usize = 8;

/// What the body of a signed request must be.
#[derive(Clone, Copy)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Whether this is the body that was signed.
    ///
    /// # Errors
    /// [`Refusal::SignatureInvalid`].
    pub fn check(self, body: &[u8]) -> Result<(), Refusal> {
        let is_it = <[u8; 32]>::from(Sha256::digest(body)) == self.0;
        if is_it { Ok(()) } else { Err(Refusal::SignatureInvalid) }
    }
}

/// The header of an answer that brings a challenge.
#[must_use]
pub fn challenge_header(challenge: &str) -> Option<(HeaderName, HeaderValue)> {
    HeaderValue::from_str(challenge).ok().map(|value| (CHALLENGE, value))
}

/// The head of a request, as far as it is signed.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// `@method`.
    pub method: &'a Method,
    /// `@path` and `@query`.
    pub uri: &'a Uri,
    /// With the digest, and the signature itself.
    pub headers: &'a HeaderMap,
}

/// What a request shows of its device, and what its body must be; none for one without a signature of ours.
///
/// # Errors
/// [`Refusal::SignatureInvalid`] for a signature that is not of the form above.
pub fn read(head: Head<'_>) -> Result<Option<(Proof, BodyDigest)>, Refusal> {
    if !head.headers.contains_key(INPUT) && !head.headers.contains_key(SIGNATURE) {
        return Ok(None);
    }
    read_signed(head).map(Some).ok_or(Refusal::SignatureInvalid)
}

fn read_signed(head: Head<'_>) -> Option<(Proof, BodyDigest)> {
    let headers = head.headers;
    let mut input = dictionary(headers, &INPUT)?;
    let Some(ListEntry::InnerList(list)) = input.swap_remove(LABEL) else { return None };
    let signature = byte_sequence(headers, &SIGNATURE, LABEL)?;
    let digest = byte_sequence(headers, &CONTENT_DIGEST, "sha-256")?;
    let covered: Option<Vec<_>> = list.items.iter().map(|item| item.bare_item.as_string()).collect();
    let covered: Vec<_> = covered?.into_iter().map(|name| name.as_str()).collect();
    let are_all = COMPONENTS.iter().all(|name| covered.contains(name)) && covered.len() == COMPONENTS.len();
    if !are_all || list.items.iter().any(|item| !item.params.is_empty()) {
        return None;
    }
    let text = |name: &str| list.params.get(name).and_then(BareItem::as_string).map(|text| text.as_str());
    if text("tag") != Some(TAG) || list.params.contains_key("alg") && text("alg") != Some(ALGORITHM) {
        return None;
    }
    let nonce = text("nonce").filter(|nonce| nonce.len() <= NONCE_MAX)?;
    let (challenge, chance) = nonce.split_once('.')?;
    if chance.len() < CHANCE_MIN {
        return None;
    }
    let challenge = challenge.to_owned();
    let message = base(head, &covered, &list)?;
    let proof = Proof { message, signature: signature.try_into().ok()?, challenge };
    Some((proof, BodyDigest(digest.try_into().ok()?)))
}

/// The signature base (RFC 9421 section 2.5).
fn base(head: Head<'_>, covered: &[&str], list: &InnerList) -> Option<Vec<u8>> {
    let mut base = String::new();
    for name in covered {
        let value = match *name {
            "@method" => head.method.as_str().to_owned(),
            "@path" => head.uri.path().to_owned(),
            "@query" => format!("?{}", head.uri.query().unwrap_or_default()),
            _ => joined(head.headers, &CONTENT_DIGEST)?,
        };
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    let mut members = ListSerializer::new();
    members.members([&ListEntry::InnerList(list.clone())]);
    base.push_str(&format!("\"@signature-params\": {}", members.finish()?));
    Some(base.into_bytes())
}

/// A header's lines as one (RFC 9110 section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Result<Vec<_>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
    Some(lines.ok()?.iter().map(|line| line.trim()).collect::<Vec<_>>().join(", "))
}

fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Option<Dictionary> {
    Parser::new(&joined(headers, name)?).parse().ok()
}

fn byte_sequence(headers: &HeaderMap, name: &HeaderName, label: &str) -> Option<Vec<u8>> {
    let Some(ListEntry::Item(item)) = dictionary(headers, name)?.swap_remove(label) else { return None };
    item.bare_item.as_byte_sequence().map(<[u8]>::to_vec)
}
