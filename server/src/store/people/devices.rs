//! Paired phones, tablets and browsers.

use sync_core::{
    id::{ClientId, DeviceId, PracticeId, StaffId},
    instant::Instant,
    lease::{Heard, Step},
    policy::Paired,
};

use crate::{
    nouns::offsets::LocalTime,
    store::{
        StoreError, Tx,
        columns::{id, id_opt, instant_opt},
        db::on_tx,
    },
};

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// A client.
    Client(ClientId),
    /// A member of staff.
    Staff(StaffId),
}

/// A device as stored; its name is sealed.
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// Its practice.
    pub practice: PracticeId,
    /// Whose it is.
    pub person: Person,
    /// The name that its person gave it, sealed.
    pub name_sealed: Vec<u8>,
    /// ECDH P-256, 65 bytes uncompressed: leases are sealed to it.
    pub exchange_key: Vec<u8>,
    /// ECDSA P-256, 65 bytes uncompressed: receipts are signed with it.
    pub signing_key: Vec<u8>,
    /// When it was paired.
    pub paired_at: Instant,
    /// When a therapist saw its name; no lease before.
    pub confirmed_at: Option<Instant>,
    /// When it was removed.
    pub removed_at: Option<Instant>,
    /// When it was last heard of.
    pub seen_at: Option<Instant>,
    /// How many minutes it is ahead of UTC, as it said last.
    pub utc_offset: Option<i32>,
    /// When it was found to be copied, and so removed.
    pub copied_at: Option<Instant>,
    /// When a therapist said that they know of it.
    pub copy_known_at: Option<Instant>,
}

impl Device {
    /// The facts of its pairing.
    #[must_use]
    pub const fn paired(&self) -> Paired {
        Paired { at: self.paired_at, confirmed_at: self.confirmed_at, removed_at: self.removed_at }
    }
}

/// A new device.
pub struct NewDevice<'a> {
    /// The device.
    pub id: DeviceId,
    /// Its practice.
    pub practice: PracticeId,
    /// Whose it is.
    pub person: Person,
    /// Its name, sealed.
    pub name_sealed: &'a [u8],
    /// ECDH P-256, 65 bytes uncompressed.
    pub exchange_key: &'a [u8],
    /// ECDSA P-256, 65 bytes uncompressed.
    pub signing_key: &'a [u8],
    /// When.
    pub paired_at: Instant,
    /// Staff's own devices are confirmed from the start.
    pub confirmed_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct DeviceRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    client: Option<Vec<u8>>,
    staff: Option<Vec<u8>>,
    name_sealed: Vec<u8>,
    exchange_key: Vec<u8>,
    signing_key: Vec<u8>,
    paired_at: i64,
    confirmed_at: Option<i64>,
    removed_at: Option<i64>,
    seen_at: Option<i64>,
    utc_offset: Option<i32>,
    copied_at: Option<i64>,
    copy_known_at: Option<i64>,
}

impl TryFrom<DeviceRow> for Device {
    type Error = StoreError;

    fn try_from(row: DeviceRow) -> Result<Self, StoreError> {
        const NOUN: &str = "device";
        let person = match (id_opt(row.client.as_ref(), NOUN)?, id_opt(row.staff.as_ref(), NOUN)?) {
            (Some(client), None) => Person::Client(client),
            (None, Some(staff)) => Person::Staff(staff),
            _ => return Err(StoreError::Inconsistent(NOUN)),
        };
        Ok(Self {
            id: id(&row.id, NOUN)?,
            practice: id(&row.practice, NOUN)?,
            person,
            name_sealed: row.name_sealed,
            exchange_key: row.exchange_key,
            signing_key: row.signing_key,
            paired_at: Instant::from_millis(row.paired_at),
            confirmed_at: instant_opt(row.confirmed_at),
            removed_at: instant_opt(row.removed_at),
            seen_at: instant_opt(row.seen_at),
            utc_offset: row.utc_offset,
            copied_at: instant_opt(row.copied_at),
            copy_known_at: instant_opt(row.copy_known_at),
        })
    }
}

/// Adds a device; [`StoreError::Conflict`] when one of its keys is known.
pub async fn insert(tx: &mut Tx, new: &NewDevice<'_>) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO device (id, practice, client, staff, name_sealed, exchange_key, signing_key, \
                       paired_at, confirmed_at, receipt_n) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
    let (client, staff) = match &new.person {
        Person::Client(client) => (Some(client.as_bytes().as_slice()), None),
        Person::Staff(staff) => (None, Some(staff.as_bytes().as_slice())),
    };
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.practice.as_bytes().as_slice())
        .bind(client)
        .bind(staff)
        .bind(new.name_sealed)
        .bind(new.exchange_key)
        .bind(new.signing_key)
        .bind(new.paired_at.as_millis())
        .bind(new.confirmed_at.map(Instant::as_millis))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Whether any device, removed ones too, has or had one of these keys in either place.
