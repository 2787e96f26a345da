//! Facts of the documents, and the names by which they go.

use sync_core::{
    documents::{DocumentId, Letter, Note, PlayKey},
    id::{DeviceId, EntryId, ReleaseId},
    orders::{Entry, Orders},
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
