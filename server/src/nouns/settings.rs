//! The part of the configuration that a request needs to know.

use sync_core::instant::Span;

use super::language::Language;

mod proxies;

pub use proxies::Proxies;

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
    /// Whether people reach the server over TLS, ours or a proxy's.
    pub is_secure: bool,
    /// Whose `X-Forwarded-For` is believed: the proxies in front.
    pub proxies: Proxies,
    /// How much memory the hash of a password takes, in KiB.
    pub password_memory_kib: u32,
    /// Where the practice's days begin: daily limits and quiet hours are local.
    pub zone: jiff::tz::TimeZone,
    /// The language of the words that the server itself says to clients.
    pub language: Language,
    /// How many sign-ins, and how many pairings, one address may try at once; one more every six seconds.
    pub attempts_per_address: u32,
    /// How many connections one address may have at a time.
    pub connections_per_address: u32,
    /// How many connections there are at a time, if the system lets the process have as many.
    pub connections: u32,
    /// How much memory the server has, in bytes: near it, it lets go of what it can.
    pub memory: u64,
    /// Within which time the first request's whole head must be there.
    pub head_within: Span,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8787".into(),
            clip_bytes: 64 * 1024 * 1024,
            push_contact: "mailto:operator@localhost".into(),
            allow_private_endpoints: false,
            is_secure: false,
            proxies: Proxies::default(),
            password_memory_kib: 64 * 1024,
            zone: jiff::tz::TimeZone::UTC,
            language: Language::default(),
            attempts_per_address: 20,
            connections_per_address: 256,
            connections: 8_192,
            memory: 1_024 * 1_024 * 1_024,
            head_within: Span::from_secs(20),
        }
    }
}
