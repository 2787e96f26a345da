//! The settings as they are written, with their defaults, and how they are checked.

use std::{net::SocketAddr, path::Path};
use sync_core::vocabulary::Vocabulary;

use figment::error::Kind;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::urls::{database_url, objects_url, public_url, push_contact};
use super::{Config, ConfigError, Finding, LogFormat, PushConfig, TlsFiles};
use crate::nouns::{language::Language, settings::Proxies};

/// The settings before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    listen: String,
    public_url: String,
    server: String,
    zone: String,
    language: String,
    database: WrittenUrl,
    objects: WrittenUrl,
    ledger: WrittenPath,
    keys: WrittenKeys,
    tls: WrittenTls,
    web: WrittenWeb,
    push: WrittenPush,
    limits: WrittenLimits,
    log: WrittenLog,
    proxy: WrittenProxy,
    passwords: WrittenPasswords,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenUrl {
    url: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenPath {
    path: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenKeys {
    dir: Option<String>,
    master: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenTls {
    cert: Option<String>,
    key: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenWeb {
    dir: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenPush {
    contact: String,
    allow_private_endpoints: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenLimits {
    clip_bytes: u64,
    attempts_per_address: u32,
    connections_per_address: u32,
    connections: u32,
    memory_mib: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenLog {
    format: String,
    filter: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct WrittenProxy {
    /// Addresses and prefixes; an empty list says that there is no proxy.
    trusted: Option<Vec<String>>,
    /// The flag before there were addresses: known, so that its reader is told the new name.
    trust_forwarded_for: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenPasswords {
    memory_mib: u32,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8787".into(),
            public_url: String::new(),
            server: "main".into(),
            zone: "UTC".into(),
            language: "en".into(),
            database: WrittenUrl::default(),
            objects: WrittenUrl::default(),
            ledger: WrittenPath::default(),
            keys: WrittenKeys::default(),
            tls: WrittenTls::default(),
            web: WrittenWeb::default(),
            push: WrittenPush::default(),
            limits: WrittenLimits::default(),
            log: WrittenLog::default(),
            proxy: WrittenProxy::default(),
            passwords: WrittenPasswords::default(),
        }
    }
}

impl Default for WrittenPasswords {
    fn default() -> Self {
        Self { memory_mib: 64 }
    }
}

impl Default for WrittenLimits {
    fn default() -> Self {
        Self {
            clip_bytes: 64 * 1024 * 1024,
            attempts_per_address: 20,
            connections_per_address: 256,
            connections: 8_192,
            memory_mib: 1_024,
        }
    }
}

impl Default for WrittenLog {
    fn default() -> Self {
        Self { format: "json".into(), filter: "info".into() }
    }
}

impl Written {
    pub(super) fn check(self, folder: &Path) -> Result<Config, ConfigError> {
        let mut findings = Findings(Vec::new());
        let listen = findings.take(
            "listen",
            "an address and a port, such as \"127.0.0.1:8787\"",
            self.listen.parse().ok(),
        );
        let public_url = findings.take(
            "public_url",
            "the https:// address that people open, such as \"https://refrain.example\" (http:// for localhost only)",
            public_url(&self.public_url),
        );
        let database_url = findings.take(
            "database.url",
            "\"sqlite://\" and a file, or \"postgres://user@host/database\"",
            database_url(self.database.url, folder),
        );
        let objects_url = findings.take(
            "objects.url",
            "\"file://\" and a folder, or \"s3://bucket/prefix\"",
            objects_url(&self.objects.url, folder),
        );
        let ledger_path = findings.take(
            "ledger.path",
            "a file on another disk than the database's backup, such as \"ledger/refrain.ledger\"",
            (!self.ledger.path.is_empty()).then(|| folder.join(&self.ledger.path)),
        );
        let key_dir = findings.take(
            "keys.dir",
            "a folder that is backed up apart from the database, such as \"keys\"",
            self.keys.dir.filter(|dir| !dir.is_empty()).map(|dir| folder.join(dir)),
        );
        let server = findings.take(
            "server",
            "a name of letters, digits and dashes, another one for each server on the same database",
            (!self.server.is_empty() && self.server.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
                .then_some(self.server),
        );
        let language = findings.take("language", "\"en\" or \"de\"", Language::parse(&self.language));
        let zone = findings.take(
            "zone",
            "a time zone of the IANA database, such as \"Europe/Berlin\"",
            jiff::tz::TimeZone::get(&self.zone).ok(),
        );
        let tls = findings.take(
            "tls",
            "both tls.cert and tls.key (PEM files), or neither",
            match (self.tls.cert, self.tls.key) {
                (Some(cert), Some(key)) => {
                    Some(Some(TlsFiles { cert: folder.join(cert), key: folder.join(key) }))
                }
                (None, None) => Some(None),
                _ => None,
            },
        );
        let contact = findings.take(
            "push.contact",
            "one mailto: or https: address at a domain of the internet, such as \"mailto:it@practice.example\": Apple's \
             push service refuses every push with another",
            push_contact(&self.push.contact).then_some(self.push.contact),
        );
        let clip_bytes = findings.take(
            "limits.clip_bytes",
            "a number of bytes from 65536 to 1073741824",
            (65_536..=1_073_741_824).contains(&self.limits.clip_bytes).then_some(self.limits.clip_bytes),
        );
        // A limit of 0 would refuse everybody, and says so nowhere.
        let limits = &self.limits;
        for (setting, limit) in [
            ("limits.attempts_per_address", limits.attempts_per_address),
            ("limits.connections_per_address", limits.connections_per_address),
            ("limits.connections", limits.connections),
        ] {
            findings.take(
                setting,
                "a number from 1 to 1000000",
                (1..=1_000_000).contains(&limit).then_some(()),
            );
        }
        findings.take(
            "limits.memory_mib",
            "a number of mebibytes from 256 to 1048576",
            (256..=1_048_576).contains(&limits.memory_mib).then_some(()),
        );
        let log_format = findings.take(
            "log.format",
            "\"json\" or \"text\"",
            match self.log.format.as_str() {
                "json" => Some(LogFormat::Json),
                "text" => Some(LogFormat::Text),
                _ => None,
            },
        );
        let log_filter = findings.take(
            "log.filter",
            "a filter such as \"info\" or \"info,refrain=debug\"",
            self.log.filter.parse::<tracing_subscriber::filter::Targets>().is_ok().then_some(self.log.filter),
        );
        let password_memory_mib = findings.take(
            "passwords.memory_mib",
            "a number of mebibytes from 19 to 1024",
            (19..=1_024).contains(&self.passwords.memory_mib).then_some(self.passwords.memory_mib),
        );
        let is_ambiguous = listen.as_ref().is_some_and(|listen: &SocketAddr| listen.ip().is_loopback())
            && public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
            && matches!(tls, Some(None));
        let proxies = self.proxy.check(&mut findings, is_ambiguous);
        let (
            Some(listen),
            Some(public_url),
            Some(database_url),
            Some(objects_url),
            Some(ledger_path),
            Some(key_dir),
            Some(server),
            Some(zone),
            Some(language),
            Some(tls),
            Some(contact),
            Some(clip_bytes),
            Some(log_format),
            Some(log_filter),
            Some(password_memory_mib),
            Some(proxies),
        ) = (
            listen,
            public_url,
            database_url,
            objects_url,
            ledger_path,
            key_dir,
            server,
            zone,
            language,
            tls,
            contact,
            clip_bytes,
            log_format,
            log_filter,
            password_memory_mib,
            proxies,
        )
        else {
            return Err(ConfigError(findings.0));
        };
        if !findings.0.is_empty() {
            return Err(ConfigError(findings.0));
        }
        let push = PushConfig { contact, allow_private_endpoints: self.push.allow_private_endpoints };
        Ok(Config {
            listen,
            public_url,
            database_url,
            objects_url,
            ledger_path,
            key_dir,
            master_key: self.keys.master.map(Zeroizing::new),
            server,
            zone,
            language,
            tls,
            // Whether they are there is found out by who serves them: other commands need no apps.
            web_dir: self.web.dir.filter(|dir| !dir.is_empty()).map(|dir| folder.join(dir)),
            push,
            clip_bytes,
            log_format,
            log_filter,
            proxies,
            password_memory_mib,
            attempts_per_address: self.limits.attempts_per_address,
            connections_per_address: self.limits.connections_per_address,
            connections: self.limits.connections,
            memory: self.limits.memory_mib.saturating_mul(1_024 * 1_024),
        })
    }
}

impl WrittenProxy {
    /// Without a word on proxies, a server that seems to stand behind one would count all people as one address.
    fn check(self, findings: &mut Findings, is_ambiguous: bool) -> Option<Proxies> {
        if self.trust_forwarded_for.is_some() {
            findings.0.push(Finding::Gone {
                setting: "proxy.trust_forwarded_for".into(),
                instead: "name the proxy's addresses instead, such as proxy.trusted = [\"127.0.0.1\"]".into(),
            });
            return None;
        }
        let expected = if is_ambiguous {
            "the addresses of the proxy that speaks TLS for public_url, such as [\"127.0.0.1\"], because tls.cert is not \
             set and the server listens on this computer alone; or [] if there is none"
        } else {
            "a list of addresses or networks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]"
        };
        let trusted = if is_ambiguous { self.trusted } else { Some(self.trusted.unwrap_or_default()) };
        findings.take("proxy.trusted", expected, trusted.and_then(|texts| Proxies::parse(&texts)))
    }
}

struct Findings(Vec<Finding>);

impl Findings {
    fn take<T>(&mut self, setting: &str, expected: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0.push(Finding::Expected { setting: setting.into(), expected: expected.into() });
        }
        value
    }
}

/// Says what figment found without repeating a value, which may be the master key.
pub(super) fn finding(error: figment::Error) -> Finding {
    let at = |last: Option<&str>| {
        let mut path: Vec<&str> = error.path.iter().map(String::as_str).collect();
        if let Some(last) = last
            && path.last() != Some(&last)
        {
            path.push(last);
        }
        path.join(".")
    };
    match &error.kind {
        Kind::UnknownField(name, known) => {
            Finding::Unknown { setting: at(Some(name)), known: known.join(", ") }
        }
        Kind::InvalidType(_, expected)
        | Kind::InvalidValue(_, expected)
        | Kind::InvalidLength(_, expected) => {
            Finding::Expected { setting: at(None), expected: expected.clone() }
        }
        Kind::MissingField(name) => Finding::Expected { setting: at(Some(name)), expected: "a value".into() },
        Kind::ISizeOutOfRange(_) | Kind::USizeOutOfRange(_) => {
            Finding::Expected { setting: at(None), expected: "a smaller number".into() }
        }
        // The parser quotes the line below its first line of text: only the place may be repeated.
        Kind::Message(text) if error.path.is_empty() => {
            Finding::NotToml(text.lines().next().unwrap_or_default().to_owned())
        }
        Kind::Message(_)
        | Kind::UnknownVariant(..)
        | Kind::DuplicateField(_)
        | Kind::Unsupported(_)
        | Kind::UnsupportedKey(..) => {
            Finding::Expected { setting: at(None), expected: "a setting in TOML".into() }
        }
    }
}
