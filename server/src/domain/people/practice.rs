//! The practice: its set-up, and the answers about it that its people may read.

use std::sync::Arc;
use sync_core::{
    id::{PracticeId, StaffId},
    instant::Instant,
    policy::Role,
};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    names,
    staff::{self, NewStaff},
};
use crate::{
    domain::{
        credentials::password::Passwords,
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, authority::Authority, callers::StaffCaller, words},
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
    /// The `otpauth://` address for the therapist's authenticator ground: shown once, stored nowhere in the clear.
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

/// A practice that can be set up: what was given is checked, the password hashed, the secret drawn.
pub struct Prepared {
    name: String,
    contact: Contact,
    therapist: staff::Prepared,
}

impl Prepared {
    /// The address for the therapist's authenticator.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] when the e-mail address cannot stand in one.
    pub fn otpauth(&self) -> Result<Zeroizing<String>, Refusal> {
        self.therapist.otpauth()
    }

    /// Whether these are the digits that the therapist's authenticator shows now.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when the secret is none.
    pub fn is_proved_by(&self, digits: &str, now: Instant) -> Result<bool, Refusal> {
        self.therapist.is_proved_by(digits, now)
    }
}

/// Sets up the practice with its first therapist.
///
/// # Errors
/// [`Refusal::Conflict`] when there is one already; [`Refusal::OutOfBounds`] names what is missing.
pub async fn open(ground: &Ground, passwords: &Passwords, new: NewPractice) -> Result<Opened, Refusal> {
    open_prepared(ground, Arc::new(prepare(ground, passwords, new).await?)).await
}

/// Checks what a practice is to be set up with, and does the slow part. Stores nothing.
///
/// # Errors
/// [`Refusal::OutOfBounds`] names what is missing.
pub async fn prepare(ground: &Ground, passwords: &Passwords, new: NewPractice) -> Result<Prepared, Refusal> {
    let name = words::name(&new.name, "the practice's name: 1 to 200 visible characters")?.to_owned();
    words::name(&new.contact.practice, "the practice's contact: 1 to 200 visible characters")?;
    words::name(&new.contact.crisis, "the local crisis number: 1 to 200 visible characters")?;
    let therapist = staff::prepare(ground, passwords, new.therapist, Role::Therapist, &name).await?;
    Ok(Prepared { name, contact: new.contact, therapist })
}

/// Sets up what was prepared.
///
/// # Errors
/// [`Refusal::Conflict`] when there is a practice already.
pub async fn open_prepared(ground: &Ground, new: Arc<Prepared>) -> Result<Opened, Refusal> {
    let otpauth = new.otpauth()?;
    ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                if practices::find_first(tx).await?.is_some() {
                    return Err(Refusal::Conflict);
                }
                let practice = insert(ground, tx, &new.name, &new.contact).await?;
                let at = ground.clock.now();
                audit::append(tx, &AuditEntry::new(practice, at, Actor::Operator, Action::OpenPractice));
                let therapist = staff::insert(ground, tx, practice, &new.therapist).await?;
                Ok(Opened { practice, therapist, otpauth })
            })
        })
        .await
}

async fn insert(ground: &Ground, tx: &mut Tx, name: &str, contact: &Contact) -> Result<PracticeId, Refusal> {
    let at = ground.clock.now();
    let id = PracticeId::new(at, ground.entropy.bytes());
    let keys = ground.keys.create_practice(id)?;
    let practice = practices::Practice {
        id,
        version: 1,
        created_at: at,
        closed_at: None,
        held_at: None,
        name_sealed: Vec::new(),
        contact_sealed: Vec::new(),
        authority: keys.authority,
    };
    practices::insert(tx, &practice, &keys.wrapped_key).await?;
    let key = ground.keys.practice(tx, id).await?;
    let contact = serde_json::to_vec(contact).map_err(|_| StoreError::Inconsistent("practice"))?;
    let name_sealed = key.seal(&names::context(id), name.as_bytes());
    let contact_sealed = key.seal(&contact_context(id), &contact);
    practices::set_words(tx, id, &name_sealed, &contact_sealed).await?;
    Ok(id)
}

pub(in crate::domain) fn contact_context(practice: PracticeId) -> String {
    format!("practice.contact_sealed/{practice}")
}

/// Reads what the practice's people may know of it.
///
/// # Errors
/// [`Refusal::NotFound`] when there is no such practice.
pub async fn view(ground: &Ground, tx: &mut Tx, practice: PracticeId) -> Result<PracticeView, Refusal> {
    let stored = practices::find(tx, practice).await?.ok_or(Refusal::NotFound)?;
    let key = ground.keys.practice(tx, practice).await?;
    let name = key.open_text(&names::context(practice), &stored.name_sealed)?;
    let contact = key.open(&contact_context(practice), &stored.contact_sealed)?;
    let contact = serde_json::from_slice(&contact).map_err(|_| StoreError::Inconsistent("practice"))?;
    Ok(PracticeView { id: practice, name, contact, authority: stored.authority })
}

/// Reads the caller's practice.
///
/// # Errors
/// As [`view`].
pub async fn of_staff(ground: &Ground, caller: StaffCaller) -> Result<PracticeView, Refusal> {
    view(ground, &mut ground.db.read().await?, caller.practice).await
}
