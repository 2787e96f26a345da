//! Readiness: the server can decide if its database is there, takes writes, and has the ledger's
//! end.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

use tokio::time::timeout;

use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{committer::Doubt, ledger_positions, practices},
};

/// How long the database may take to answer: later, and whoever asks has given up.
const WITHIN: Duration = Duration::from_secs(1);

/// The server can decide.
pub struct Ready {
    /// Whether it is proved that the database has every restrictive decision.
    pub ledger_proved: bool,
}

/// Looks.
///
/// # Errors
/// [`Refusal::Unavailable`] where the server stops, or cannot decide.
pub async fn check(ground: &Ground, doubt: &Doubt, stop: &CancellationToken) -> Result<Ready, Refusal> {
    if stop.is_cancelled() || doubt.is_raised() {
        return Err(Refusal::Unavailable);
    }
    timeout(WITHIN, look(ground)).await.unwrap_or(Err(Refusal::Unavailable))
}

async fn look(ground: &Ground) -> Result<Ready, Refusal> {
    let mut tx = ground.db.read().await?;
    let positions = ledger_positions::look(&mut tx).await?;
    if positions.read_only {
        ground.db.lose_primary();
        return Err(Refusal::Unavailable);
    }
    let is_held = practices::any_held(&mut tx).await?;
    Ok(Ready { ledger_proved: !is_held && positions.are_compared() })
}
