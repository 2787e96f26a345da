//! Forms: versioned texts in paragraphs, which participants sign.

use std::sync::Arc;

use sync_core::id::FormId;

use super::{
    Refusal,
    audit::{self, Action, Actor, AuditEntry},
    caller::{Role, StaffCaller},
};
use crate::{
    app::App,
    store::{self, StoreError, Urgency, consents::Form},
};

/// The most paragraphs in a form.
pub const PARAGRAPHS_MAX: usize = 64;
/// The longest paragraph, in characters.
pub const PARAGRAPH_MAX: usize = 4_000;

/// Enters a version of a consent text.
///
/// # Errors
/// [`Refusal::OutOfBounds`] when the paragraphs are too many, too long or empty.
pub async fn add(
    app: &Arc<App>,
    caller: StaffCaller,
    paragraphs: Vec<String>,
) -> Result<(FormId, i64), Refusal> {
    if caller.role == Role::Supervisor {
        return Err(Refusal::NotAllowed);
    }
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= PARAGRAPH_MAX;
    if paragraphs.is_empty() || paragraphs.len() > PARAGRAPHS_MAX || !paragraphs.iter().all(fits) {
        return Err(Refusal::OutOfBounds("paragraphs: 1 to 64, of 1 to 4000 characters each"));
    }
    let work_app = Arc::clone(app);
    app.committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let at = work_app.clock.now();
                let id = FormId::new(at, work_app.entropy.bytes());
                let text = serde_json::to_vec(&paragraphs).map_err(|_| StoreError::Inconsistent("form"))?;
                let key = work_app.keys.practice(tx, caller.practice).await?;
                let version = store::consents::next_form_version(tx, caller.practice).await?;
                let form = Form {
                    id,
                    practice: caller.practice,
                    version,
                    text_sealed: key.seal(&format!("consent_form.text_sealed/{id}"), &text),
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
