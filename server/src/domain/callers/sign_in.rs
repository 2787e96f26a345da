//! Signing in: the proof that a member of staff gives, and the limits that make guessing hopeless
//! without keeping its owner out.
//!
//! Every failure answers alike and takes the same time, whether the address is unknown or the
//! password wrong: a stranger must not learn the names of a clinic's staff. A member of staff whose
//! account has ended hears so once password and code are both right, so that their computer can
//! erase the work that it keeps.
//!
//! No person is locked out, because a stranger who knows an address could do that to its owner, and who
//! cannot sign in cannot take a clip back. Three counts make guessing slow instead:
//!
//! 1. A network has five tries for an address, and then waits longer after each (`waits.rs`).
//! 2. A browser in which its person has signed in before has tries of its own (`known_browsers.rs`).
//! 3. All other browsers together have a hundred failures for one person, and one more each quarter
//!    of an hour (`sign_in/askers.rs`). Beyond that they are refused unseen, and known browsers come
//!    in.

use std::net::IpAddr;

use sync_core::instant::{Instant, Span};
use zeroize::Zeroizing;

use super::{
    known_browsers::Browser,
    waits::{Asked, Waits},
};
use crate::{
    domain::{
        credentials::{one_time_code, password::Passwords, tokens::BearerToken},
        people::staff::{name_of, totp_context},
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller, failed_tries::Try},
    store::{
        self, Tx, Urgency, known_browsers,
        staff::Staff,
        tokens::{Owner, TokenKind},
    },
};

pub mod askers;

use askers::Asker;

/// How long a session lasts.
pub const SESSION_FOR: Span = Span::from_hours(12);
/// Somebody who says who they are, and proves it.
pub struct Attempt {
    /// The e-mail address.
    pub email: String,
    /// What proves it.
    pub proof: Proof,
    /// The network that they ask from.
    pub network: IpAddr,
    /// The browser that they ask with.
    pub browser: Browser,
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
    /// What the browser carries from now on, so that it is known.
    pub marks: String,
}

/// Opens a session.
///
/// # Errors
/// [`Refusal::SignInFailed`] or [`Refusal::SignInLocked`], which answer alike; [`Refusal::TooManyRequests`] while the network
/// or the known browser waits; [`Refusal::AccountEnded`].
pub async fn sign_in(
    ground: &Ground,
    passwords: &Passwords,
    waits: &Waits,
    attempt: Attempt,
) -> Result<SignedIn, Refusal> {
    let Attempt { email, proof: Proof::PasswordAndCode { password, code }, network, browser } = attempt;
    let login_tag = ground.keys.login_tag(&email);
    let (asked, now) = (Asked { login_tag, network }, ground.clock.now());
    let mut tx = ground.db.read().await?;
    let known = store::staff::by_login(&mut tx, &login_tag).await?;
    let asker = match (browser.may_try(&mut tx, now).await?, &known) {
        (Some(browser), Some(person)) => Asker::Known { browser, staff: person.id },
        _ => Asker::stranger(network, waits.begin(asked, now)?),
    };
    drop(tx);
    let hash = known.map(|staff| staff.credentials.password_hash);
    let proved = prove(ground, passwords, asker, login_tag, password.clone(), hash.clone(), code).await;
    if let Asker::Stranger { .. } = asker {
        match &proved {
            // The server could not look at it.
            Err(_) => waits.take_back(&asked),
            Ok(Ok(_)) => waits.forget(&asked),
            Ok(Err(_)) => {}
        }
    }
    let mut signed_in = proved??;
    signed_in.marks = browser.marks_of(ground, &login_tag);
    if let Some(hash) = hash
        && let Err(error) = renew_hash(ground, passwords, &signed_in.caller, password, hash).await
    {
        tracing::warn!(%error, "a password's hash was not renewed");
    }
    Ok(signed_in)
}

/// Checks password and code; the outer error is the server's own.
async fn prove(
    ground: &Ground,
    passwords: &Passwords,
    asker: Asker,
    login_tag: [u8; 32],
    password: Zeroizing<String>,
    hash: Option<String>,
    code: Zeroizing<String>,
) -> Result<Result<SignedIn, Refusal>, Refusal> {
    let right = passwords.verify(asker.lane(), password, hash).await?;
    ground
        .commit(Urgency::Grant.by(asker.payer()), move |ground, tx| {
            Box::pin(async move { decide(ground, tx, &login_tag, asker, right, &code).await })
        })
        .await
}

/// A hash that was made when hashes were cheaper is made anew, while the password is here.
async fn renew_hash(
    ground: &Ground,
    passwords: &Passwords,
    caller: &StaffCaller,
    password: Zeroizing<String>,
    old: String,
) -> Result<(), Refusal> {
    let Some(new) = passwords.renew(password, &old, ground.entropy.bytes()).await? else { return Ok(()) };
    let staff = caller.staff;
    let renew = ground.committer.commit::<_, Refusal, _>(Urgency::Grant.by(*caller), move |tx| {
        Box::pin(async move { Ok(store::staff::renew_password_hash(tx, staff, &old, &new).await?) })
    });
    renew.await
}

/// Ends a session.
///
/// # Errors
/// When it could not be committed.
pub async fn sign_out(ground: &Ground, caller: StaffCaller, token: BearerToken) -> Result<(), Refusal> {
    let at = ground.clock.now();
    ground
        .committer
        .commit(Urgency::Restriction.by(caller), move |tx| {
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
    asker: Asker,
    password_right: bool,
    code: &str,
) -> Result<Result<SignedIn, Refusal>, Refusal> {
    let now = ground.clock.now();
    let Some(staff) = lock_person(tx, login_tag).await? else {
        // A write as well: the answer must not come sooner than for a person who is on the staff.
        store::staff::note_unknown(tx).await?;
        ground.failed_tries.note(Try::SignIn, None, now);
        return Ok(Err(Refusal::SignInFailed));
    };
    if let Err(refusal) = asker.check_again(tx, &staff, now).await? {
        ground.failed_tries.note(Try::SignIn, Some(staff.id), now);
        return Ok(Err(refusal));
    }
    let key = ground.keys.practice(tx, staff.practice).await?;
    let secret = Zeroizing::new(key.open(&totp_context(staff.id), &staff.credentials.totp_sealed)?);
    let step = one_time_code::step_of(code, &secret, now)?;
    let Some(step) = step.filter(|step| password_right && *step > staff.credentials.totp_step) else {
        asker.note_failure(ground, tx, &staff, now).await?;
        return Ok(Err(Refusal::SignInFailed));
    };
    store::staff::note_success(tx, staff.id, step).await?;
    if let Asker::Known { browser, .. } = asker {
        known_browsers::note_success(tx, &browser).await?;
    }
    if staff.ended_at.is_some() {
        askers::append_failure(tx, &staff, now);
        return Ok(Err(Refusal::AccountEnded));
    }
    Ok(Ok(open_session(ground, tx, &staff, now).await?))
}

async fn lock_person(tx: &mut Tx, login_tag: &[u8]) -> Result<Option<Staff>, Refusal> {
    let Some(id) = store::staff::by_login(tx, login_tag).await?.map(|staff| staff.id) else {
        return Ok(None);
    };
    store::staff::lock(tx, id).await?;
    // Read again under the lock: another attempt may have been counted in between.
    Ok(store::staff::by_login(tx, login_tag).await?)
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
    Ok(SignedIn { token, expires_at, caller, name, marks: String::new() })
}
