//! The practice's keys.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::CliError;
use crate::{
    config::Config,
    domain::leases::rotations::{self, RotateError},
    keys::{Keys, MasterKey},
    nouns::{clock::Clock, entropy::Entropy},
    store::{Db, practices},
};

/// How to go over to another key.
#[derive(Args)]
pub(super) struct RotateArgs {
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Uses the database and the key directory alone, so that it can be done while servers run.
pub(super) async fn rotate(config: &Config, args: &RotateArgs) -> Result<(), CliError> {
    let settings = config.app_settings(Clock::System, Entropy::System)?;
    let keys = open(&settings.key_dir, settings.master_key)?;
    let db = Db::open(&settings.database_url).await?;
    let mut tx = db.read().await?;
    let practice = practices::find_first(&mut tx).await?.ok_or(CliError::NotSetUp)?;
    drop(tx);
    let signs = rotations::rotate(&db, &keys, practice, settings.clock.now()).await?;
    db.close().await;
    if args.json {
        println!("{}", json!({ "kid": signs.kid, "rotations": signs.rotations }));
    } else {
        println!(
            "The practice signs with the key {} from now on; its devices follow by themselves.",
            signs.kid
        );
        println!(
            "Copy {} into the backup of the keys now: without this key no lease is given.",
            config.key_dir.display()
        );
    }
    Ok(())
}

/// Opens the keys for a command that is given beside a running server. Only a server's start makes a master key.
pub(super) fn open(dir: &Path, configured: Option<MasterKey>) -> Result<Keys, CliError> {
    let master = configured.map_or_else(|| MasterKey::read(dir), Ok);
    let keys = master.and_then(|master| Keys::open(dir, master, Entropy::System));
    Ok(keys.map_err(RotateError::from)?)
}
