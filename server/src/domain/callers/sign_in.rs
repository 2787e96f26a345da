//! Signing in: the proof that a member of staff gives, and the limits that make guessing hopeless.
//!
//! Every failure answers alike and takes the same time, whether the address is unknown, the
//! password wrong or the person locked: a stranger must not learn the names of a clinic's staff. A
//! member of staff whose account has ended hears so once password and code are both right, so that
//! their computer can erase the work that it keeps. Five failures within a quarter of an hour lock
//! a person for a quarter of an hour. Open sessions stay open, so that locking a therapist out
//! takes nothing from clients.

use sync_core::instant::{Instant, Span};
use zeroize::Zeroizing;

use crate::{
    domain::{
        credentials::{one_time_code, password::Passwords, tokens::BearerToken},
        people::staff::{name_of, totp_context},
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{
        self, Tx, Urgency, practices,
        staff::{Credentials, Staff},
        tokens::{Owner, TokenKind},
    },
};

/// How long a session lasts.
pub const SESSION_FOR: Span = Span::from_hours(12);
/// How many failures lock a person.
pub const FAILURES_MAX: i64 = 5;
/// For how long, and how long failures are remembered.
pub const LOCKED_FOR: Span = Span::from_mins(15);

/// Somebody who says who they are, and proves it.
pub struct Attempt {
    /// The e-mail address.
    pub email: String,
    /// What proves it.
    pub proof: Proof,
}

/// What proves a person; passkeys will be another variant.
pub enum Proof {
    /// A password, and a one-time code of an authenticator ground.
    PasswordAndCode {
        /// The password.
        password: Zeroizing<String>,
        /// Six digits.
        code: Zeroizing<String>,
    },
}

/// An open session.
pub struct SignedIn {
    /// What the console sends with each request.
    pub token: BearerToken,
    /// When the session ends by itself.
    pub expires_at: Instant,
    /// Who it is.
    pub caller: StaffCaller,
    /// Their name.
    pub name: String,
}

/// Opens a session.
///
/// # Errors
/// [`Refusal::SignInFailed`] or [`Refusal::SignInLocked`], which answer alike; [`Refusal::AccountEnded`].
pub async fn sign_in(ground: &Ground, passwords: &Passwords, attempt: Attempt) -> Result<SignedIn, Refusal> {
    let Proof::PasswordAndCode { password, code } = attempt.proof;
    let login_tag = ground.keys.login_tag(&attempt.email);
    let mut tx = ground.db.read().await?;
    let known = store::staff::by_login(&mut tx, &login_tag).await?;
    drop(tx);
    let password_hash = known.map(|staff| staff.credentials.password_hash);
    let right = passwords.verify(password, password_hash).await?;
    ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move { decide(ground, tx, &login_tag, right, &code).await })
        })
        .await?
}

/// Ends a session.
///
/// # Errors
/// When it could not be committed.
pub async fn sign_out(ground: &Ground, caller: StaffCaller, token: BearerToken) -> Result<(), Refusal> {
    let at = ground.clock.now();
    ground
        .committer
        .commit(Urgency::Restriction, move |tx| {
            Box::pin(async move {
                if store::tokens::end(tx, &token.hash(), TokenKind::Session, at).await? {
                    let actor = Actor::from(&caller);
                    audit::append(tx, &AuditEntry::new(caller.practice, at, actor, Action::SignOut));
                }
                Ok(())
            })
        })
        .await
}

/// Decides in the transaction: a failure is committed as well, because it is counted.
async fn decide(
    ground: &Ground,
    tx: &mut Tx,
    login_tag: &[u8],
    password_right: bool,
    code: &str,
) -> Result<Result<SignedIn, Refusal>, Refusal> {
    let now = ground.clock.now();
    let Some(staff) = lock_person(tx, login_tag).await? else {
        note_stranger(tx, now).await?;
        return Ok(Err(Refusal::SignInFailed));
    };
    let failures = recent_failures(&staff.credentials, now);
    if failures >= FAILURES_MAX {
        note_failed(tx, &staff, now);
        return Ok(Err(Refusal::SignInLocked));
    }
    let key = ground.keys.practice(tx, staff.practice).await?;
    let secret = Zeroizing::new(key.open(&totp_context(staff.id), &staff.credentials.totp_sealed)?);
    let step = one_time_code::step_of(code, &secret, now)?;
    match step.filter(|step| password_right && *step > staff.credentials.totp_step) {
        Some(step) => {
            store::staff::note_success(tx, staff.id, step).await?;
            if staff.ended_at.is_some() {
                note_failed(tx, &staff, now);
                return Ok(Err(Refusal::AccountEnded));
            }
            Ok(Ok(open_session(ground, tx, &staff, now).await?))
        }
        None => {
            store::staff::note_failure(tx, staff.id, failures + 1, now).await?;
            note_failed(tx, &staff, now);
            Ok(Err(Refusal::SignInFailed))
        }
    }
}

async fn lock_person(tx: &mut Tx, login_tag: &[u8]) -> Result<Option<Staff>, Refusal> {
    let Some(id) = store::staff::by_login(tx, login_tag).await?.map(|staff| staff.id) else {
        return Ok(None);
    };
    store::staff::lock(tx, id).await?;
    // Read again under the lock: another attempt may have been counted in between.
    Ok(store::staff::by_login(tx, login_tag).await?)
}

/// Failures within the last quarter of an hour; a person who is locked is free again after one.
fn recent_failures(credentials: &Credentials, now: Instant) -> i64 {
    match credentials.failed_at {
        Some(failed_at) if now < failed_at + LOCKED_FOR => credentials.failed_count,
        _ => 0,
    }
}

async fn open_session(
    ground: &Ground,
    tx: &mut Tx,
    staff: &Staff,
    now: Instant,
) -> Result<SignedIn, Refusal> {
    let token = BearerToken::new(ground.entropy.bytes());
    let owner = Owner::Staff(staff.id);
    let expires_at = now + SESSION_FOR;
    store::tokens::forget_stopped(tx, owner, now).await?;
    store::tokens::insert(tx, &token.hash(), TokenKind::Session, owner, now, Some(expires_at)).await?;
    let caller = StaffCaller { staff: staff.id, practice: staff.practice, role: staff.role };
    audit::append(tx, &AuditEntry::new(staff.practice, now, Actor::from(&caller), Action::SignIn));
    let name = name_of(ground, tx, staff).await?;
    Ok(SignedIn { token, expires_at, caller, name })
}

fn note_failed(tx: &mut Tx, staff: &Staff, now: Instant) {
    let entry = AuditEntry::new(staff.practice, now, Actor::Stranger, Action::FailSignIn);
    audit::append(tx, &entry.about(staff.id));
}

/// An unknown address is written down like a known one: the write costs the same time.
async fn note_stranger(tx: &mut Tx, now: Instant) -> Result<(), Refusal> {
    if let Some(practice) = practices::find_first(tx).await? {
        audit::append(tx, &AuditEntry::new(practice, now, Actor::Stranger, Action::FailSignIn));
    }
    Ok(())
}
