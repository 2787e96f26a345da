//! The end of a certificate: told weeks ahead, because phones take nothing from a server after it.

use std::{io, path::Path};

use sync_core::instant::{Instant, Span};
use x509_parser::{parse_x509_certificate, pem::parse_x509_pem};

/// From when on the end is told.
pub const TOLD_BEFORE: Span = Span::from_days(30);

/// When the first certificate of a PEM file ends (RFC 5280 section 4.1.2.5).
///
/// # Errors
/// When the file cannot be read, or has no certificate.
pub fn ends_at(pem: &Path) -> io::Result<Instant> {
    let text = std::fs::read(pem)?;
    let none = || io::Error::from(io::ErrorKind::InvalidData);
    let (_, block) = parse_x509_pem(&text).map_err(|_| none())?;
    let (_, certificate) = parse_x509_certificate(&block.contents).map_err(|_| none())?;
    Ok(Instant::from_millis(certificate.validity().not_after.timestamp().saturating_mul(1_000)))
}

/// How many days a certificate has left, where that is to be told; 0 if it has ended.
#[must_use]
pub fn days_to_tell(ends_at: Instant, now: Instant) -> Option<u64> {
    let left = ends_at.since(now);
    (left < TOLD_BEFORE).then(|| left.as_millis() / Span::from_days(1).as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_from_thirty_days_on() {
        let now = Instant::from_millis(1_900_000_000_000);
        let told = |left| days_to_tell(now + left, now);
        assert_eq!(told(Span::from_days(31)), None);
        assert_eq!(told(Span::from_days(29)), Some(29));
        assert_eq!(told(Span::from_hours(3)), Some(0));
        assert_eq!(days_to_tell(now - Span::from_days(3), now), Some(0));
    }
}
