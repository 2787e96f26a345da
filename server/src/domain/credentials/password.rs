//! Passwords: Argon2id with 64 MiB and three passes (RFC 9106 section 4, its second choice), on one lane.
//!
//! Each hash takes much memory and a core, so few run at once. Callers who are known have a queue
//! apart from strangers: a flood of strangers makes strangers wait. Both queues are bounded, and a
//! caller who finds theirs full hears so at once.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use thiserror::Error;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::password_rules::{self, PASSWORD_MAX};
use crate::nouns::{Refusal, entropy::Entropy};

const PASSES: u32 = 3;
/// How many hashes of one queue run at once.
const AT_ONCE: usize = 1;
/// How many callers wait in one queue, those at work with them: the last one for a few seconds.
const PLACES: usize = 16;

/// In which queue a caller waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Callers who have proved something: a browser that is known, a set-up code, the operator.
    Known,
    /// All others.
    Strangers,
}

/// Checks and hashes passwords on threads of their own, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    known: Queue,
    strangers: Queue,
    params: Params,
    /// A hash of nothing anybody knows: unknown people cost the same time.
    decoy: Arc<str>,
}

#[derive(Clone)]
struct Queue {
    places: Arc<Semaphore>,
    slots: Arc<Semaphore>,
}

impl Passwords {
    /// Prepares the hash that stands in for unknown people: random bytes in the shape of one, which no password fits.
    ///
    /// # Errors
    /// When no hash can be made with so little or so much memory.
    pub fn new(entropy: &Entropy, memory_kib: u32) -> Result<Self, HashFailed> {
        let params = Params::new(memory_kib, PASSES, 1, None).map_err(|_| HashFailed)?;
        let salt = BASE64_STANDARD_NO_PAD.encode(entropy.bytes::<16>());
        let output = BASE64_STANDARD_NO_PAD.encode(entropy.bytes::<32>());
        let decoy = format!("$argon2id$v=19$m={memory_kib},t={PASSES},p=1${salt}${output}").into();
        Ok(Self { known: Queue::new(), strangers: Queue::new(), params, decoy })
    }

    /// Hashes a new password into a PHC string. `names` are those of its owner and of the practice.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] when it is too short, too long or easily guessed.
    pub async fn hash(
        &self,
        password: Zeroizing<String>,
        names: &[&str],
        salt: [u8; 16],
    ) -> Result<String, Refusal> {
        password_rules::check(&password, names)?;
        self.hash_unchecked(password, salt).await
    }

    /// Hashes the password of somebody who has just signed in anew, if its hash costs less or more than new ones do.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when the work could not be done.
    pub async fn renew(
        &self,
        password: Zeroizing<String>,
        stored: &str,
        salt: [u8; 16],
    ) -> Result<Option<String>, Refusal> {
        if cost(stored) == cost(&self.decoy) {
            return Ok(None);
        }
        self.hash_unchecked(password, salt).await.map(Some)
    }

    /// Whether the password is that of the hash; without a hash the same work is done in vain.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when the queue is full, or the work could not be done.
    pub async fn verify(
        &self,
        lane: Lane,
        password: Zeroizing<String>,
        against: Option<String>,
    ) -> Result<bool, Refusal> {
        let decoy = Arc::clone(&self.decoy);
        let queue = match lane {
            Lane::Known => &self.known,
            Lane::Strangers => &self.strangers,
        };
        queue
            .work(move || {
                let against_decoy = against.is_none();
                let against = against.as_deref().unwrap_or(&decoy);
                let fits = password.len() <= PASSWORD_MAX;
                let password = if fits { password.as_bytes() } else { b"" };
                let right = Argon2::default().verify_password(password, against).is_ok();
                // A hash of older, cheaper parameters must not tell by its time that its person is on the staff.
                make_up(&decoy, against);
                right && fits && !against_decoy
            })
            .await
    }

    async fn hash_unchecked(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<String, Refusal> {
        let params = self.params.clone();
        let hashed = self.known.work(move || hash(params, password.as_bytes(), &salt)).await?;
        hashed.map_err(|_| Refusal::Unavailable)
    }
}

impl Queue {
    fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refusal::Unavailable)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| Refusal::Unavailable)?;
        // The thread holds both: a caller who hangs up leaves the work running, and the memory taken.
        let at_work = move || {
            let done = work();
            drop((slot, place));
            done
        };
        tokio::task::spawn_blocking(at_work).await.map_err(|_| Refusal::Unavailable)
    }
}

/// Argon2 could not be run: not enough memory, or parameters that are none.
#[derive(Debug, Error)]
#[error("passwords cannot be hashed")]
pub struct HashFailed;

fn hash(params: Params, password: &[u8], salt: &[u8; 16]) -> Result<String, HashFailed> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password_with_salt(password, salt).map_err(|_| HashFailed)?.to_string())
}

