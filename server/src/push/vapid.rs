//! The sender of pushes: a token for each push service, signed once an hour (RFC 8292).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use sync_core::instant::Instant;

use crate::keys::VapidKey;

const HOUR_MS: i64 = 3_600_000;
/// How long a token is valid after its hour began. Push services refuse more than 24 hours.
const VALID_HOURS: i64 = 12;
/// More push services than there are; endpoints are callers' URLs, and must not fill the memory.
const ORIGINS_MAX: usize = 64;

/// The tokens of this hour.
#[derive(Default)]
pub struct Tokens {
    by_origin: Mutex<HashMap<String, Token>>,
}

struct Token {
    hour: i64,
    header: String,
}

impl Tokens {
    /// The `Authorization` header for a push service: signed at the first push of an hour, then reused.
    #[must_use]
    pub fn authorization(&self, key: &VapidKey, origin: &str, contact: &str, now: Instant) -> String {
        let hour = now.as_millis().div_euclid(HOUR_MS);
        let mut tokens = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(origin).filter(|token| token.hour == hour) {
            return token.header.clone();
        }
        if tokens.len() >= ORIGINS_MAX {
            tokens.clear();
        }
        let header = sign(key, origin, contact, (hour + VALID_HOURS) * HOUR_MS / 1_000);
        tokens.insert(origin.to_owned(), Token { hour, header: header.clone() });
        header
    }
}

/// A JSON Web Token in its compact form (RFC 7515 section 3.1), written out here because the key does not leave its
/// file's keeper, and a token library wants the key itself.
fn sign(key: &VapidKey, audience: &str, contact: &str, expires_at_secs: i64) -> String {
    let header = BASE64_URL_SAFE_NO_PAD.encode(json!({ "typ": "JWT", "alg": "ES256" }).to_string());
    let claims = json!({ "aud": audience, "exp": expires_at_secs, "sub": contact });
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let signed = format!("{header}.{claims}");
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    let public = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    format!("vapid t={signed}.{signature}, k={public}")
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    use serde_json::Value;
    use sync_core::instant::Span;

    use super::*;
    use crate::{
        keys::{Keys, MasterKey},
        nouns::entropy::Entropy,
    };

    const NOON: Instant = Instant::from_millis(1_900_000_800_000);
    const CONTACT: &str = "mailto:it@practice.example";

    fn keys(dir: &tempfile::TempDir) -> Keys {
        let entropy = Entropy::System;
        let master = MasterKey::create(dir.path(), &entropy).unwrap();
        Keys::open(
            dir.path(),
            master,
            crate::nouns::clock::Clock::System,
            entropy,
            crate::keys::PushKey::MayBeMade,
        )
        .unwrap()
    }

    #[test]
    fn a_token_says_who_sends_to_whom_and_until_when() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys(&dir);
        let header = Tokens::default().authorization(keys.vapid(), "https://push.example", CONTACT, NOON);
        let (token, public) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let point = BASE64_URL_SAFE_NO_PAD.decode(public).unwrap();
        assert_eq!(point, keys.vapid().public_key());

        let coordinate = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let key =
            DecodingKey::from_ec_components(&coordinate(&point[1..33]), &coordinate(&point[33..])).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&["https://push.example"]);
        let claims = decode::<Value>(token, &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], CONTACT);
        let left = claims["exp"].as_i64().unwrap() - NOON.as_millis() / 1_000;
        assert!((1..=24 * 3_600).contains(&left), "{left} seconds");
    }

    #[test]
    fn one_token_serves_each_push_service_for_an_hour() {
        let dir = tempfile::tempdir().unwrap();
        let (keys, tokens) = (keys(&dir), Tokens::default());
        let at = |origin, now| tokens.authorization(keys.vapid(), origin, CONTACT, now);
        let first = at("https://push.example", NOON);
        assert_eq!(at("https://push.example", NOON + Span::from_mins(1)), first);
        assert_ne!(at("https://other.example", NOON), first);
        assert_ne!(at("https://push.example", NOON + Span::from_hours(1)), first);
    }

    #[test]
    fn callers_endpoints_cannot_fill_the_memory() {
        let dir = tempfile::tempdir().unwrap();
        let (keys, tokens) = (keys(&dir), Tokens::default());
        for n in 0..3 * ORIGINS_MAX {
            let _ = tokens.authorization(keys.vapid(), &format!("https://{n}.example"), CONTACT, NOON);
        }
        assert!(tokens.by_origin.lock().unwrap().len() <= ORIGINS_MAX);
    }
}
