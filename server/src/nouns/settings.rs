//! The part of the configuration that a request needs to know.

use super::language::Language;

/// Limits and addresses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the server, without a trailing slash.
    pub public_url: String,
    /// The largest clip that is taken, in bytes.
    pub clip_bytes: u64,
    /// How push services reach the operator (RFC 8292 section 2.1).
    pub push_contact: String,
    /// Whether push endpoints in private networks are allowed: for tests and demonstrations only.
    pub allow_private_endpoints: bool,
    /// Whether the last address of `X-Forwarded-For` is believed: only behind a proxy that sets it.
    pub trust_forwarded_for: bool,
    /// Where the practice's days begin: daily limits and quiet hours are local.
    pub zone: jiff::tz::TimeZone,
    /// The language of the words that the server itself says to clients.
    pub language: Language,
    /// How many sign-ins, and how many pairings, one address may try at once; one more every six seconds.
    pub attempts_per_address: u32,
    /// How many connections one address may have at a time.
    pub connections_per_address: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8787".into(),
            clip_bytes: 64 * 1024 * 1024,
            push_contact: "mailto:operator@localhost".into(),
            allow_private_endpoints: false,
            trust_forwarded_for: false,
            zone: jiff::tz::TimeZone::UTC,
            language: Language::default(),
            attempts_per_address: 20,
            connections_per_address: 256,
        }
    }
}
