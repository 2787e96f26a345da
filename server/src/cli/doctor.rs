//! `refrain doctor`: a look at everything that a server stands on, beside a running server or without one. It changes
//! nothing but an object of the proof, which it deletes.

use std::path::Path;

use clap::Args;
use serde_json::json;
use sync_core::instant::{Instant, Span};

use super::{CliError, tell};
use crate::{
    config::{Config, LogFormat},
    disks,
    keys::MasterKey,
    ledger,
    nouns::{clock::Clock, durable, entropy::Entropy},
    objects::Objects,
    serve::expiry,
    store::probe::{self, Found, Tables},
};

/// How to answer.
#[derive(Args)]
pub(super) struct DoctorArgs {
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// How far clocks may be apart.
const APART: Span = Span::from_secs(60);

/// A part, and how it is: well, or not, with the fix.
struct Finding {
    part: &'static str,
    is_well: bool,
    says: String,
}

impl Finding {
    fn of(part: &'static str, found: Result<String, String>) -> Self {
        let is_well = found.is_ok();
        Self { part, is_well, says: found.unwrap_or_else(|says| says) }
    }
}

/// Looks at every part and says what is wrong with it.
///
/// # Errors
/// [`CliError::NotWell`] if anything is.
pub(super) async fn examine(path: &Path, args: &DoctorArgs) -> Result<(), CliError> {
    let findings = match Config::load(path) {
        Ok(config) => look(&config).await,
        // Each wrong setting is a line of its own.
        Err(error) => {
            let wrong = error.0.iter().map(|one| Finding::of("configuration", Err(one.to_string())));
            wrong.collect()
        }
    };
    let are_well = findings.iter().all(|finding| finding.is_well);
    if args.json {
        let findings = findings
            .iter()
            .map(|finding| json!({ "part": finding.part, "is_well": finding.is_well, "says": finding.says }));
        tell(json!({ "is_well": are_well, "findings": findings.collect::<Vec<_>>() }))?;
    } else {
        for Finding { part, is_well, says } in &findings {
            tell(format_args!("{}  {part}: {says}", if *is_well { "well " } else { "WRONG" }))?;
        }
    }
    if are_well { Ok(()) } else { Err(CliError::NotWell) }
}

async fn look(config: &Config) -> Vec<Finding> {
    let now = Clock::System.now();
    let database = probe::look(&config.database_url).await;
    let found = database.as_ref().ok().copied();
    let database = database.map(|found| in_words(found.tables).to_owned()).map_err(|error| error.to_string());
    vec![
        Finding::of("configuration", Ok("each setting is as it should be".into())),
        Finding::of("database", database),
        Finding::of("clock", clock(found, now)),
        Finding::of("objects", objects(config).await),
        Finding::of("ledger", the_ledger(config)),
        Finding::of("keys", keys(config)),
        Finding::of("disks", room(config)),
        Finding::of("certificate", certificate(config, now)),
        Finding::of("push", Ok("push services reach you at push.contact".into())),
        Finding::of("proxies", Ok(proxies(config).into())),
        Finding::of("log", Ok(log(config).into())),
    ]
}

const fn in_words(tables: Tables) -> &'static str {
    match tables {
        Tables::None => "it answers, and has no tables yet: `refrain init`, or the first start, makes them",
        Tables::Older => "it answers; the next start brings its tables up to date",
        Tables::Level => "it answers, and its tables are of this version",
    }
}

fn clock(found: Option<Found>, now: Instant) -> Result<String, String> {
    let Some(found) = found else { return Ok("not compared: the database does not answer".into()) };
    if found.newest.is_some_and(|newest| newest > now + APART) {
        return Err("it is behind the audit: let a time server keep this computer's clock".into());
    }
    match found.clock {
        Some(theirs) if theirs > now + APART || now > theirs + APART => {
            Err("it is not the database's: let a time server keep both".into())
        }
        Some(_) => Ok("it agrees with the database's".into()),
        None => Ok("it is not behind the audit".into()),
    }
}

