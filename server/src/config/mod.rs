//! The operator's settings: one TOML file, and `REFRAIN_*` variables that override it.
//!
//! A double underscore in a variable's name is a dot: `REFRAIN_DATABASE__URL` is `database.url`. An
//! unknown setting is refused by name: if a misspelt `keys.dir` were silently ignored, the server
//! would put a key into a folder without a backup. Relative paths are meant from the folder of the
//! file. Errors name the setting and its rule, and never repeat its value, which may be a secret.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    app::AppSettings,
    domain::jobs::beginning::Said,
    keys::MasterKey,
    nouns::{
        clock::Clock,
        durable::{self, NotPrivate},
        entropy::Entropy,
        language::Language,
        settings::{Proxies, Settings},
    },
};
use written::{Written, finding};

mod urls;
mod written;

/// Variables that start like settings and are none: they are read by the command that needs them.
const NOT_SETTINGS: &[&str] = &["config", "init_password"];
/// Variables of the tests start so; a server that a test starts inherits them.
const TESTS: &str = "test_";
/// The file as `refrain init` writes it; `{push_contact}` and `{zone}` are filled in.
const TEMPLATE: &str = include_str!("template.toml");

/// A configuration that was checked.
#[derive(Clone)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where people reach the server, without a trailing slash.
    pub public_url: String,
    /// `sqlite://path` or `postgres://…`.
    pub database_url: Zeroizing<String>,
    /// Where the ciphertext of clips is kept: a folder, or `s3://bucket/prefix`.
    pub objects_url: String,
    /// The ledger's file; never beside the database's backup.
    pub ledger_path: PathBuf,
    /// The folder of the keys, which is backed up apart from the database.
    pub key_dir: PathBuf,
    /// The master key, where it does not lie in that folder but comes from a secret store.
    pub master_key: Option<Zeroizing<String>>,
    /// Which of the servers on this database this is.
    pub server: String,
    /// Where the practice's days begin.
    pub zone: jiff::tz::TimeZone,
    /// The language of the words that the server itself says to clients.
    pub language: Language,
    /// Certificate and key files; without them the server speaks plain HTTP, for a proxy that ends TLS.
    pub tls: Option<TlsFiles>,
    /// Where the built web apps lie; without it the API alone is served.
    pub web_dir: Option<PathBuf>,
    /// Web Push.
    pub push: PushConfig,
    /// The largest clip that is taken, in bytes.
    pub clip_bytes: u64,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Which records are logged, in the notation of `tracing`'s filter.
    pub log_filter: String,
    /// Whose `X-Forwarded-For` is believed: the proxies in front.
    pub proxies: Proxies,
    /// How much memory the hash of a password takes, in MiB.
    pub password_memory_mib: u32,
    /// How many sign-ins, and how many pairings, one address may try at once.
    pub attempts_per_address: u32,
    /// How many connections one address may have at a time.
    pub connections_per_address: u32,
    /// How many connections there are at a time.
    pub connections: u32,
    /// How much memory the server has, in bytes.
    pub memory: u64,
}

/// The files of a certificate.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, PEM.
    pub cert: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Web Push.
