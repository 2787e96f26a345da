//! The audit, beside a running server: it reads the database, the ledger and the keys, and writes nothing.

use clap::Args;
use serde_json::{Value, json};

use super::{CliError, keys, tell};
use crate::{
    config::Config,
    domain::{
        leases::rotations::RotateError,
        records::audit::{self, VerifyError, verification::Verified},
    },
    ledger,
    nouns::{clock::Clock, entropy::Entropy},
    store::{Db, practices},
};

/// How to verify the audit.
#[derive(Args)]
pub(super) struct VerifyArgs {
    /// Answers in JSON, for scripts.
    #[arg(long)]
    json: bool,
}

/// Verifies the practice's audit by its key, and against each mark of this server's ledger.
pub(super) async fn verify(config: &Config, args: &VerifyArgs) -> Result<(), CliError> {
    let settings = config.app_settings(Clock::System, Entropy::System)?;
    let keys = keys::open(&settings.key_dir, settings.master_key)?;
    // Before the database: a mark that comes meanwhile would be ahead of what is read there.
    let marks = ledger::marks(&settings.ledger_path)?;
    let db = Db::open(&settings.database_url).await?;
    let mut tx = db.snapshot().await?;
    let practice = practices::find_first(&mut tx).await?.ok_or(CliError::NotSetUp)?;
    // Another master key than the database's would make every entry look changed.
    keys.practice(&mut tx, practice).await.map_err(RotateError::from)?;
    let verified = audit::verify(&mut tx, &keys.audit_key(), practice, &marks).await;
    drop(tx);
    db.close().await;
    if args.json {
        tell(in_json(&verified))?;
    } else if let Ok(verified) = &verified {
        tell(in_words(verified).trim_end())?;
    }
    Ok(verified.map(drop)?)
}

fn in_words(verified: &Verified) -> String {
    let Verified { chain, marks, older_marks, lost } = verified;
    let mut text = format!("The audit is unbroken: {} entries, head {}.\n", chain.entries, hex(&chain.head));
    text += &match marks {
        0 => "No mark of the ledger vouches for it yet: a server leaves one every few minutes.\n".to_owned(),
        marks => format!("The ledger's marks ({marks}) vouch for it.\n"),
    };
    if *older_marks > 0 {
        text += &format!("Older marks ({older_marks}) say nothing of the audit.\n");
    }
    if chain.keyed_after > 0 {
        text += &format!("Entries 1 to {} are from before the audit had a key.\n", chain.keyed_after);
    }
    for lost in lost {
        text += &format!(
            "Entries {} to {} were lost in a restore, perhaps more ({}).\n",
            lost.from, lost.to, lost.incarnation
        );
    }
    text
}

fn in_json(verified: &Result<Verified, VerifyError>) -> Value {
    let (problem, entry, line) = match verified {
        Ok(Verified { chain, marks, older_marks, lost }) => {
            let lost = lost.iter().map(
                |lost| json!({ "from": lost.from, "to": lost.to, "incarnation": lost.incarnation.to_string() }),
            );
            return json!({
                "unbroken": true,
                "entries": chain.entries,
                "head": hex(&chain.head),
                "keyed_after": chain.keyed_after,
                "marks": marks,
                "older_marks": older_marks,
                "lost_in_restores": lost.collect::<Vec<_>>(),
            });
        }
        Err(VerifyError::Changed { seq }) => ("changed", Some(*seq), None),
        Err(VerifyError::Missing { seq }) => ("missing", Some(*seq), None),
        Err(VerifyError::CutOff { seq, line, .. }) => ("cut_off", Some(*seq), Some(*line)),
        Err(VerifyError::Rewritten { seq, line, .. }) => ("rewritten", Some(*seq), Some(*line)),
        Err(VerifyError::Store(_)) => ("database", None, None),
    };
    json!({ "unbroken": false, "problem": problem, "entry": entry, "ledger_line": line })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
