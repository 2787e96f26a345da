//! Members of staff.

use sync_core::{
    id::{PracticeId, StaffId},
    instant::Instant,
    vocabulary::Vocabulary,
};

use crate::store::{
    StoreError, Tx,
    columns::{id, instant_opt},
    db::on_tx,
};
use sync_core::policy::Role;

/// A member of staff as stored; the words are sealed.
pub struct Staff {
    /// The person.
    pub id: StaffId,
    /// Their practice.
    pub practice: PracticeId,
    /// What they may do.
    pub role: Role,
    /// Since when they are no longer on the staff.
    pub ended_at: Option<Instant>,
    /// The name, sealed.
    pub name_sealed: Vec<u8>,
    /// What proves them.
    pub credentials: Credentials,
}

/// What proves a member of staff, and how often it was tried in vain.
pub struct Credentials {
    /// A PHC string of Argon2id.
    pub password_hash: String,
    /// The secret of the one-time codes, sealed.
    pub totp_sealed: Vec<u8>,
    /// The newest step whose code was taken; no code of it or an earlier one is taken again.
    pub totp_step: i64,
    /// Failures of unknown browsers that had not come back at an instant.
    pub failed_count: i64,
    /// That instant.
    pub failed_at: Option<Instant>,
}

/// A new member of staff.
pub struct NewStaff<'a> {
    /// The person.
    pub id: StaffId,
    /// Their practice.
    pub practice: PracticeId,
    /// What they may do.
    pub role: Role,
    /// When.
    pub at: Instant,
    /// The keyed hash of the e-mail address.
    pub login_tag: &'a [u8],
    /// The name, sealed.
    pub name_sealed: &'a [u8],
    /// A PHC string of Argon2id.
    pub password_hash: &'a str,
    /// The secret of the one-time codes, sealed.
    pub totp_sealed: &'a [u8],
}

#[derive(sqlx::FromRow)]
struct StaffRow {
    id: Vec<u8>,
    practice: Vec<u8>,
    role: String,
    ended_at: Option<i64>,
    name_sealed: Vec<u8>,
    password_hash: String,
    totp_sealed: Vec<u8>,
    totp_step: i64,
    failed_count: i64,
    failed_at: Option<i64>,
}

impl TryFrom<StaffRow> for Staff {
    type Error = StoreError;

    fn try_from(row: StaffRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "staff")?,
            practice: id(&row.practice, "staff")?,
            role: Role::parse(&row.role).ok_or(StoreError::Inconsistent("staff"))?,
            ended_at: instant_opt(row.ended_at),
            name_sealed: row.name_sealed,
            credentials: Credentials {
                password_hash: row.password_hash,
                totp_sealed: row.totp_sealed,
                totp_step: row.totp_step,
                failed_count: row.failed_count,
                failed_at: instant_opt(row.failed_at),
            },
        })
    }
}

/// Adds a member of staff; [`StoreError::Conflict`] when the address is taken.
pub async fn insert(tx: &mut Tx, new: &NewStaff<'_>) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO staff (id, practice, role, created_at, login_tag, name_sealed, password_hash, \
                       totp_sealed, totp_step, failed_count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(new.id.as_bytes().as_slice())
        .bind(new.practice.as_bytes().as_slice())
        .bind(new.role.as_str())
        .bind(new.at.as_millis())
        .bind(new.login_tag)
        .bind(new.name_sealed)
        .bind(new.password_hash)
        .bind(new.totp_sealed)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds who signs in with an address.
pub async fn by_login(tx: &mut Tx, login_tag: &[u8]) -> Result<Option<Staff>, StoreError> {
    const SQL: &str = "SELECT id, practice, role, ended_at, name_sealed, password_hash, totp_sealed, totp_step, \
                       failed_count, failed_at FROM staff WHERE login_tag = $1";
    let row: Option<StaffRow> = on_tx!(tx, c => sqlx::query_as(SQL).bind(login_tag).fetch_optional(c).await)?;
    row.map(Staff::try_from).transpose()
}

/// Finds a person.
pub async fn by_id(tx: &mut Tx, staff: StaffId) -> Result<Option<Staff>, StoreError> {
    const SQL: &str = "SELECT id, practice, role, ended_at, name_sealed, password_hash, totp_sealed, totp_step, \
                       failed_count, failed_at FROM staff WHERE id = $1";
    let row: Option<StaffRow> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(staff.as_bytes().as_slice()).fetch_optional(c).await)?;
    row.map(Staff::try_from).transpose()
}

/// Locks a person's row until the transaction ends, so that two sign-ins at once are counted one after the other.
pub async fn lock(tx: &mut Tx, staff: StaffId) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE staff SET failed_count = failed_count WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL).bind(staff.as_bytes().as_slice()).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes how many failures of unknown browsers there are, counted at an instant.
pub async fn note_failure(tx: &mut Tx, staff: StaffId, count: i64, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE staff SET failed_count = $2, failed_at = $3 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(count)
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes the step of a code that was taken.
pub async fn note_success(tx: &mut Tx, staff: StaffId, totp_step: i64) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE staff SET totp_step = $2 WHERE id = $1";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(totp_step)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Writes as much for an address of no member of staff as for one of a member.
pub async fn note_unknown(tx: &mut Tx) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE unknown_address SET failed_count = failed_count + 1 WHERE id = 1";
    on_tx!(tx, c => sqlx::query(SQL).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts another hash of the same password in the place of one, if that is still there.
pub async fn renew_password_hash(
    tx: &mut Tx,
    staff: StaffId,
    old: &str,
    new: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE staff SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(staff.as_bytes().as_slice())
        .bind(old)
        .bind(new)
        .execute(c).await.map(drop))?;
    Ok(())
}