/// What a hash costs: memory in KiB and passes, as its PHC string names them.
fn cost(phc: &str) -> Option<(u32, u32)> {
    let parameters = phc.split('$').nth(3)?;
    let value = |name: &str| parameters.split(',').find_map(|part| part.strip_prefix(name))?.parse().ok();
    Some((value("m=")?, value("t=")?))
}

/// Does the work that one hash takes more than another: memory times passes is the time.
fn make_up(dearer: &str, cheaper: &str) {
    let Some(((m, t), (less_m, less_t))) = cost(dearer).zip(cost(cheaper)) else { return };
    let missing = (u64::from(m) * u64::from(t)).saturating_sub(u64::from(less_m) * u64::from(less_t));
    let Ok(memory) = u32::try_from(missing / u64::from(t.max(1))) else { return };
    // Below that Argon2 has no parameters, and no time to speak of either.
    if let Ok(params) = Params::new(memory, t, 1, None) {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let _ = argon2.hash_password_into(b"", &[0; 16], &mut [0; 32]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "correct horse battery";
    const NAMES: &[&str] = &[];

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    fn passwords() -> Passwords {
        Passwords::new(&Entropy::seeded(1), 64).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_is_right_and_nobody_has_one_that_fits() {
        let passwords = passwords();
        let hash = passwords.hash(secret(RIGHT), NAMES, [3; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=3,p=1$"), "{hash}");
        let verify = |password: &str, hash| passwords.verify(Lane::Strangers, secret(password), hash);
        assert!(verify(RIGHT, Some(hash.clone())).await.unwrap());
        assert!(!verify("correct horse batterz", Some(hash.clone())).await.unwrap());
        assert!(!verify(&"a".repeat(PASSWORD_MAX + 1), Some(hash)).await.unwrap());
        assert!(!verify(RIGHT, None).await.unwrap());
    }

    #[test]
    fn the_stand_in_is_hashed_against_like_any_hash() {
        let passwords = passwords();
        let refused = Argon2::default().verify_password(RIGHT.as_bytes(), &*passwords.decoy);
        // Not one of the errors that come before the work: then an unknown person would be answered sooner.
        assert!(matches!(refused, Err(argon2::password_hash::Error::PasswordInvalid)), "{refused:?}");
        let real = hash(passwords.params.clone(), RIGHT.as_bytes(), &[3; 16]).unwrap();
        let parameters = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&passwords.decoy), parameters(&real));
        assert_eq!(passwords.decoy.len(), real.len());
    }

    #[tokio::test]
    async fn a_hash_of_older_parameters_is_right_and_renewed_once() {
        let passwords = passwords();
        let old = hash(Params::new(32, 2, 1, None).unwrap(), RIGHT.as_bytes(), &[3; 16]).unwrap();
        assert_eq!(cost(&old), Some((32, 2)));
        assert!(passwords.verify(Lane::Known, secret(RIGHT), Some(old.clone())).await.unwrap());
        let new = passwords.renew(secret(RIGHT), &old, [4; 16]).await.unwrap().unwrap();
        assert_eq!(cost(&new), Some((64, 3)));
        assert!(passwords.verify(Lane::Known, secret(RIGHT), Some(new.clone())).await.unwrap());
        assert_eq!(passwords.renew(secret(RIGHT), &new, [5; 16]).await.unwrap(), None);
        // A short one that was taken before there was a rule is renewed, too.
        let short = hash(Params::new(32, 2, 1, None).unwrap(), b"elevenchars", &[3; 16]).unwrap();
        assert!(passwords.renew(secret("elevenchars"), &short, [4; 16]).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn strangers_fill_their_own_queue_and_hear_so_at_once() {
        let passwords = passwords();
        let hash = passwords.hash(secret(RIGHT), NAMES, [3; 16]).await.unwrap();
        let _flood = Arc::clone(&passwords.strangers.places).try_acquire_many_owned(PLACES as u32).unwrap();
        let _at_work = Arc::clone(&passwords.strangers.slots).try_acquire_many_owned(AT_ONCE as u32).unwrap();
        let stranger = passwords.verify(Lane::Strangers, secret(RIGHT), Some(hash.clone())).await;
        assert!(matches!(stranger, Err(Refusal::Unavailable)), "{stranger:?}");
        assert!(passwords.verify(Lane::Known, secret(RIGHT), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_that_is_easily_guessed_is_refused() {
        let passwords = passwords();
        for refused in ["fourteen chars", "password1234567"] {
            let answer = passwords.hash(secret(refused), NAMES, [3; 16]).await;
            assert!(matches!(answer, Err(Refusal::OutOfBounds(_))), "{refused}");
        }
    }
}
