//! Clients, and the therapists who treat them.

use sync_core::{
    id::{ClientId, PracticeId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, instant_opt},
    db::on_tx,
};

/// A client as stored; the name is sealed.
pub struct Client {
    /// The client.
    pub id: ClientId,
    /// Their practice.
    pub practice: PracticeId,
    /// Counted up by everything that a lease's facts hang from.
    pub version: i64,
    /// Since when they are here.
    pub created_at: Instant,
    /// Since when they are no longer treated here.
    pub ended_at: Option<Instant>,
    /// The name, sealed.
    pub name_sealed: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    version: i64,
    created_at: i64,
    ended_at: Option<i64>,
    name_sealed: Vec<u8>,
}

impl TryFrom<ClientRow> for Client {
    type Error = StoreError;

    fn try_from(row: ClientRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "client")?,
            practice: id(&row.practice, "client")?,
            version: row.version,
            created_at: Instant::from_millis(row.created_at),
            ended_at: instant_opt(row.ended_at),
            name_sealed: row.name_sealed,
        })
    }
}

/// Adds a client.
pub async fn insert(
    tx: &mut Tx,
    client: ClientId,
    practice: PracticeId,
    at: Instant,
    name_sealed: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO client (id, practice, version, created_at, name_sealed, words_in_rows) \
         VALUES ($1, $2, 1, $3, $4, TRUE)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(name_sealed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Puts a member of staff on a client's care team.
pub async fn insert_care(
    tx: &mut Tx,
    client: ClientId,
    staff: StaffId,
    since: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO care (client, staff, since) VALUES ($1, $2, $3)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(staff.as_bytes().as_slice())
        .bind(since.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a client.
pub async fn by_id(tx: &mut Tx, client: ClientId) -> Result<Option<Client>, StoreError> {
    const SQL: &str =
        "SELECT id, practice, version, created_at, ended_at, name_sealed FROM client WHERE id = $1";
    let row: Option<ClientRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Client::try_from).transpose()
}

/// Finds a client on whose care team a member of staff is.
pub async fn in_care(tx: &mut Tx, client: ClientId, staff: StaffId) -> Result<Option<Client>, StoreError> {
    const SQL: &str = "SELECT c.id, c.practice, c.version, c.created_at, c.ended_at, c.name_sealed \
                       FROM client c JOIN care ON care.client = c.id \
                       WHERE c.id = $1 AND care.staff = $2 AND care.ended_at IS NULL";
    let row: Option<ClientRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(staff.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    row.map(Client::try_from).transpose()
}

/// Names who treats a client, the first first.
pub async fn care_team(tx: &mut Tx, client: ClientId) -> Result<Vec<StaffId>, StoreError> {
    const SQL: &str = "SELECT staff FROM care WHERE client = $1 AND ended_at IS NULL ORDER BY since, staff";
    let rows: Vec<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(|(staff,)| id(&staff, "care")).collect()
}

/// Whether a member of staff is or ever was on a client's care team.
pub async fn was_in_care(tx: &mut Tx, client: ClientId, staff: StaffId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT since FROM care WHERE client = $1 AND staff = $2";
    let since: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(staff.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(since.is_some())
}

/// Lists the clients on whose care teams a member of staff is, oldest first.
pub async fn list_in_care(tx: &mut Tx, staff: StaffId) -> Result<Vec<Client>, StoreError> {
    const SQL: &str = "SELECT c.id, c.practice, c.version, c.created_at, c.ended_at, c.name_sealed \
                       FROM client c JOIN care ON care.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL ORDER BY c.id";
    let rows: Vec<ClientRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(staff.as_bytes().as_slice()).fetch_all(c).await)?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Lists some of the clients on whose care teams a member of staff is, oldest first, from an id on.
pub async fn list_in_care_from(
    tx: &mut Tx,
    staff: StaffId,
    from: ClientId,
    count: i64,
) -> Result<Vec<Client>, StoreError> {
    const SQL: &str = "SELECT c.id, c.practice, c.version, c.created_at, c.ended_at, c.name_sealed \
                       FROM client c JOIN care ON care.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.id >= $2 ORDER BY c.id LIMIT $3";
    let rows: Vec<ClientRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(from.as_bytes().as_slice())
        .bind(count)
        .fetch_all(c).await)?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Keeps a client as it is until the transaction ends, for a decision that rests on it.
pub async fn share_lock(tx: &mut Tx, client: ClientId) -> Result<(), StoreError> {
    let sql = format!("SELECT version FROM client WHERE id = $1{}", tx.for_share());
    let _version: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(client.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    Ok(())
}

/// Keeps others from changing what there is of a client until the transaction ends: two phones that are paired at once are
/// counted one after the other.
pub async fn lock(tx: &mut Tx, client: ClientId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE client SET version = version WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(client.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a client for a change of what leases rest on: waits for those who share it, and counts the version up; gives the
/// new version.
pub async fn update_lock(tx: &mut Tx, client: ClientId) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "UPDATE client SET version = version + 1 WHERE id = $1 RETURNING version";
    let row: Option<(i64,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(client.as_bytes().as_slice()).fetch_optional(c).await)?;
    Ok(row.map(|(version,)| version))
}