#[derive(Debug, Clone)]
pub struct PushConfig {
    /// `mailto:` or `https:` address by which push services reach the operator (RFC 8292 section 2.1).
    pub contact: String,
    /// Whether endpoints in private networks are allowed: for tests and demonstrations only.
    pub allow_private_endpoints: bool,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// Why a configuration is refused. One finding for each setting, so that they can be mended together.
#[derive(Debug, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Finding>);

/// What is wrong with one setting.
#[derive(Debug, Error)]
pub enum Finding {
    /// There is no file to read.
    #[error("{}: there is no such file; `refrain init` writes one", .0.display())]
    NoFile(PathBuf),
    /// The file is no TOML; where.
    #[error("this is not TOML: {0}")]
    NotToml(String),
    /// The file has a secret, and others can read it.
    #[error("{0}")]
    NotPrivate(#[from] NotPrivate),
    /// There is no such setting.
    #[error("{setting}: there is no such setting; known here: {known}")]
    Unknown {
        /// Its dotted name.
        setting: String,
        /// The names that are known beside it.
        known: String,
    },
    /// The setting has gone.
    #[error("{setting}: this setting has gone; {instead}")]
    Gone {
        /// Its dotted name.
        setting: String,
        /// What to write instead.
        instead: String,
    },
    /// The setting is missing or not what it should be.
    #[error("{setting}: expected {expected}")]
    Expected {
        /// Its dotted name.
        setting: String,
        /// What it should be, with an example.
        expected: String,
    },
}

impl Config {
    /// Reads the file, then the environment, and checks every setting.
    ///
    /// # Errors
    /// All findings at once; a file that is not there is one of them.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        if !path.is_file() {
            return Err(ConfigError(vec![Finding::NoFile(path.to_owned())]));
        }
        if has_secret(&Figment::from(Toml::file_exact(path))) {
            durable::check_private(path).map_err(|error| ConfigError(vec![error.into()]))?;
        }
        let settings = Env::prefixed("REFRAIN_").filter(|name| !name.starts_with(TESTS)).ignore(NOT_SETTINGS);
        let environment = settings.split("__");
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self::from_figment(&Figment::from(Toml::file_exact(path)).merge(environment), folder)
    }

    /// The file that a new installation begins with.
    #[must_use]
    pub fn template(push_contact: &str, zone: &str) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        TEMPLATE.replace("{push_contact}", &quoted(push_contact)).replace("{zone}", &quoted(zone))
    }

    /// Reads settings from TOML text alone; relative paths are meant from `folder`.
    ///
    /// # Errors
    /// All findings at once.
    pub fn parse(toml: &str, folder: &Path) -> Result<Self, ConfigError> {
        Self::from_figment(&Figment::from(Toml::string(toml)), folder)
    }

    /// What the app is opened with.
    ///
    /// # Errors
    /// A finding on `keys.master` when it is no key.
    pub fn app_settings(&self, clock: Clock, entropy: Entropy) -> Result<AppSettings, ConfigError> {
        let master_key = self.master_key.as_ref().map(|text| MasterKey::parse(text)).transpose();
        let master_key = master_key.map_err(|_| {
            let expected = "32 random bytes in base64url, 43 characters".to_owned();
            ConfigError(vec![Finding::Expected { setting: "keys.master".into(), expected }])
        })?;
        Ok(AppSettings {
            database_url: self.database_url.to_string(),
            server: self.server.clone(),
            ledger_path: self.ledger_path.clone(),
            key_dir: self.key_dir.clone(),
            master_key,
            objects_url: self.objects_url.clone(),
            clock,
            entropy,
            said: Said::default(),
            settings: Settings {
                public_url: self.public_url.clone(),
                clip_bytes: self.clip_bytes,
                push_contact: self.push.contact.clone(),
                allow_private_endpoints: self.push.allow_private_endpoints,
                is_secure: self.tls.is_some() || self.public_url.starts_with("https://"),
                proxies: self.proxies.clone(),
                password_memory_kib: self.password_memory_mib.saturating_mul(1024),
                attempts_per_address: self.attempts_per_address,
                connections_per_address: self.connections_per_address,
                connections: self.connections,
                memory: self.memory,
                zone: self.zone.clone(),
                language: self.language,
                ..Settings::default()
            },
        })
    }

    fn from_figment(figment: &Figment, folder: &Path) -> Result<Self, ConfigError> {
        let written: Written =
            figment.extract().map_err(|errors| ConfigError(errors.into_iter().map(finding).collect()))?;
        written.check(folder)
    }
}

/// Whether a file has the master key or a database's password in it.
fn has_secret(file: &Figment) -> bool {
    let has_password = |url: String| url::Url::parse(&url).is_ok_and(|url| url.password().is_some());
    file.find_value("keys.master").is_ok() || file.extract_inner("database.url").is_ok_and(has_password)
}

#[cfg(test)]
mod tests;
