//! One-time codes by time (RFC 6238): six digits, SHA-1, steps of thirty seconds, as every authenticator ground reads them.

use sync_core::instant::Instant;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::nouns::Refusal;

/// How many bytes a secret has (RFC 4226 section 4: 160 bits are recommended).
pub const SECRET_LEN: usize = 20;

/// The step whose code this is, if it is the code of now or of one step beside it.
///
/// Who signs in stores the step and takes none that is not newer: a code that was seen over a shoulder is worth nothing.
///
/// # Errors
/// [`Refusal::Unavailable`] when the secret is no secret.
pub fn step_of(code: &str, secret: &[u8], now: Instant) -> Result<Option<i64>, Refusal> {
    let totp = totp(secret, None)?;
    let seconds = u64::try_from(now.as_millis() / 1_000).unwrap_or(0);
    let code = code.trim();
    if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(totp.check(code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// The code of an instant, as an authenticator ground shows it.
///
/// # Errors
/// [`Refusal::Unavailable`] when the secret is no secret.
pub fn code_at(secret: &[u8], at: Instant) -> Result<String, Refusal> {
    let seconds = u64::try_from(at.as_millis() / 1_000).unwrap_or(0);
    Ok(totp(secret, None)?.generate(seconds).to_string())
}

/// The `otpauth://` address that is shown once, as a QR code or text.
///
/// # Errors
/// [`Refusal::OutOfBounds`] when the account's name cannot stand in one.
pub fn otpauth_uri(secret: &[u8], account: &str) -> Result<Zeroizing<String>, Refusal> {
    totp(secret, Some(account))?
        .to_url()
        .map(Zeroizing::new)
        .map_err(|_| Refusal::OutOfBounds("an e-mail address without a colon"))
}

fn totp(secret: &[u8], account: Option<&str>) -> Result<Totp, Refusal> {
    let mut builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret.to_vec());
    if let Some(account) = account {
        builder = builder.with_account_name(account).with_issuer(Some("Refrain"));
    }
    builder.build().map_err(|_| Refusal::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        assert_eq!(code_at(SECRET, Instant::from_millis(59_000)).unwrap(), "287082");
        assert_eq!(code_at(SECRET, Instant::from_millis(1_111_111_109_000)).unwrap(), "081804");
    }

    #[test]
    fn a_code_counts_one_step_early_or_late_and_no_more() {
        let code = "287082";
        for (seconds, step) in [(0, Some(1)), (30, Some(1)), (89, Some(1)), (90, None)] {
            let now = Instant::from_millis(seconds * 1_000);
            assert_eq!(step_of(code, SECRET, now).unwrap(), step, "{seconds}");
        }
        assert_eq!(step_of("2870822", SECRET, Instant::from_millis(59_000)).unwrap(), None);
        assert_eq!(step_of("28708é", SECRET, Instant::from_millis(59_000)).unwrap(), None);
    }

    #[test]
    fn the_address_names_the_account() {
        let uri = otpauth_uri(SECRET, "ada@practice.example").unwrap();
        assert!(uri.starts_with("otpauth://totp/Refrain:ada%40practice.example?secret="), "{}", uri.as_str());
    }
}
