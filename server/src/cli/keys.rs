//! The practice's keys.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use sync_core::{id::PracticeId, instant::Instant};

use super::{CliError, tell};
use crate::{
    config::Config,
    domain::{
        leases::rotations::{self, RotateError},
        records::data_keys::{self, DataKeysView},
    },
    http::wire::time::Time,
    keys::{Keys, MasterKey, PushKey},
    nouns::{clock::Clock, entropy::Entropy},
    store::{Db, practices},
};

/// How to go over to another key.
#[derive(Args)]
pub(super) struct RotateArgs {
    /// Another data key, for names, letters, notes and clips' keys. Without it: another signing key.
    #[arg(long)]
    data: bool,
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// How to look at the data keys.
#[derive(Args)]
pub(super) struct ShowArgs {
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// What a command about keys uses: the database and the key directory alone, so that it can be given while servers run.
struct Bench {
    db: Db,
    keys: Keys,
    practice: PracticeId,
    now: Instant,
}

impl Bench {
    async fn open(config: &Config) -> Result<Self, CliError> {
        let settings = config.app_settings(Clock::System, Entropy::System)?;
        let keys = open(&settings.key_dir, settings.master_key)?;
        let db = Db::open(&settings.database_url).await?;
        let mut tx = db.read().await?;
        let practice = practices::find_first(&mut tx).await?.ok_or(CliError::NotSetUp)?;
        drop(tx);
        Ok(Self { db, keys, practice, now: settings.clock.now() })
    }
}

pub(super) async fn rotate(config: &Config, args: &RotateArgs) -> Result<(), CliError> {
    let bench = Bench::open(config).await?;
    let told = match args.data {
        true => rotate_data(&bench, args.json).await,
        false => rotate_signing(config, &bench, args.json).await,
    };
    bench.db.close().await;
    tell(told?)
}

async fn rotate_signing(config: &Config, bench: &Bench, in_json: bool) -> Result<String, CliError> {
    let signs = rotations::rotate(&bench.db, &bench.keys, bench.practice, bench.now).await?;
    if in_json {
        return Ok(json!({ "kid": signs.kid, "rotations": signs.rotations }).to_string());
    }
    Ok(format!(
        "The practice signs with the key {} from now on; its devices follow by themselves.\nCopy {} into the backup of the \
         keys now: without this key no lease is given.",
        signs.kid,
        config.key_dir.display()
    ))
}

async fn rotate_data(bench: &Bench, in_json: bool) -> Result<String, CliError> {
    let new = data_keys::rotate(&bench.db, &bench.keys, bench.practice, bench.now).await?;
    if in_json {
        let seals_from = Time(new.seals_from);
        return Ok(json!({ "data_key": new.n, "seals_from": seals_from }).to_string());
    }
    Ok(format!(
        "Data key {} seals from {} on. A running server seals anew what older keys have sealed, and erases them a day \
         later.\nSee how far it is: refrain keys show\nOlder backups of the database still hold the older keys: delete those \
         backups when you can.",
        new.n,
        Time(new.seals_from).to_text()
    ))
}

/// Shows the practice's data keys. It changes nothing.
pub(super) async fn show(config: &Config, args: &ShowArgs) -> Result<(), CliError> {
    let bench = Bench::open(config).await?;
    let mut tx = bench.db.read().await?;
    let view = data_keys::view(&mut tx, bench.practice).await?;
    drop(tx);
    bench.db.close().await;
    if args.json { tell(view_in_json(&view)) } else { tell(view_in_words(&view)) }
}

fn view_in_json(view: &DataKeysView) -> Value {
    let key = |key: &data_keys::DataKeyView| json!({ "n": key.n, "made_at": Time(key.made_at), "seals_from": Time(key.seals_from) });
    json!({ "data_keys": view.keys.iter().map(key).collect::<Vec<_>>(), "left": view.left })
}

fn view_in_words(view: &DataKeysView) -> String {
    let mut text = String::new();
    for key in &view.keys {
        let [made_at, seals_from] = [key.made_at, key.seals_from].map(|at| Time(at).to_text());
        text += &format!("Data key {}: made at {made_at}, seals from {seals_from} on.\n", key.n);
    }
    text += &match (view.keys.len(), view.left) {
        (0 | 1, _) => "Everything is sealed under this key.".to_owned(),
        (_, 0) => {
            "Everything is sealed under the newest key; the older ones are erased a day after it was made."
                .to_owned()
        }
        (_, left) => format!(
            "Sealed under older keys: {left} values. A running server seals them anew, and its log names those that \
             do not open."
        ),
    };
    text
}

/// Opens the keys for a command that is given beside a running server. Only a server's start makes a master key.
pub(super) fn open(dir: &Path, configured: Option<MasterKey>) -> Result<Keys, CliError> {
    let master = configured.map_or_else(|| MasterKey::read(dir), Ok);
    let keys =
        master.and_then(|master| Keys::open(dir, master, Clock::System, Entropy::System, PushKey::IsThere));
    Ok(keys.map_err(RotateError::from)?)
}
