//! Facts of the documents, the names by which they go, and the codes by which devices come.

use sync_core::{
    documents::{DocumentId, Letter, Note, PlayKey},
    id::{DeviceId, EntryId, ReleaseId},
    orders::{Entry, Orders},
    pairing_code::PairingCode,
};

use super::world::{entries, entry as id, release};

/// An entry, a letter or a note: whatever is read is the one encoding of what it says, and revokes nothing away.
pub fn entry(bytes: &[u8]) {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(entry.encode(), bytes);
    }
    if let Ok(letter) = Letter::decode(bytes) {
        assert_eq!(letter.encode(), bytes);
    }
    if let Ok(note) = Note::decode(bytes) {
        assert_eq!(note.encode(), bytes);
    }
    let mut all = entries();
    all.push((id(9), bytes.to_vec()));
    let orders = Orders::fold_encoded(all.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    assert!(orders.releases[&release(2)].revoked);
    assert_eq!(orders.unreadable, Entry::decode(bytes).is_err());
}

/// A name: what is read has one spelling.
pub fn name(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let spellings = [
        DocumentId::parse(text).map(|id| id.to_string()).ok(),
        EntryId::parse(text).map(|id| id.to_string()).ok(),
        ReleaseId::parse(text).map(|id| id.to_string()).ok(),
        DeviceId::parse(text).map(|id| id.to_string()).ok(),
        PlayKey::parse(text).map(|key| key.to_string()),
    ];
    assert!(spellings.into_iter().flatten().all(|spelling| spelling == text));
}

/// A pairing code: what is one is said a second time, naively, and shown in the one spelling that reads as the same code.
pub fn code(bytes: &[u8]) {
    let Ok(typed) = str::from_utf8(bytes) else { return };
    let symbols: String =
        typed.chars().filter(|c| !c.is_whitespace() && !"-\u{2010}\u{2013}".contains(*c)).collect();
    let is_symbol = |c: char| c.is_ascii_alphanumeric() && !matches!(c, 'U' | 'u');
    let is_code = symbols.len() == 12 && symbols.chars().all(is_symbol);
    let Some(code) = PairingCode::parse(typed) else { return assert!(!is_code) };
    assert!(is_code);
    let meant = symbols.to_ascii_uppercase().replace('O', "0").replace(['I', 'L'], "1");
    assert_eq!([code.locator(), code.secret()].concat(), meant);
    let shown = code.shown();
    assert_eq!(shown.replace('-', ""), meant);
    let again = PairingCode::parse(&shown).expect("what is shown can be typed");
    assert_eq!((again.locator(), again.secret()), (code.locator(), code.secret()));
}
