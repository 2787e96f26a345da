//! Possible duties of a member of the care team, over all of their clients: found by rows, without
//! opening or folding.
//!
//! An exact row is told as it is. If only a fold can tell, the rows name the clients whose orders
//! are worth one: rather a client too many than one too few.

use sync_core::{
    id::{ClientId, DeviceId, EntryId, PracticeId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{entry_id, id},
    db::on_tx,
};

const NOUN: &str = "duty";

/// A letter that a member of staff has not read.
pub struct UnreadLetter {
    /// From whom.
    pub client: ClientId,
    /// The letter.
    pub letter: EntryId,
    /// When the server received it.
    pub received_at: Instant,
    /// The letter, sealed, where its words are there.
    pub sealed: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct UnreadLetterRow {
    client: Vec<u8>,
    id: Vec<u8>,
    received_at: i64,
    sealed: Option<Vec<u8>>,
}

/// Lists the letters that a member of staff has not read, client by client: of one client or of all whom they treat, received
/// from an instant on. A letter of before they began to treat the client is read once any member of staff has read it.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn unread_letters(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
    of: Option<ClientId>,
    since: Instant,
) -> Result<Vec<UnreadLetter>, StoreError> {
    const SQL: &str = "SELECT l.client, l.id, l.received_at, l.sealed FROM care JOIN client c ON c.id = care.client \
                       JOIN letter l ON l.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 \
                       AND l.received_at >= $3 AND (c.id = $4 OR $5) \
                       AND NOT EXISTS (SELECT 1 FROM letter_reading r \
                       WHERE r.staff = care.staff AND r.client = l.client AND r.letter = l.id) \
                       AND NOT (l.received_at < care.since AND EXISTS (SELECT 1 FROM letter_reading r \
                       WHERE r.client = l.client AND r.letter = l.id)) ORDER BY l.client, l.id";
    let rows: Vec<UnreadLetterRow> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .bind(since.as_millis())
        .bind(of.as_ref().map(|client| client.as_bytes().as_slice()))
        .bind(of.is_none())
        .fetch_all(c).await)?;
    rows.into_iter()
        .map(|row| {
            let (client, letter) = (id(&row.client, NOUN)?, entry_id(row.id, NOUN)?);
            let received_at = Instant::from_millis(row.received_at);
            Ok(UnreadLetter { client, letter, received_at, sealed: row.sealed })
        })
        .collect()
}

/// Lists the clients' devices that were paired after `after` and that no therapist has said yes to, and when each was paired.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn unconfirmed_devices(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
    after: Instant,
) -> Result<Vec<(ClientId, DeviceId, Instant)>, StoreError> {
    const SQL: &str = "SELECT c.id, d.id, d.paired_at FROM care JOIN client c ON c.id = care.client \
                       JOIN device d ON d.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 \
                       AND d.confirmed_at IS NULL AND d.removed_at IS NULL AND d.paired_at > $3";
    let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .bind(after.as_millis())
        .fetch_all(c).await)?;
    rows.into_iter().map(device_at).collect()
}

fn device_at(
    (client, device, at): (Vec<u8>, Vec<u8>, i64),
) -> Result<(ClientId, DeviceId, Instant), StoreError> {
    Ok((id(&client, NOUN)?, id(&device, NOUN)?, Instant::from_millis(at)))
}

/// Lists the clients' devices that were found to be copied, and of which no therapist has said that they know; and when each
/// was found.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn copied_devices(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
) -> Result<Vec<(ClientId, DeviceId, Instant)>, StoreError> {
    const SQL: &str = "SELECT c.id, d.id, d.copied_at FROM care JOIN client c ON c.id = care.client \
                       JOIN device d ON d.client = c.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 \
                       AND d.copied_at IS NOT NULL AND d.copy_known_at IS NULL";
    let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .fetch_all(c).await)?;
    rows.into_iter().map(device_at).collect()
}

/// Lists the clients' devices that cannot be woken, and since when.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn deaf_devices(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
) -> Result<Vec<(ClientId, DeviceId, Instant)>, StoreError> {
    const SQL: &str = "SELECT c.id, d.id, p.deaf_since FROM care JOIN client c ON c.id = care.client \
                       JOIN device d ON d.client = c.id JOIN push_subscription p ON p.device = d.id \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 \
                       AND d.confirmed_at IS NOT NULL AND d.removed_at IS NULL AND p.deaf_since IS NOT NULL";
    let rows: Vec<(Vec<u8>, Vec<u8>, i64)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .fetch_all(c).await)?;
    rows.into_iter().map(device_at).collect()
}

/// Names the clients about whose releases something may wait: a release that was in doubt when it was settled last, or in
/// which a person is heard who was never asked; a device that may hold what was taken from it; and, as long as a restore
/// may have forgotten leases, a device that was not heard of since.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn clients_to_judge(
    tx: &mut Tx,
    practice: PracticeId,
    staff: StaffId,
    now: Instant,
    forgotten_at: Option<Instant>,
) -> Result<Vec<ClientId>, StoreError> {
    const SQL: &str = "SELECT c.id FROM care JOIN client c ON c.id = care.client \
                       WHERE care.staff = $1 AND care.ended_at IS NULL AND c.practice = $2 AND (\
                       EXISTS (SELECT 1 FROM release r WHERE r.client = c.id AND r.ended_at IS NULL \
                       AND (r.unconfirmed IS NOT FALSE \
                       OR NOT EXISTS (SELECT 1 FROM clip_participant h WHERE h.clip = r.clip) \
                       OR EXISTS (SELECT 1 FROM clip_participant h JOIN clip p ON p.id = h.clip \
                       WHERE h.clip = r.clip AND NOT EXISTS (SELECT 1 FROM consent_event e \
                       WHERE e.recording = p.recording AND e.participant = h.participant \
                       AND e.purpose = 'release_to_client')))) \
                       OR EXISTS (SELECT 1 FROM device d JOIN lease l ON l.device = d.id \
                       WHERE d.client = c.id AND l.voided_at IS NULL AND l.valid_until > $3 \
                       AND (d.removed_at IS NOT NULL OR EXISTS (SELECT 1 FROM denial n \
                       WHERE n.device = l.device AND (n.release = l.release OR n.release IS NULL) \
                       AND n.upto_gen >= l.gen))) \
                       OR EXISTS (SELECT 1 FROM device d WHERE d.client = c.id \
                       AND d.confirmed_at IS NOT NULL AND d.paired_at <= $4 \
                       AND (d.seen_at IS NULL OR d.seen_at < $4))) ORDER BY c.id";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(practice.as_bytes().as_slice())
        .bind(now.as_millis())
        .bind(forgotten_at.map(Instant::as_millis))
        .fetch_all(c).await)?;
    rows.iter().map(|(client,)| id(client, NOUN)).collect()
}
