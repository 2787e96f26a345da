//! Forms: versioned texts in paragraphs, which participants sign.

use sync_core::policy::StaffAct;

use sync_core::{
    id::{FormId, PracticeId},
    instant::Instant,
};

use crate::{
    domain::records::audit::{self, Action, Actor, AuditEntry},
    ground::Ground,
    keys::DataKeys,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, StoreError, Tx, Urgency, consents::Form},
};

/// The most paragraphs in a form.
pub const PARAGRAPHS_MAX: usize = 64;
/// The longest paragraph, in characters.
pub const PARAGRAPH_MAX: usize = 4_000;

/// A version of the practice's text.
pub struct FormView {
    /// The version's id.
    pub id: FormId,
    /// Counted from 1.
    pub version: i64,
    /// What it says.
    pub paragraphs: Vec<String>,
    /// When it was entered.
    pub created_at: Instant,
}

/// Lists every version of the practice's text, newest first.
///
/// # Errors
/// When the database or the practice's key fails.
pub async fn list(ground: &Ground, caller: StaffCaller) -> Result<Vec<FormView>, Refusal> {
    let mut tx = ground.db.read().await?;
    let key = ground.keys.practice(&mut tx, caller.practice).await?;
    let mut listed = Vec::new();
    for form in store::consents::forms_of(&mut tx, caller.practice).await? {
        listed.push(view(&key, form)?);
    }
    Ok(listed)
}

/// Reads one version, in the reader's transaction; whoever asks was given its id by what they may read.
pub(in crate::domain) async fn read(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    form: FormId,
) -> Result<Option<FormView>, Refusal> {
    let found = store::consents::form_by_id(tx, form).await?.filter(|found| found.practice == practice);
    let Some(found) = found else { return Ok(None) };
    let key = ground.keys.practice(tx, practice).await?;
    view(&key, found).map(Some)
}

fn view(key: &DataKeys, form: Form) -> Result<FormView, Refusal> {
    let text = key.open(&text_context(form.id), &form.text_sealed)?;
    let paragraphs = serde_json::from_slice(&text).map_err(|_| StoreError::Inconsistent("form"))?;
    Ok(FormView { id: form.id, version: form.version, paragraphs, created_at: form.created_at })
}

/// Enters a version of a consent text.
///
/// # Errors
/// [`Refusal::OutOfBounds`] when the paragraphs are too many, too long or empty.
pub async fn add(
    ground: &Ground,
    caller: StaffCaller,
    paragraphs: Vec<String>,
) -> Result<(FormId, i64), Refusal> {
    caller.check_may(StaffAct::AddForm)?;
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= PARAGRAPH_MAX;
    Refusal::check_count("paragraphs", paragraphs.len(), 1, PARAGRAPHS_MAX)?;
    if !paragraphs.iter().all(fits) {
        return Err(Refusal::OutOfBounds("paragraphs: 1 to 4000 characters each"));
    }
    ground
        .commit(Urgency::Grant.by(caller), move |ground, tx| {
            Box::pin(async move {
                let at = ground.clock.now();
                let id = FormId::new(at, ground.entropy.bytes());
                let text = serde_json::to_vec(&paragraphs).map_err(|_| StoreError::Inconsistent("form"))?;
                let key = ground.keys.practice(tx, caller.practice).await?;
                let version = store::consents::next_form_version(tx, caller.practice).await?;
                let form = Form {
                    id,
                    practice: caller.practice,
                    version,
                    text_sealed: key.seal(&text_context(id), &text),
                    created_at: at,
                };
                store::consents::insert_form(tx, &form).await?;
                let entry = AuditEntry::new(caller.practice, at, Actor::from(&caller), Action::AddForm);
                audit::append(tx, &entry.about(id));
                Ok((id, version))
            })
        })
        .await
}

pub(in crate::domain) fn text_context(form: FormId) -> String {
    format!("consent_form.text_sealed/{form}")
}
