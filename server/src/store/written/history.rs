//! The past states of a client's shelf, by the day.

use strum::{IntoStaticStr, VariantArray};
use sync_core::{
    id::{ClientId, ReleaseId},
    vocabulary::Vocabulary,
};

use crate::store::{StoreError, Tx, columns::id, db::on_tx};

const NOUN: &str = "shelf history";

/// What became of a release on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Turn {
    /// It came.
    Came,
    /// It changed, in whatever way.
    Changed,
}

/// Notes what became of a release on a day (`2026-11-28`). Of the same kind there is one a day, however often it was so.
///
/// # Errors
/// When the database fails.
pub async fn note(
    tx: &mut Tx,
    client: ClientId,
    release: ReleaseId,
    day: &str,
    turn: Turn,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO shelf_history (client, release, day, kind) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (client, release, day, kind) DO NOTHING";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(release.as_bytes().as_slice())
        .bind(day)
        .bind(turn.as_str())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Lists the newest days of a client's shelf; what came before days were kept has none.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn newest(
    tx: &mut Tx,
    client: ClientId,
    count: i64,
) -> Result<Vec<(ReleaseId, String, Turn)>, StoreError> {
    const SQL: &str = "SELECT release, day, kind FROM shelf_history WHERE client = $1 AND day <> '' \
                       ORDER BY day DESC, kind, release LIMIT $2";
    let rows: Vec<(Vec<u8>, String, String)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(count)
        .fetch_all(c).await)?;
    rows.into_iter()
        .map(|(release, day, kind)| {
            let turn = Turn::parse(&kind).ok_or(StoreError::Inconsistent(NOUN))?;
            Ok((id(&release, NOUN)?, day, turn))
        })
        .collect()
}