pub async fn key_known(tx: &mut Tx, exchange_key: &[u8], signing_key: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str =
        "SELECT id FROM device WHERE exchange_key IN ($1, $2) OR signing_key IN ($1, $2) LIMIT 1";
    let found: Option<(Vec<u8>,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(exchange_key).bind(signing_key).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Finds a device.
pub async fn by_id(tx: &mut Tx, device: DeviceId) -> Result<Option<Device>, StoreError> {
    const SQL: &str = "SELECT id, practice, client, staff, name_sealed, exchange_key, signing_key, paired_at, \
                       confirmed_at, removed_at, seen_at, utc_offset, copied_at, copy_known_at FROM device WHERE id = $1";
    let row: Option<DeviceRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Device::try_from).transpose()
}

/// Lists the devices of one person, oldest first, removed ones too.
pub async fn of_person(tx: &mut Tx, person: Person) -> Result<Vec<Device>, StoreError> {
    const SQL: &str = "SELECT id, practice, client, staff, name_sealed, exchange_key, signing_key, paired_at, \
                       confirmed_at, removed_at, seen_at, utc_offset, copied_at, copy_known_at FROM device \
                       WHERE client = $1 OR staff = $1 ORDER BY id";
    let person = match &person {
        Person::Client(client) => client.as_bytes().as_slice(),
        Person::Staff(staff) => staff.as_bytes().as_slice(),
    };
    let rows: Vec<DeviceRow> = on_tx!(tx, c => sqlx::query_as(SQL).bind(person).fetch_all(c).await)?;
    rows.into_iter().map(Device::try_from).collect()
}

/// Names phones that were paired before `before` and that nobody has said yes to, the oldest first.
pub async fn unconfirmed_before(
    tx: &mut Tx,
    before: Instant,
    limit: u32,
) -> Result<Vec<DeviceId>, StoreError> {
    const SQL: &str = "SELECT id FROM device WHERE client IS NOT NULL AND confirmed_at IS NULL \
                       AND removed_at IS NULL AND paired_at <= $1 ORDER BY paired_at, id LIMIT $2";
    let rows: Vec<(Vec<u8>,)> = on_tx!(tx, c => sqlx::query_as(SQL)
        .bind(before.as_millis())
        .bind(i64::from(limit))
        .fetch_all(c).await)?;
    rows.iter().map(|(device,)| id(device, "device")).collect()
}

/// Notes that a therapist has seen a device's name; an earlier note stays.
pub async fn confirm(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE device SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL";
    note_at(tx, SQL, device, at).await
}

/// Removes a device; whether it was there until now.
pub async fn remove(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE device SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL";
    note_at(tx, SQL, device, at).await
}

/// Notes that a device was heard of.
pub async fn note_seen(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE device SET seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at < $2)";
    note_at(tx, SQL, device, at).await
}

/// Notes that a device signs its requests from now on.
pub async fn note_signs(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE device SET signs_since = $2 WHERE id = $1 AND signs_since IS NULL";
    note_at(tx, SQL, device, at).await.map(drop)
}

/// Notes that a device was found to be copied.
pub async fn note_copied(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE device SET copied_at = $2 WHERE id = $1 AND copied_at IS NULL";
    note_at(tx, SQL, device, at).await.map(drop)
}

/// Notes that a therapist knows of a device's copy; whether it was copied, and not known until now.
pub async fn note_copy_known(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE device SET copy_known_at = $2 WHERE id = $1 AND copied_at IS NOT NULL \
                       AND copy_known_at IS NULL";
    note_at(tx, SQL, device, at).await
}

/// The furthest step that was heard of a device.
pub async fn heard(tx: &mut Tx, device: DeviceId) -> Result<Option<Heard>, StoreError> {
    const SQL: &str = "SELECT step_n, step_after, step_at FROM device WHERE id = $1 AND step_n IS NOT NULL";
    let row: Option<(i64, Vec<u8>, i64)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(|(n, after, at)| {
        let inconsistent = StoreError::Inconsistent("step");
        let Ok(after) = after.try_into() else { return Err(inconsistent) };
        let n = u64::try_from(n).map_err(|_| inconsistent)?;
        Ok(Heard { step: Step { n, after }, at: Instant::from_millis(at) })
    })
    .transpose()
}

/// Notes a step as the furthest that was heard. Gives whether its number can be kept.
pub async fn note_heard(tx: &mut Tx, device: DeviceId, heard: Heard) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE device SET step_n = $2, step_after = $3, step_at = $4 WHERE id = $1";
    let Ok(n) = i64::try_from(heard.step.n) else { return Ok(false) };
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(n)
        .bind(heard.step.after.as_slice())
        .bind(heard.at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(true)
}

/// Notes what a device says of its own clock.
pub async fn note_local_time(tx: &mut Tx, device: DeviceId, local: LocalTime) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE device SET utc_offset = $2, utc_offset_until = $3, utc_offset_then = $4 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(local.minutes)
        .bind(local.next.map(|(at, _)| at.as_millis()))
        .bind(local.next.map(|(_, minutes)| i64::from(minutes)))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// What a device has said of its own clock; none before it said anything.
pub async fn local_time(tx: &mut Tx, device: DeviceId) -> Result<Option<LocalTime>, StoreError> {
    const SQL: &str = "SELECT utc_offset, utc_offset_until, utc_offset_then FROM device \
                       WHERE id = $1 AND utc_offset IS NOT NULL";
    let row: Option<(i32, Option<i64>, Option<i64>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(|(minutes, at, then)| {
        let next = at.zip(then).map(|(at, then)| {
            let then = i32::try_from(then).map_err(|_| StoreError::Inconsistent("local time"))?;
            Ok::<_, StoreError>((Instant::from_millis(at), then))
        });
        Ok(LocalTime { minutes, next: next.transpose()? })
    })
    .transpose()
}

async fn note_at(tx: &mut Tx, sql: &'static str, device: DeviceId, at: Instant) -> Result<bool, StoreError> {
    let changed = on_tx!(tx, c => sqlx::query(sql)
        .bind(device.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes a device for a decision about its leases: two questions of one device are answered one after the other.
pub async fn lock(tx: &mut Tx, device: DeviceId) -> Result<Option<Device>, StoreError> {
    let sql = format!("SELECT receipt_n FROM device WHERE id = $1{}", tx.for_update());
    let _locked: Option<(i64,)> = on_tx!(tx, c => sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(device.as_bytes().as_slice())
        .fetch_optional(c).await)?;
    by_id(tx, device).await
}
