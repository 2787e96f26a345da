//! The one text that is ever pushed.

use web_push_native::{Auth, encrypt};

use super::Subscription;
use crate::nouns::language::Language;

/// How long the text is before it is encrypted, in bytes. With what encryption adds it stays far below the 4,096 that
/// every push service takes (RFC 8030 section 7.2).
const LEN: usize = 1_024;

/// The text of every push. The companion says the same words (`web/companion/src/strings/always.ts`).
const fn text(language: Language) -> &'static str {
    match language {
        Language::En => "There is something new to see",
        Language::De => "Es gibt etwas Neues zu sehen",
    }
}

/// The wake-up in the Declarative Web Push form: a browser that runs no script shows it as it is.
///
/// The same bytes go to every device for every reason, so that neither their length nor a push service that could read
/// them would tell what happened.
#[derive(Clone)]
pub struct WakeUpText(Vec<u8>);

/// The text could not be encrypted for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotEncrypted;

impl WakeUpText {
    /// Makes the text in the practice's language; opening it leads to `public_url`.
    #[must_use]
    pub fn new(public_url: &str, language: Language) -> Self {
        let navigate = format!("{public_url}/");
        let text = serde_json::json!({
            "web_push": 8030,
            "notification": { "title": text(language), "navigate": navigate },
        });
        let mut text = text.to_string().into_bytes();
        text.resize(text.len().next_multiple_of(LEN), b' ');
        Self(text)
    }

    /// The text itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Encrypts the text for one device (RFC 8291): a body of `Content-Encoding: aes128gcm`.
    ///
    /// Its randomness is the operating system's: the crate draws salt and key pair itself.
    ///
    /// # Errors
    /// [`NotEncrypted`], which no key that [`Subscription::new`] takes gives.
    pub fn encrypt_for(&self, subscription: &Subscription) -> Result<Vec<u8>, NotEncrypted> {
        let auth = Auth::from(*subscription.auth());
        encrypt(self.0.clone(), subscription.key(), &auth).map_err(|_| NotEncrypted)
    }
}

#[cfg(test)]
mod tests {
    use web_push_native::{decrypt, p256::SecretKey};

    use sync_core::vocabulary::Vocabulary;

    use super::*;
    use crate::push::Endpoint;

    fn device(seed: u8) -> (Subscription, SecretKey) {
        use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;
        let secret = SecretKey::from_slice(&[seed; 32]).unwrap();
        let point = secret.public_key().to_encoded_point(false);
        let endpoint = Endpoint::parse("https://push.example/x", false).unwrap();
        (Subscription::new(endpoint, point.as_bytes(), &[seed; 16]).unwrap(), secret)
    }

    #[test]
    fn every_device_gets_the_same_text_in_the_same_length() {
        let text = WakeUpText::new("https://refrain.example", Language::En);
        for seed in [1, 2] {
            let (subscription, secret) = device(seed);
            let body = text.encrypt_for(&subscription).unwrap();
            assert_eq!(body.len(), 86 + LEN + 17);
            assert_eq!(decrypt(body, &secret, &Auth::from([seed; 16])).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn the_text_is_a_declarative_push_that_says_nothing() {
        let text = WakeUpText::new("https://refrain.example", Language::En);
        let json: serde_json::Value = serde_json::from_slice(text.as_bytes()).unwrap();
        let wanted = serde_json::json!({
            "web_push": 8030,
            "notification": {
                "title": "There is something new to see",
                "navigate": "https://refrain.example/",
            },
        });
        assert_eq!(json, wanted);
    }

    #[test]
    fn the_push_says_what_the_companion_says_in_each_language() {
        let words = include_str!("../../../web/companion/src/strings/always.ts");
        for language in Language::all() {
            assert!(words.contains(text(language)), "{}", text(language));
        }
    }
}
