//! A device's signature under its requests: HTTP Message Signatures (RFC 9421), by the words of
//! docs/protocol.md alone.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use reqwest::{
    Request,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const CHALLENGE: &str = "refrain-challenge";

/// A signing key, and the challenge that the server has sent last. A clone shares both.
#[derive(Clone)]
pub struct Signer {
    key: Arc<SigningKey>,
    challenge: Arc<Mutex<String>>,
}

impl Signer {
    /// A signer that has heard no challenge yet.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self { key: Arc::new(key), challenge: Arc::default() }
    }

    /// Takes the challenge of an answer; whether there was one.
    pub fn heard(&self, headers: &HeaderMap) -> bool {
        let Some(challenge) = headers.get(CHALLENGE).and_then(|value| value.to_str().ok()) else {
            return false;
        };
        challenge.clone_into(&mut self.challenge.lock().unwrap_or_else(PoisonError::into_inner));
        true
    }

    /// The challenge that was heard last.
    #[must_use]
    pub fn challenge(&self) -> String {
        self.challenge.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The private key as a JWK (RFC 7517), for another implementation.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let [x, y] = [1, 33].map(|at| BASE64_URL_SAFE_NO_PAD.encode(&point.as_bytes()[at..at + 32]));
        let d = BASE64_URL_SAFE_NO_PAD.encode(self.key.to_bytes());
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d })
    }

    /// The headers that sign a request with this body.
    ///
    /// # Errors
    /// Never in practice: when base64 is no header.
    pub fn headers(
        &self,
        method: &str,
        (path, query): (&str, &str),
        body: &[u8],
    ) -> anyhow::Result<[(HeaderName, HeaderValue); 3]> {
        let challenge = self.challenge.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let once = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>());
        let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(body)));
        let params = format!(
            "(\"@method\" \"@path\" \"@query\" \"content-digest\");nonce=\"{challenge}.{once}\";tag=\"refrain/request/v1\""
        );
        let base = format!(
            "\"@method\": {method}\n\"@path\": {path}\n\"@query\": ?{query}\n\"content-digest\": {digest}\n\
             \"@signature-params\": {params}"
        );
        let signature: Signature = self.key.sign(base.as_bytes());
        let signature = format!("refrain=:{}:", BASE64_STANDARD.encode(signature.to_bytes()));
        Ok([
            (HeaderName::from_static("content-digest"), HeaderValue::from_str(&digest)?),
            (
                HeaderName::from_static("signature-input"),
                HeaderValue::from_str(&format!("refrain={params}"))?,
            ),
            (HeaderName::from_static("signature"), HeaderValue::from_str(&signature)?),
        ])
    }

    /// Signs a request as it stands.
    ///
    /// # Errors
    /// As [`Signer::headers`].
    pub fn sign(&self, request: &mut Request) -> anyhow::Result<()> {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let url = request.url();
        let place = (url.path(), url.query().unwrap_or_default());
        for (name, value) in self.headers(request.method().as_str(), place, body)? {
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}
