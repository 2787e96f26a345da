//! The code that a person types to pair a phone: `XXXX-XXXX-XXXX`, made to be read aloud.
//!
//! The first four symbols find the invitation, the other eight (40 bits) prove it. Crockford's base
//! 32 leaves out I, L, O and U; a letter that people type instead of a digit is read as the digit.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LOCATOR_LEN: usize = 4;
const SECRET_LEN: usize = 8;

/// A pairing code, whole. Has no `Debug`, so that it cannot reach a log.
pub struct PairingCode {
    symbols: Zeroizing<String>,
}

impl PairingCode {
    /// Makes a code of random bytes, five bits of each.
    #[must_use]
    pub fn new(random: [u8; LOCATOR_LEN + SECRET_LEN]) -> Self {
        let symbols = random.iter().map(|byte| symbol(*byte)).collect();
        Self { symbols: Zeroizing::new(symbols) }
    }

    /// Reads what a person typed: any case, O for 0, I and L for 1, dashes and spaces anywhere; `None` when it is no
    /// code at all.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut symbols = Zeroizing::new(String::with_capacity(LOCATOR_LEN + SECRET_LEN));
        for typed in typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–')) {
            if symbols.len() == LOCATOR_LEN + SECRET_LEN {
                return None;
            }
            let meant = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !meant.is_ascii() || !ALPHABET.contains(&(meant as u8)) {
                return None;
            }
            symbols.push(meant);
        }
        (symbols.len() == LOCATOR_LEN + SECRET_LEN).then_some(Self { symbols })
    }

    /// The half that finds the invitation.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.symbols[..LOCATOR_LEN]
    }

    /// The half that proves it.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.symbols[LOCATOR_LEN..]
    }

    /// The code as it is shown.
    #[must_use]
    pub fn shown(&self) -> Zeroizing<String> {
        let (first, rest) = self.symbols.split_at(LOCATOR_LEN);
        let (second, third) = rest.split_at(SECRET_LEN / 2);
        Zeroizing::new(format!("{first}-{second}-{third}"))
    }
}

fn symbol(byte: u8) -> char {
    char::from(ALPHABET[usize::from(byte & 31)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = PairingCode::new([0, 1, 10, 31, 32, 1, 0, 18, 20, 21, 22, 23]);
        assert_eq!(code.shown().as_str(), "01AZ-010J-MNPQ");
        for typed in ["01AZ-010J-MNPQ", "01az010jmnpq", " o1az  oLoj mnpq", "OIAZ–010J–MNPQ"] {
            let read = PairingCode::parse(typed).unwrap();
            assert_eq!((read.locator(), read.secret()), ("01AZ", "010JMNPQ"), "{typed}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in
            ["", "01AZ-010J-MNP", "01AZ-010J-MNPQR", "01AZ-010J-MNPU", "01AZ-010J-MNP€", "é1AZ-010J-MNPQ"]
        {
            assert!(PairingCode::parse(typed).is_none(), "{typed}");
        }
    }
}
