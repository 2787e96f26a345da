//! Which key signs for a practice: columns of its row, that change with each rotation.

use sync_core::id::PracticeId;

use crate::{
    nouns::authority::Authority,
    store::{StoreError, Tx, columns, db::on_tx},
};

/// Reads which key signs for a practice.
///
/// # Errors
/// When the database fails, or the row is inconsistent.
pub async fn of_practice(tx: &mut Tx, practice: PracticeId) -> Result<Option<Authority>, StoreError> {
    let row: Option<AuthorityRow> = on_tx!(tx, c => {
        sqlx::query_as("SELECT rotations, authority_kid, authority_key FROM practice WHERE id = $1")
            .bind(practice.as_bytes().as_slice())
            .fetch_optional(c)
            .await
    })?;
    row.map(Authority::try_from).transpose()
}

/// Reads which key signs for each practice.
///
/// # Errors
/// When the database fails, or a row is inconsistent.
pub async fn all(tx: &mut Tx) -> Result<Vec<(PracticeId, Authority)>, StoreError> {
    let rows: Vec<PracticeRow> = on_tx!(tx, c => {
        sqlx::query_as("SELECT id, rotations, authority_kid, authority_key FROM practice ORDER BY id")
            .fetch_all(c)
            .await
    })?;
    rows.into_iter().map(|row| Ok((columns::id(&row.id, "practice")?, row.authority.try_into()?))).collect()
}

/// Says which key signs for a practice from now on. The caller has taken the practice's row.
///
/// # Errors
/// When the database fails.
pub async fn set(tx: &mut Tx, practice: PracticeId, authority: &Authority) -> Result<(), StoreError> {
    on_tx!(tx, c => {
        sqlx::query("UPDATE practice SET rotations = $2, authority_kid = $3, authority_key = $4 WHERE id = $1")
            .bind(practice.as_bytes().as_slice())
            .bind(authority.rotations.cast_signed())
            .bind(authority.kid.as_str())
            .bind(authority.public_key.as_slice())
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct PracticeRow {
    id: Vec<u8>,
    #[sqlx(flatten)]
    authority: AuthorityRow,
}

/// The columns of an authority.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct AuthorityRow {
    rotations: i64,
    authority_kid: String,
    authority_key: Vec<u8>,
}

impl TryFrom<AuthorityRow> for Authority {
    type Error = StoreError;

    fn try_from(row: AuthorityRow) -> Result<Self, StoreError> {
        let AuthorityRow { rotations, authority_kid: kid, authority_key: public_key } = row;
        let rotations = u64::try_from(rotations).map_err(|_| StoreError::Inconsistent("practice"))?;
        Ok(Self { rotations, kid, public_key })
    }
}
