//! Set-up in the browser: the practice and its first therapist, by a caller with the code that the
//! server has written into a file.
//!
//! There is a code only while there is no practice. It lies in a file that its owner alone can read,
//! and goes with its use or with the server's stop; another start makes another one. Wrong tries end
//! nothing, or any stranger could end set-up: they are counted by address, and a code has 60 random
//! bits. The typed data waits in memory until the authenticator has proved itself, so that a practice
//! never begins with a therapist who cannot sign in.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use subtle::ConstantTimeEq;
use sync_core::pairing_code::PairingCode;
use zeroize::Zeroizing;

use crate::{
    domain::{
        credentials::password::Passwords,
        people::practice::{self, NewPractice, Prepared},
    },
    ground::Ground,
    nouns::{Refusal, durable, entropy::Entropy},
    store::practices,
};

/// The name of the code's file.
const FILE: &str = "set-up-code";

/// What is needed to set up, while it can be.
#[derive(Default)]
pub struct SetUp(Mutex<Option<Waiting>>);

struct Waiting {
    code: PairingCode,
    file: PathBuf,
    /// What was typed under the code, last.
    prepared: Option<Arc<Prepared>>,
}

impl SetUp {
    /// Opens set-up with a fresh code; gives the file that has it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn open(&self, dir: &Path, entropy: &Entropy) -> io::Result<PathBuf> {
        let (code, file) = (PairingCode::new(entropy.bytes()), dir.join(FILE));
        // Of a server that was killed.
        durable::remove(&file)?;
        durable::create(&file, &format!("{}\n", code.shown().as_str()), entropy)?;
        *self.lock() = Some(Waiting { code, file: file.clone(), prepared: None });
        Ok(file)
    }

    /// Whether it can be.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.lock().is_some()
    }

    /// Ends it, and takes the file away.
    pub fn close(&self) {
        if let Some(Waiting { file, .. }) = self.lock().take()
            && durable::remove(&file).is_err()
        {
            tracing::warn!("the file of the set-up code could not be removed; it opens nothing any more");
        }
    }

    /// Does something under the code, if it is the one.
    fn under<T>(&self, typed: &str, work: impl FnOnce(&mut Waiting) -> T) -> Result<T, Refusal> {
        let mut waiting = self.lock();
        let found = waiting.as_mut().ok_or(Refusal::CodeNotValid)?;
        let is_it = PairingCode::parse(typed).is_some_and(|typed| {
            let same = |a: &str, b: &str| a.as_bytes().ct_eq(b.as_bytes());
            let code = &found.code;
            bool::from(same(typed.locator(), code.locator()) & same(typed.secret(), code.secret()))
        });
        if is_it { Ok(work(found)) } else { Err(Refusal::CodeNotValid) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what a practice is set up with; gives the address for the therapist's authenticator. Nothing is stored yet. Asked
/// again, what was typed last counts.
///
/// # Errors
/// [`Refusal::CodeNotValid`]; [`Refusal::OutOfBounds`] names what does not fit; [`Refusal::Conflict`] when another server
/// on this database has set it up meanwhile.
pub async fn prepare(
    ground: &Ground,
    passwords: &Passwords,
    set_up: &SetUp,
    code: &str,
    new: NewPractice,
) -> Result<Zeroizing<String>, Refusal> {
    // Before the slow part, which is not for everybody.
    set_up.under(code, |_| ())?;
    let mut tx = ground.db.read().await?;
    if practices::find_first(&mut tx).await?.is_some() {
        set_up.close();
        return Err(Refusal::Conflict);
    }
    drop(tx);
    let prepared = practice::prepare(ground, passwords, new).await?;
    let otpauth = prepared.otpauth()?;
    set_up.under(code, |waiting| waiting.prepared = Some(Arc::new(prepared)))?;
    Ok(otpauth)
}

/// Sets the practice up, once its first therapist's authenticator shows the right digits. Ends the code.
///
/// # Errors
/// [`Refusal::CodeNotValid`], also when nothing was prepared; [`Refusal::ProofNotRight`] for other digits;
/// [`Refusal::Conflict`] when there is a practice already.
pub async fn finish(ground: &Ground, set_up: &SetUp, code: &str, digits: &str) -> Result<(), Refusal> {
    let prepared = set_up.under(code, |waiting| waiting.prepared.clone())?;
    let prepared = prepared.ok_or(Refusal::CodeNotValid)?;
    if !prepared.is_proved_by(digits, ground.clock.now())? {
        return Err(Refusal::ProofNotRight);
    }
    match practice::open_prepared(ground, prepared).await {
        Ok(_) => {
            set_up.close();
            Ok(())
        }
        Err(Refusal::Conflict) => {
            set_up.close();
            Err(Refusal::Conflict)
        }
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests;
