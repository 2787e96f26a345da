//! Readiness: the server can decide if its database is there, takes writes, and has the ledger's
//! end, and if nothing else is in the way.

use std::time::Duration;

use sync_core::instant::Instant;
use tokio::time::timeout;

use crate::{
    ground::Ground,
    nouns::hindrances::Hindrance,
    store::{StoreError, ledger_positions, practices},
};

/// How long the database may take to answer: later, and the caller has given up.
const WITHIN: Duration = Duration::from_secs(1);

/// What is in the way, and what is proved.
pub struct Readiness {
    /// What is away, full or wrong.
    pub hindrances: Vec<Hindrance>,
    /// Whether it is proved that the database has every restrictive decision.
    pub ledger_proved: bool,
}

impl Readiness {
    /// Whether the server can decide.
    #[must_use]
    pub fn can_decide(&self) -> bool {
        !self.hindrances.iter().any(|hindrance| hindrance.keeps_from_deciding())
    }
}

/// Looks at the database, within a second, and notes what is in the way.
pub async fn check(ground: &Ground) -> Readiness {
    let looked = timeout(WITHIN, look(ground)).await.unwrap_or(Err(StoreError::Slow));
    let (is_away, looked) = match looked {
        Ok(looked) => (false, looked),
        Err(_) => (true, Looked { read_only: false, ledger_proved: false, clock: None }),
    };
    ground.hindrances.note(Hindrance::Database, is_away);
    if !is_away {
        ground.hindrances.note(Hindrance::DatabaseReadOnly, looked.read_only);
        // While a database is away that has a clock of its own, the server's alone is no judge.
        ground.hindrances.note(Hindrance::Clock, ground.clock.observe(looked.clock));
    }
    Readiness { hindrances: ground.hindrances.all().collect(), ledger_proved: looked.ledger_proved }
}

struct Looked {
    read_only: bool,
    ledger_proved: bool,
    clock: Option<Instant>,
}

async fn look(ground: &Ground) -> Result<Looked, StoreError> {
    let mut tx = ground.db.read().await?;
    let positions = ledger_positions::look(&mut tx).await?;
    if positions.read_only {
        ground.db.lose_primary();
        return Ok(Looked { read_only: true, ledger_proved: false, clock: positions.clock });
    }
    let is_held = practices::any_held(&mut tx).await?;
    let ledger_proved = !is_held && positions.are_compared();
    Ok(Looked { read_only: false, ledger_proved, clock: positions.clock })
}
