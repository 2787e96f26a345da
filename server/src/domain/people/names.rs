//! The practice's name, which is stored sealed.

use sync_core::id::PracticeId;

use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{Tx, practices},
};

/// Reads a practice's name.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such practice.
pub(in crate::domain) async fn of_practice(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
) -> Result<String, Refusal> {
    let stored = practices::find(tx, practice).await?.ok_or(Refusal::NotFound)?;
    let key = ground.keys.practice(tx, practice).await?;
    Ok(key.open_text(&context(practice), &stored.name_sealed)?)
}

/// What a practice's name is sealed for.
pub(in crate::domain) fn context(practice: PracticeId) -> String {
    format!("practice.name_sealed/{practice}")
}
