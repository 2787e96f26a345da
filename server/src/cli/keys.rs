//! The practice's keys.

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
    let master = settings.master_key.map_or_else(|| MasterKey::read(&settings.key_dir), Ok);
    let keys = master.and_then(|master| Keys::open(&settings.key_dir, master, settings.entropy.clone()));
    let keys = keys.map_err(RotateError::from)?;
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
