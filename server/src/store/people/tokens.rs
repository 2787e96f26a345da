//! Hashed tokens: staff sessions, device tokens and socket tickets alike.

use strum::{IntoStaticStr, VariantArray};
use sync_core::{
    id::{ClientId, DeviceId, PracticeId, StaffId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, id_opt, instant_opt},
    db::on_tx,
};
use sync_core::policy::{Paired, Role};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TokenKind {
    /// A signed-in member of staff, for hours.
    Session,
    /// A paired device, until its end.
    Device,
    /// One connection of a device, within a minute.
    Ticket,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy)]
pub enum Owner {
    /// A member of staff.
    Staff(StaffId),
    /// A device of a client or of staff.
    Device(DeviceId),
}

/// A token, joined with the person and the device it stands for.
pub struct Token {
    /// What it is for.
    pub kind: TokenKind,
    /// Since when it stops by itself.
    pub expires_at: Option<Instant>,
    /// Since when it is ended.
    pub ended_at: Option<Instant>,
    /// The member of staff whose session or device it is.
    pub staff: Option<TokenStaff>,
    /// The device whose token it is.
    pub device: Option<TokenDevice>,
}

/// The member of staff behind a token.
pub struct TokenStaff {
    /// The person.
    pub id: StaffId,
    /// Their practice.
    pub practice: PracticeId,
    /// What they may do.
    pub role: Role,
    /// Since when they are no longer on the staff.
    pub ended_at: Option<Instant>,
}

/// The device behind a token.
pub struct TokenDevice {
    /// The device.
    pub id: DeviceId,
    /// Its practice.
    pub practice: PracticeId,
    /// The client whose it is, if it is not staff's.
    pub client: Option<ClientId>,
    /// The facts of its pairing.
    pub paired: Paired,
    /// ECDSA P-256, 65 bytes uncompressed: it signs its requests with it.
    pub signing_key: Vec<u8>,
    /// Since when it does.
    pub signs_since: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    kind: String,
    expires_at: Option<i64>,
    ended_at: Option<i64>,
    staff: Option<Vec<u8>>,
    staff_practice: Option<Vec<u8>>,
    staff_role: Option<String>,
    staff_ended_at: Option<i64>,
    device: Option<Vec<u8>>,
    device_practice: Option<Vec<u8>>,
    device_client: Option<Vec<u8>>,
    device_paired_at: Option<i64>,
    device_confirmed_at: Option<i64>,
    device_removed_at: Option<i64>,
    device_signing_key: Option<Vec<u8>>,
    device_signs_since: Option<i64>,
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        const NOUN: &str = "token";
        let staff = match (&row.staff, &row.staff_practice, &row.staff_role) {
            (Some(staff), Some(practice), Some(role)) => Some(TokenStaff {
                id: id(staff, NOUN)?,
                practice: id(practice, NOUN)?,
                role: Role::parse(role).ok_or(StoreError::Inconsistent(NOUN))?,
                ended_at: instant_opt(row.staff_ended_at),
            }),
            _ => None,
        };
        let device = match (&row.device, &row.device_practice, row.device_paired_at) {
            (Some(device), Some(practice), Some(at)) => Some(TokenDevice {
                id: id(device, NOUN)?,
                practice: id(practice, NOUN)?,
                client: id_opt(row.device_client.as_ref(), NOUN)?,
                paired: Paired {
                    at: Instant::from_millis(at),
                    confirmed_at: instant_opt(row.device_confirmed_at),
                    removed_at: instant_opt(row.device_removed_at),
                },
                signing_key: row.device_signing_key.ok_or(StoreError::Inconsistent(NOUN))?,
                signs_since: instant_opt(row.device_signs_since),
            }),
            _ => None,
        };
        Ok(Self {
            kind: TokenKind::parse(&row.kind).ok_or(StoreError::Inconsistent(NOUN))?,
            expires_at: instant_opt(row.expires_at),
            ended_at: instant_opt(row.ended_at),
            staff,
            device,
        })
    }
}

/// Adds a token by its hash.
pub async fn insert(
    tx: &mut Tx,
    hash: &[u8],
    kind: TokenKind,
    owner: Owner,
    at: Instant,
    expires_at: Option<Instant>,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO token (hash, kind, staff, device, created_at, expires_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let (staff, device) = match &owner {
        Owner::Staff(staff) => (Some(staff.as_bytes().as_slice()), None),
        Owner::Device(device) => (None, Some(device.as_bytes().as_slice())),
    };
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(hash)
        .bind(kind.as_str())
        .bind(staff)
        .bind(device)
        .bind(at.as_millis())
        .bind(expires_at.map(Instant::as_millis))
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a token by its hash, with whom it stands for.
pub async fn find(tx: &mut Tx, hash: &[u8]) -> Result<Option<Token>, StoreError> {
    const SQL: &str = "SELECT t.kind, t.expires_at, t.ended_at, \
                       s.id AS staff, s.practice AS staff_practice, s.role AS staff_role, \
                       s.ended_at AS staff_ended_at, \
                       d.id AS device, d.practice AS device_practice, d.client AS device_client, \
                       d.paired_at AS device_paired_at, d.confirmed_at AS device_confirmed_at, \
                       d.removed_at AS device_removed_at, d.signing_key AS device_signing_key, \
                       d.signs_since AS device_signs_since \
                       FROM token t LEFT JOIN device d ON d.id = t.device \
                       LEFT JOIN staff s ON s.id = COALESCE(t.staff, d.staff) WHERE t.hash = $1";
    let row: Option<TokenRow> = on_tx!(tx, c => sqlx::query_as(SQL).bind(hash).fetch_optional(c).await)?;
    row.map(Token::try_from).transpose()
}

/// Ends one token; whether it was alive and of this kind until now, so that it can be used once only.
pub async fn end(tx: &mut Tx, hash: &[u8], kind: TokenKind, at: Instant) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE token SET ended_at = $3 WHERE hash = $1 AND kind = $2 AND ended_at IS NULL \
                       AND (expires_at IS NULL OR expires_at > $3)";
    let ended = on_tx!(tx, c => sqlx::query(SQL)
        .bind(hash)
        .bind(kind.as_str())
        .bind(at.as_millis())
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(ended == 1)
}

/// Lets a device's own token end at an instant, if it does not end before.
///
/// # Errors
/// When the database fails.
pub async fn end_of_device_at(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE token SET expires_at = $3 WHERE device = $1 AND kind = $2 AND ended_at IS NULL \
                       AND (expires_at IS NULL OR expires_at > $3)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(TokenKind::Device.as_str())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets all sessions and tickets that stopped before `before`.
pub async fn forget_all_stopped(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM token WHERE expires_at < $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(before.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets sessions and tickets of an owner that stopped before `before`.
pub async fn forget_stopped(tx: &mut Tx, owner: Owner, before: Instant) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM token WHERE (staff = $1 OR device = $1) AND expires_at < $2";
    let owner = match &owner {
        Owner::Staff(staff) => staff.as_bytes().as_slice(),
        Owner::Device(device) => device.as_bytes().as_slice(),
    };
    on_tx!(tx, c => sqlx::query(SQL).bind(owner).bind(before.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}
