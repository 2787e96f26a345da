//! How far each server's ledger is in this database, and the marks by which a database from the past is known.

use sqlx::AssertSqlSafe;
use sync_core::{id::LedgerId, instant::Instant};

use crate::{
    ledger::Position,
    store::{StoreError, Tx, db::on_tx},
};

/// Reads a server's position, and locks it: of a transaction's locks this is the last.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn lock(tx: &mut Tx, server: &str) -> Result<Option<Position>, StoreError> {
    let sql = format!("SELECT ledger, seq, hash FROM ledger_position WHERE server = $1{}", tx.for_update());
    let row: Option<(Vec<u8>, i64, Vec<u8>)> = on_tx!(tx, c => {
        sqlx::query_as(AssertSqlSafe(sql)).bind(server).fetch_optional(c).await
    })?;
    row.map(|(ledger, seq, hash)| position(&ledger, seq, hash)).transpose()
}

/// Records that everything up to `position` is in this database.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, server: &str, position: Position) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO ledger_position (server, ledger, seq, hash) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (server) DO UPDATE SET \
                       ledger = excluded.ledger, seq = excluded.seq, hash = excluded.hash";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(server)
        .bind(position.ledger.as_bytes().as_slice())
        .bind(position.seq)
        .bind(position.hash.as_slice())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// How far every server's ledger is in this database, and what database it is.
pub struct Positions {
    /// The timeline of the database: each promotion of a standby begins another. 0 on SQLite, which has none.
    pub timeline: i64,
    /// Whether every write would be refused.
    pub read_only: bool,
    /// The database's clock, where it has one of its own.
    pub clock: Option<Instant>,
    /// Every server that has ever compared its ledger here.
    pub servers: Vec<ServerPosition>,
}

/// How far one server's ledger is.
pub struct ServerPosition {
    /// Which server.
    pub server: String,
    /// Up to where its ledger is here.
    pub position: Position,
    /// On which timeline that was compared last; 0 where it is not known.
    pub timeline: i64,
    /// When it found that this was another than before.
    pub moved_at: Instant,
}

type PositionRow = (
    bool,
    i64,
    Option<i64>,
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<i64>,
);

/// Looks at every server's position, without a lock.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn look(tx: &mut Tx) -> Result<Positions, StoreError> {
    macro_rules! positions {
        ($read_only:literal, $timeline:literal, $clock:literal) => {
            concat!(
                "SELECT d.read_only, d.timeline, d.clock, p.server, p.ledger, p.seq, p.hash, p.timeline, p.moved_at FROM (SELECT ",
                $read_only,
                " AS read_only, ",
                $timeline,
                " AS timeline, ",
                $clock,
                " AS clock) d LEFT JOIN ledger_position p ON TRUE"
            )
        };
    }
    const SQLITE: &str = positions!("FALSE", "0", "NULL");
    // The name of a segment of the log begins with its timeline. A server in recovery writes none.
    const POSTGRES: &str = positions!(
        "current_setting('transaction_read_only')::boolean",
        "CASE WHEN pg_is_in_recovery() THEN 0 \
         ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END",
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"
    );
    let sql = if tx.is_postgres() { POSTGRES } else { SQLITE };
    let rows: Vec<PositionRow> = on_tx!(tx, c => sqlx::query_as(sql).fetch_all(c).await)?;
    let (read_only, timeline, clock) = rows.first().map_or((true, 0, None), |row| (row.0, row.1, row.2));
    let clock = clock.map(Instant::from_millis);
    let mut servers = Vec::new();
    for (_, _, _, server, ledger, seq, hash, timeline, moved_at) in rows {
        let (Some(server), Some(ledger), Some(seq), Some(hash)) = (server, ledger, seq, hash) else {
            continue;
        };
        let position = position(&ledger, seq, hash)?;
        let moved_at = Instant::from_millis(moved_at.unwrap_or_default());
        servers.push(ServerPosition { server, position, timeline: timeline.unwrap_or_default(), moved_at });
    }
    Ok(Positions { timeline, read_only, clock, servers })
}

impl Positions {
    /// One server's.
    #[must_use]
    pub fn of(&self, server: &str) -> Option<&ServerPosition> {
        self.servers.iter().find(|one| one.server == server)
    }

    /// Whether every server has compared its ledger with this database, and not only with one that it may have gone back
    /// from.
    #[must_use]
    pub fn are_compared(&self) -> bool {
        self.servers.iter().all(|one| one.timeline == 0 || one.timeline == self.timeline)
    }
}

/// Records that a server has compared its ledger on a timeline; `moved_at` where that is another than before.
///
/// # Errors
/// When the database fails.
pub async fn note_timeline(
    tx: &mut Tx,
    server: &str,
    timeline: i64,
    moved_at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE ledger_position SET timeline = $2, moved_at = $3 WHERE server = $1 AND timeline <> $2";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(server)
        .bind(timeline)
        .bind(moved_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

fn position(ledger: &[u8], seq: i64, hash: Vec<u8>) -> Result<Position, StoreError> {
    let (Ok(ledger), Ok(hash)) = (LedgerId::try_from(ledger), hash.try_into()) else {
        return Err(StoreError::Inconsistent("ledger position"));
    };
    Ok(Position { ledger, seq, hash })
}

/// Whether another server's ledger is known here.
///
/// # Errors
/// When the database fails.
pub async fn others_exist(tx: &mut Tx, server: &str) -> Result<bool, StoreError> {
    let others: i64 = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT COUNT(*) FROM ledger_position WHERE server <> $1").bind(server).fetch_one(c).await
    })?;
    Ok(others > 0)
}

/// Whether a mark of the ledger is known here.
///
/// # Errors
/// When the database fails.
pub async fn knows_mark(tx: &mut Tx, ledger: LedgerId, mark: &[u8; 16]) -> Result<bool, StoreError> {
    let known: i64 = on_tx!(tx, c => {
        sqlx::query_scalar("SELECT COUNT(*) FROM ledger_mark WHERE ledger = $1 AND mark = $2")
            .bind(ledger.as_bytes().as_slice())
            .bind(mark.as_slice())
            .fetch_one(c)
            .await
    })?;
    Ok(known > 0)
}

/// Adds a mark that the ledger is about to get, and forgets those before the one that it has: `current`.
///
/// # Errors
/// When the database fails.
pub async fn add_mark(
    tx: &mut Tx,
    ledger: LedgerId,
    current: Option<[u8; 16]>,
    next: &[u8; 16],
    at: Instant,
) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("DELETE FROM ledger_mark WHERE ledger = $1 AND mark <> $2")
            .bind(ledger.as_bytes().as_slice())
            .bind(current.unwrap_or_default().as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    on_tx!(tx, c => {
        sqlx::query("INSERT INTO ledger_mark (ledger, mark, at) VALUES ($1, $2, $3)")
            .bind(ledger.as_bytes().as_slice())
            .bind(next.as_slice())
            .bind(at.as_millis())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}
