//! Passwords: Argon2id with the parameters that OWASP asks for at least (19 MiB, two passes).

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
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
    /// Prepares the hash that stands in for unknown people.
    ///
    /// # Errors
    /// [`HashFailed`] when nothing can be hashed here at all.
    pub fn new(entropy: &Entropy) -> Result<Self, HashFailed> {
        let decoy = hash(&entropy.bytes::<32>(), &entropy.bytes())?.into();
        Ok(Self { slots: Arc::new(Semaphore::new(AT_ONCE)), decoy })
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
        let passwords = Passwords::new(&Entropy::seeded(1)).unwrap();
        let hash = passwords.hash(secret("correct horse battery"), [3; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(secret("correct horse battery"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(secret("correct horse batterz"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(secret("correct horse battery"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        let passwords = Passwords::new(&Entropy::seeded(1)).unwrap();
        let refused = passwords.hash(secret("elevenchars"), [3; 16]).await;
        assert!(matches!(refused, Err(Refusal::OutOfBounds(_))));
    }
}