async fn objects(config: &Config) -> Result<String, String> {
    let objects = Objects::open(&config.objects_url).map_err(|error| error.to_string())?;
    objects.prove(&Entropy::System).await.map_err(|error| error.to_string())?;
    Ok("it keeps what it is given, writes over nothing, and lets go of what is deleted".into())
}

fn the_ledger(config: &Config) -> Result<String, String> {
    let path = &config.ledger_path;
    if !path.exists() {
        let folder = path.parent().filter(|folder| folder.is_dir());
        return match folder {
            Some(_) => Ok("it is not there yet: the first start makes it".into()),
            None => Err("ledger.path: its folder is not there".into()),
        };
    }
    let marks = ledger::marks(path).map_err(|error| error.to_string())?;
    if is_beside(path, &config.database_url) {
        return Err(
            "it is whole, and in the folder of the database: keep it on another disk, or a restore of both proves nothing".into(),
        );
    }
    Ok(format!("it is whole; marks: {}", marks.len()))
}

/// Whether the ledger lies in the folder of an SQLite database.
fn is_beside(ledger: &Path, database_url: &str) -> bool {
    let database = database_url.strip_prefix("sqlite://").map(Path::new);
    database.is_some_and(|database| database.parent() == ledger.parent())
}

fn keys(config: &Config) -> Result<String, String> {
    let master = match &config.master_key {
        Some(text) => MasterKey::parse(text),
        None => MasterKey::read(&config.key_dir),
    };
    master
        .map(drop)
        .map_err(|error| format!("{error}; run `refrain init`, or put keys.dir back from its backup"))?;
    let files = std::fs::read_dir(&config.key_dir).map_err(|error| format!("keys.dir: {}", error.kind()))?;
    for file in files.flatten() {
        durable::check_private(&file.path()).map_err(|error| error.to_string())?;
    }
    if !config.key_dir.join("vapid.key").exists() {
        return Err("keys.dir: vapid.key is not there; put it back from the backup of the keys".into());
    }
    Ok("they are there, and their owner alone can read them".into())
}

fn room(config: &Config) -> Result<String, String> {
    let sqlite = config.database_url.strip_prefix("sqlite://").map(Path::new);
    let folders = [sqlite.and_then(Path::parent), config.ledger_path.parent()];
    let rooms = folders.into_iter().flatten().filter_map(disks::room);
    let mut fills = false;
    for room in rooms {
        if room.is_short() {
            return Err("a disk of database or ledger is full: no lease is given until there is room".into());
        }
        fills |= room.fills();
    }
    if fills { Err("a disk of database or ledger is nearly full".into()) } else { Ok("there is room".into()) }
}

fn certificate(config: &Config, now: Instant) -> Result<String, String> {
    let Some(files) = &config.tls else { return Ok("none: a proxy in front speaks TLS".into()) };
    let ends_at = expiry::ends_at(&files.cert).map_err(|error| format!("tls.cert: {}", error.kind()))?;
    match expiry::days_to_tell(ends_at, now) {
        Some(0) => Err("tls.cert: the certificate ends today, or has ended".into()),
        Some(days) => Err(format!("tls.cert: the certificate ends in {days} days")),
        None => Ok("it lasts for a month or longer".into()),
    }
}

fn proxies(config: &Config) -> &'static str {
    match (config.proxies.is_empty(), config.tls.is_some()) {
        (false, _) => "X-Forwarded-For is believed from proxy.trusted alone",
        (true, true) => "none: the server speaks TLS itself",
        (true, false) => "none is trusted: behind a proxy all people would count as one address",
    }
}

const fn log(config: &Config) -> &'static str {
    match config.log_format {
        LogFormat::Json => "JSON, one record a line, on standard output",
        LogFormat::Text => "text, on standard output",
    }
}
