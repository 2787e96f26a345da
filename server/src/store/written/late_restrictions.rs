//! Late restrictions, and the answers of therapists to them.

use sync_core::{
    id::{ClientId, DeviceId, EntryId, PracticeId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{entry_id, id},
    db::on_tx,
};

const NOUN: &str = "late restriction";

/// A restriction that a console has written, and that came after its part's end.
#[derive(Clone)]
pub struct LateRestriction {
    /// Whose orders.
    pub client: ClientId,
    /// Under which id the console has written it.
    pub entry: EntryId,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The holds by which releases rest until it is decided.
    pub holds: Vec<EntryId>,
    /// Which console.
    pub device: DeviceId,
    /// When it came.
    pub received_at: Instant,
    /// What a therapist has said, if one has.
    pub accepted: Option<bool>,
}

#[derive(sqlx::FromRow)]
struct LateRestrictionRow {
    client: Vec<u8>,
    entry: Vec<u8>,
    bytes: Vec<u8>,
    holds: Vec<u8>,
    device: Vec<u8>,
    received_at: i64,
    accepted: Option<bool>,
}

impl TryFrom<LateRestrictionRow> for LateRestriction {
    type Error = StoreError;

    fn try_from(row: LateRestrictionRow) -> Result<Self, StoreError> {
        let holds = row.holds.chunks(16).map(|hold| entry_id(hold.to_vec(), NOUN));
        Ok(Self {
            client: id(&row.client, NOUN)?,
            entry: entry_id(row.entry, NOUN)?,
            holds: holds.collect::<Result<_, _>>()?,
            bytes: row.bytes,
            device: id(&row.device, NOUN)?,
            received_at: Instant::from_millis(row.received_at),
            accepted: row.accepted,
        })
    }
}

/// When a console's part for a client came to its end: its device's, its person's or the care's, whichever was first.
///
/// # Errors
/// When the database fails.
pub async fn part_ended_at(
    tx: &mut Tx,
    client: ClientId,
    device: DeviceId,
) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT d.removed_at, s.ended_at, c.ended_at FROM device d JOIN staff s ON s.id = d.staff \
                       LEFT JOIN care c ON c.staff = s.id AND c.client = $1 WHERE d.id = $2";
    let ends: Option<(Option<i64>, Option<i64>, Option<i64>)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    let (device, person, care) = ends.unwrap_or_default();
    Ok([device, person, care].into_iter().flatten().min().map(Instant::from_millis))
}

/// Keeps one; one that is there already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn insert_if_missing(tx: &mut Tx, late: &LateRestriction) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO late_restriction (client, entry, bytes, holds, device, received_at) \
                       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (client, entry) DO NOTHING";
    let holds: Vec<u8> = late.holds.iter().flat_map(|hold| *hold.as_bytes()).collect();
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(late.client.as_bytes().as_slice())
        .bind(late.entry.as_bytes().as_slice())
        .bind(late.bytes.as_slice())
        .bind(holds.as_slice())
        .bind(late.device.as_bytes().as_slice())
        .bind(late.received_at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Those of a client that a console has written, decided or not.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn of_device(
    tx: &mut Tx,
    client: ClientId,
    device: DeviceId,
) -> Result<Vec<LateRestriction>, StoreError> {
    const SQL: &str = "SELECT client, entry, bytes, holds, device, received_at, accepted FROM late_restriction \
                       WHERE client = $1 AND device = $2";
    let rows: Vec<LateRestrictionRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice())
        .fetch_all(c).await)?;
    rows.into_iter().map(LateRestriction::try_from).collect()
}

/// One of a client.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn find(
    tx: &mut Tx,
    client: ClientId,
    entry: EntryId,
) -> Result<Option<LateRestriction>, StoreError> {
    const SQL: &str = "SELECT client, entry, bytes, holds, device, received_at, accepted FROM late_restriction \
                       WHERE client = $1 AND entry = $2";
    let row: Option<LateRestrictionRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(entry.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    row.map(LateRestriction::try_from).transpose()
}

/// Those that wait for a member of staff, over all clients whom they treat.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn waiting(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
) -> Result<Vec<LateRestriction>, StoreError> {
    const SQL: &str = "SELECT l.client, l.entry, l.bytes, l.holds, l.device, l.received_at, l.accepted \
                       FROM care JOIN client c ON c.id = care.client JOIN late_restriction l ON l.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 AND l.decided_at IS NULL";
    let rows: Vec<LateRestrictionRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .fetch_all(c).await)?;
    rows.into_iter().map(LateRestriction::try_from).collect()
}

/// Notes what a therapist has said. What was said before stands.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    tx: &mut Tx,
    (client, entry): (ClientId, EntryId),
    accepted: bool,
    by: StaffId,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE late_restriction SET accepted = $3, decided_by = $4, decided_at = $5 \
                       WHERE client = $1 AND entry = $2 AND decided_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(client.as_bytes().as_slice())
        .bind(entry.as_bytes().as_slice())
        .bind(accepted)
        .bind(by.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}
