//! Passwords: Argon2id with the parameters that OWASP asks for at least (19 MiB, two passes).

use std::sync::Arc;

use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use thiserror::Error;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::nouns::{Refusal, entropy::Entropy};

/// The shortest password that is taken, in characters (NIST SP 800-63B section 3.1.1.2: 15 alone, 8 beside a second factor).
pub const PASSWORD_MIN: usize = 12;
/// The longest, so that nobody sends a megabyte to be hashed.
pub const PASSWORD_MAX: usize = 256;

/// How many hashes run at once: each takes a core and 19 MiB for tens of milliseconds.
const AT_ONCE: usize = 2;

/// Checks and hashes passwords on threads of their own, a few at a time.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// A hash of nothing anybody knows: unknown people cost the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// Prepares the hash that stands in for unknown people: random bytes in the shape of one, which no password fits.
    #[must_use]
    pub fn new(entropy: &Entropy) -> Self {
        let params = Params::default();
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        let salt = BASE64_STANDARD_NO_PAD.encode(entropy.bytes::<16>());
        let output = BASE64_STANDARD_NO_PAD.encode(entropy.bytes::<32>());
        let decoy = format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}");
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), decoy: decoy.into() }
    }

    /// Hashes a new password into a PHC string.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] when it is too short or too long.
    pub async fn hash(&self, password: Zeroizing<String>, salt: [u8; 16]) -> Result<String, Refusal> {
        if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
            return Err(Refusal::OutOfBounds("a password has 12 to 256 characters"));
        }
        self.on_a_thread(move || hash(password.as_bytes(), &salt)).await?.map_err(|_| Refusal::Unavailable)
    }

    /// Whether the password is that of the hash; without a hash the same work is done in vain.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when the work could not be done.
    pub async fn verify(
        &self,
        password: Zeroizing<String>,
        against: Option<String>,
    ) -> Result<bool, Refusal> {
        let decoy = Arc::clone(&self.decoy);
        self.on_a_thread(move || {
            let against_decoy = against.is_none();
            let against = against.as_deref().unwrap_or(&decoy);
            let right = password.len() <= PASSWORD_MAX
                && Argon2::default().verify_password(password.as_bytes(), against).is_ok();
            right && !against_decoy
        })
        .await
    }

    async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _slot = self.slots.acquire().await.map_err(|_| Refusal::Unavailable)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Unavailable)
    }
}

/// Argon2 could not be run: not enough memory.
#[derive(Debug, Error)]
#[error("passwords cannot be hashed")]
pub struct HashFailed;

fn hash(password: &[u8], salt: &[u8; 16]) -> Result<String, HashFailed> {
    let hash = Argon2::default().hash_password_with_salt(password, salt).map_err(|_| HashFailed)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_is_right_and_nobody_has_one_that_fits() {
        let passwords = Passwords::new(&Entropy::seeded(1));
        let hash = passwords.hash(secret("correct horse battery"), [3; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(secret("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(secret("correct horse batterz"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(secret("correct horse battery"), None).await.unwrap());
    }

    #[test]
    fn the_stand_in_is_hashed_against_like_any_hash() {
        let passwords = Passwords::new(&Entropy::seeded(1));
        let refused = Argon2::default().verify_password(b"correct horse battery", &*passwords.decoy);
        // Not one of the errors that come before the work: then an unknown person would be answered sooner.
        assert!(matches!(refused, Err(argon2::password_hash::Error::PasswordInvalid)), "{refused:?}");
        let real = hash(b"correct horse battery", &[3; 16]).unwrap();
        let parameters = |text: &str| text.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(&passwords.decoy), parameters(&real));
        assert_eq!(passwords.decoy.len(), real.len());
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        let passwords = Passwords::new(&Entropy::seeded(1));
        let refused = passwords.hash(secret("elevenchars"), [3; 16]).await;
        assert!(matches!(refused, Err(Refusal::OutOfBounds(_))));
    }
}
