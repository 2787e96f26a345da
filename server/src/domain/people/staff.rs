//! Members of staff: how they are added.

use sync_core::policy::Role;

use sync_core::{
    id::{PracticeId, StaffId},
    instant::Instant,
};
use zeroize::Zeroizing;

use super::names;
use crate::{
    domain::{
        credentials::{one_time_code, password::Passwords},
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, words},
    store::{self, Tx, Urgency},
};

/// A person who is to be added.
pub struct NewStaff {
    /// The e-mail address with which they sign in; only its keyed hash is stored.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their first password.
    pub password: Zeroizing<String>,
}

/// A person whose password is hashed and whose secret is drawn: the slow part, before any transaction.
pub(in crate::domain) struct Prepared {
    id: StaffId,
    role: Role,
    at: Instant,
    email: String,
    name: String,
    password_hash: String,
    totp: Zeroizing<[u8; one_time_code::SECRET_LEN]>,
}

impl Prepared {
    /// The address for their authenticator ground.
    pub(in crate::domain) fn otpauth(&self) -> Result<Zeroizing<String>, Refusal> {
        one_time_code::otpauth_uri(self.totp.as_slice(), &self.email)
    }

    /// Whether their authenticator ground has it.
    pub(in crate::domain) fn is_proved_by(&self, digits: &str, now: Instant) -> Result<bool, Refusal> {
        Ok(one_time_code::step_of(digits, self.totp.as_slice(), now)?.is_some())
    }
}

/// Adds a member of staff to a practice; gives their id and the `otpauth://` address, which is shown once.
///
/// # Errors
/// [`Refusal::Conflict`] when the address is taken; [`Refusal::OutOfBounds`] names what does not fit.
pub async fn add(
    ground: &Ground,
    passwords: &Passwords,
    practice: PracticeId,
    new: NewStaff,
    role: Role,
) -> Result<(StaffId, Zeroizing<String>), Refusal> {
    let mut tx = ground.db.read().await?;
    let name = names::of_practice(ground, &mut tx, practice).await?;
    drop(tx);
    let prepared = prepare(ground, passwords, new, role, &name).await?;
    let otpauth = prepared.otpauth()?;
    let id = ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move { insert(ground, tx, practice, &prepared).await })
        })
        .await?;
    Ok((id, otpauth))
}

pub(in crate::domain) async fn prepare(
    ground: &Ground,
    passwords: &Passwords,
    new: NewStaff,
    role: Role,
    practice: &str,
) -> Result<Prepared, Refusal> {
    const EMAIL_RULE: &str = "an e-mail address";
    let email = words::name(&new.email, EMAIL_RULE)?.to_owned();
    if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        return Err(Refusal::OutOfBounds(EMAIL_RULE));
    }
    let name = words::name(&new.name, "the person's name: 1 to 200 visible characters")?.to_owned();
    let password_hash =
        passwords.hash(new.password, &[&email, &name, practice], ground.entropy.bytes()).await?;
    let at = ground.clock.now();
    let id = StaffId::new(at, ground.entropy.bytes());
    Ok(Prepared { id, role, at, email, name, password_hash, totp: Zeroizing::new(ground.entropy.bytes()) })
}

pub(in crate::domain) async fn insert(
    ground: &Ground,
    tx: &mut Tx,
    practice: PracticeId,
    new: &Prepared,
) -> Result<StaffId, Refusal> {
    let key = ground.keys.practice(tx, practice).await?;
    let row = store::staff::NewStaff {
        id: new.id,
        practice,
        role: new.role,
        at: new.at,
        login_tag: &ground.keys.login_tag(&new.email),
        name_sealed: &key.seal(&name_context(new.id), new.name.as_bytes()),
        password_hash: &new.password_hash,
        totp_sealed: &key.seal(&totp_context(new.id), new.totp.as_slice()),
    };
    store::staff::insert(tx, &row).await?;
    let entry = AuditEntry::new(practice, new.at, Actor::Operator, Action::AddStaff).about(new.id);
    audit::append(tx, &entry);
    Ok(new.id)
}

/// A member of staff's name.
pub(in crate::domain) async fn name_of(
    ground: &Ground,
    tx: &mut Tx,
    staff: &store::staff::Staff,
) -> Result<String, Refusal> {
    let key = ground.keys.practice(tx, staff.practice).await?;
    Ok(key.open_text(&name_context(staff.id), &staff.name_sealed)?)
}

pub(in crate::domain) fn totp_context(staff: StaffId) -> String {
    format!("staff.totp_sealed/{staff}")
}

pub(in crate::domain) fn name_context(staff: StaffId) -> String {
    format!("staff.name_sealed/{staff}")
}
