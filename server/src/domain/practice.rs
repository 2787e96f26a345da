//! The practice: how it is set up, and what its people may read of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sync_core::id::{PracticeId, StaffId};
use zeroize::Zeroizing;

use super::{
    Refusal,
    audit::{self, Action, Actor, AuditEntry},
    caller::{Role, StaffCaller},
    follow_ups, restore,
    staff::{self, NewStaff},
    words,
};
use crate::{
    app::App,
    store::{StoreError, Tx, Urgency, practices},
};

/// How a client in need reaches somebody. Both are required: a withdrawn clip always leaves a number to call.
#[derive(Clone, Serialize, Deserialize)]
pub struct Contact {
    /// How to reach the practice: a number or address.
    pub practice: String,
    /// The local crisis number.
    pub crisis: String,
}

/// What a practice is set up with.
pub struct NewPractice {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub contact: Contact,
    /// Its first therapist.
    pub therapist: NewStaff,
}

/// A practice that was set up.
pub struct Opened {
    /// The practice.
    pub practice: PracticeId,
    /// Its first therapist.
    pub therapist: StaffId,
    /// The `otpauth://` address for the therapist's authenticator app: shown once, stored nowhere in the clear.
    pub otpauth: Zeroizing<String>,
}

/// What the practice's people may read of it.
pub struct PracticeView {
    /// The practice.
    pub id: PracticeId,
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub contact: Contact,
    /// The key that signs leases and denials.
    pub authority: Authority,
}

/// The public half of a practice's authority key, which devices pin when they are paired.
pub struct Authority {
    /// Names the key.
    pub kid: String,
    /// 65 bytes, uncompressed P-256.
    pub public_key: Vec<u8>,
}

/// Ends the hold that a restore placed on the practice, and settles everyone.
///
/// # Errors
/// [`Refusal::NotAllowed`] for anyone but a therapist; [`Refusal::Conflict`] when the practice is not held.
pub async fn confirm_restore(app: &Arc<App>, caller: StaffCaller) -> Result<(), Refusal> {
    let now = app.clock.now();
    app.committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { restore::confirm_after_restore(tx, &caller, now).await })
        })
        .await?;
    follow_ups::settle_everyone(app).await
}

/// Sets up the practice with its first therapist.
///
/// # Errors
/// [`Refusal::Conflict`] when there is one already; [`Refusal::OutOfBounds`] names what is missing.
pub async fn open(app: &Arc<App>, new: NewPractice) -> Result<Opened, Refusal> {
    let name = words::name(&new.name, "the practice's name: 1 to 200 characters")?.to_owned();
    words::name(&new.contact.practice, "the practice's contact: 1 to 200 characters")?;
    words::name(&new.contact.crisis, "the local crisis number: 1 to 200 characters")?;
    let therapist = staff::prepare(app, new.therapist, Role::Therapist).await?;
    let otpauth = therapist.otpauth()?;
    let (app, contact) = (Arc::clone(app), new.contact);
    let work_app = Arc::clone(&app);
    app.committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                if practices::find_first(tx).await?.is_some() {
                    return Err(Refusal::Conflict);
                }
                let practice = insert(&work_app, tx, &name, &contact).await?;
                let at = work_app.clock.now();
                audit::append(tx, &AuditEntry::new(practice, at, Actor::Operator, Action::OpenPractice));
                let therapist = staff::insert(&work_app, tx, practice, &therapist).await?;
                Ok(Opened { practice, therapist, otpauth })
            })
        })
        .await
}

async fn insert(app: &App, tx: &mut Tx, name: &str, contact: &Contact) -> Result<PracticeId, Refusal> {
    let at = app.clock.now();
    let id = PracticeId::new(at, app.entropy.bytes());
    let keys = app.keys.create_practice(id)?;
    let practice = practices::Practice {
        id,
        version: 1,
        created_at: at,
        closed_at: None,
        held_at: None,
        wrapped_key: keys.wrapped_key,
        name_sealed: Vec::new(),
        contact_sealed: Vec::new(),
        authority_kid: keys.authority_kid,
        authority_key: keys.authority_key.to_vec(),
    };
    practices::insert(tx, &practice).await?;
    let key = app.keys.practice(tx, id).await?;
    let contact = serde_json::to_vec(contact).map_err(|_| StoreError::Inconsistent("practice"))?;
    let name_sealed = key.seal(&format!("practice.name_sealed/{id}"), name.as_bytes());
    let contact_sealed = key.seal(&format!("practice.contact_sealed/{id}"), &contact);
    practices::set_words(tx, id, &name_sealed, &contact_sealed).await?;
    Ok(id)
}

/// Reads what the practice's people may know of it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such practice.
pub async fn view(app: &App, tx: &mut Tx, practice: PracticeId) -> Result<PracticeView, Refusal> {
    let stored = practices::find(tx, practice).await?.ok_or(Refusal::NotFound)?;
    let key = app.keys.practice(tx, practice).await?;
    let name = words::opened(key.open(&format!("practice.name_sealed/{practice}"), &stored.name_sealed)?)?;
    let contact = key.open(&format!("practice.contact_sealed/{practice}"), &stored.contact_sealed)?;
    let contact = serde_json::from_slice(&contact).map_err(|_| StoreError::Inconsistent("practice"))?;
    let authority = Authority { kid: stored.authority_kid, public_key: stored.authority_key };
    Ok(PracticeView { id: practice, name, contact, authority })
}
