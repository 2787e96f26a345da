//! Single-use pairing codes, hashed.

use sync_core::{
    id::{ClientId, DeviceId, InvitationId, StaffId},
    instant::Instant,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, id_opt, instant_opt},
    db::on_tx,
};

/// An invitation as stored.
pub struct Invitation {
    /// The invitation.
    pub id: InvitationId,
    /// The keyed hash of the code's secret half.
    pub secret_hash: Vec<u8>,
    /// Whose device is invited.
    pub client: ClientId,
    /// When the code runs out.
    pub expires_at: Instant,
    /// How often a wrong secret was tried.
    pub tries: i64,
    /// When the code was used.
    pub used_at: Option<Instant>,
    /// The phone of the client's own that made it.
    pub made_on: Option<DeviceId>,
}

/// Who made a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inviter {
    /// A member of staff.
    Staff(StaffId),
    /// A phone of the client's own, for the next one.
    Phone(DeviceId),
}

/// A new invitation.
pub struct NewInvitation<'a> {
    /// The invitation.
    pub id: InvitationId,
    /// The code's first half, which finds it.
    pub locator: &'a str,
    /// The keyed hash of the code's secret half.
    pub secret_hash: &'a [u8],
    /// Whose device is invited.
    pub client: ClientId,
    /// By whom.
    pub by: Inviter,
    /// When.
    pub at: Instant,
    /// When the code runs out.
    pub expires_at: Instant,
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: Vec<u8>,
    secret_hash: Vec<u8>,
    client: Vec<u8>,
    expires_at: i64,
    tries: i64,
    used_at: Option<i64>,
    made_on: Option<Vec<u8>>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;

    fn try_from(row: InvitationRow) -> Result<Self, StoreError> {
        const NOUN: &str = "invitation";
        Ok(Self {
            id: id(&row.id, NOUN)?,
            secret_hash: row.secret_hash,
            client: id(&row.client, NOUN)?,
            expires_at: Instant::from_millis(row.expires_at),
            tries: row.tries,
            used_at: instant_opt(row.used_at),
            made_on: id_opt(row.made_on.as_ref(), NOUN)?,
        })
    }
}

/// Adds an invitation; whether its locator was free.
pub async fn insert(tx: &mut Tx, new: &NewInvitation<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO invitation (id, locator, secret_hash, client, invited_by, made_on, created_at, \
                       expires_at, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (locator) DO NOTHING";
    let (staff, phone) = match &new.by {
        Inviter::Staff(staff) => (Some(staff.as_bytes().as_slice()), None),
        Inviter::Phone(phone) => (None, Some(phone.as_bytes().as_slice())),
    };
    let added = on_tx!(tx, c => sqlx::query(SQL)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.locator)
        .bind(new.secret_hash)
        .bind(new.client.as_bytes().as_slice())
        .bind(staff)
        .bind(phone)
        .bind(new.at.as_millis())
        .bind(new.expires_at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Whose code has this locator, and the phone on which it was made, if it was one.
pub async fn made_for(
    tx: &mut Tx,
    locator: &str,
) -> Result<Option<(ClientId, Option<DeviceId>)>, StoreError> {
    const SQL: &str = "SELECT client, made_on FROM invitation WHERE locator = $1";
    const NOUN: &str = "invitation";
    let row: Option<(Vec<u8>, Option<Vec<u8>>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(locator).fetch_optional(c).await)?;
    let Some((client, phone)) = row else { return Ok(None) };
    Ok(Some((id(&client, NOUN)?, id_opt(phone.as_ref(), NOUN)?)))
}

/// Counts a try for the code with this locator and finds it, both in one statement, so that tries at the same moment
/// are counted one after the other; `None` when there is no such code.
pub async fn count_try(tx: &mut Tx, locator: &str) -> Result<Option<Invitation>, StoreError> {
    const SQL: &str = "UPDATE invitation SET tries = tries + 1 WHERE locator = $1 \
                       RETURNING id, secret_hash, client, expires_at, tries, used_at, made_on";
    let row: Option<InvitationRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(locator).fetch_optional(c).await)?;
    row.map(Invitation::try_from).transpose()
}

/// Notes that the code paired a device.
pub async fn note_used(
    tx: &mut Tx,
    invitation: InvitationId,
    device: DeviceId,
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE invitation SET used_at = $2, device = $3 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(invitation.as_bytes().as_slice())
        .bind(at.as_millis())
        .bind(device.as_bytes().as_slice())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets codes that ran out before `before`, which frees their locators.
pub async fn forget_expired(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM invitation WHERE expires_at < $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(before.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets the codes that a phone has made and that nobody has used: it makes another one, or was removed.
pub async fn forget_open_of(tx: &mut Tx, phone: DeviceId) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM invitation WHERE made_on = $1 AND used_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL).bind(phone.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}
