//! Signed statements and leases.

use sync_core::{
    clock::Clock,
    device::{Companion, Identity},
    lease::{Batch, Denial, LeaseHeader, PracticeKeys, Receipt, Rotation, Sealed, Signed, Tag},
};

use super::world::{DEVICE, NONCE, PRACTICE, exchange_key, key};

/// The wire form of a statement, whoever signed it.
pub fn signed(bytes: &[u8]) {
    let Ok(signed) = Signed::decode(bytes) else { return };
    assert_eq!(signed.encode(), bytes);
    read(&signed);
}

/// A body that is validly signed; the first byte says as what.
pub fn statement(bytes: &[u8]) {
    let Some((tag, body)) = bytes.split_first() else { return };
    let tags = [Tag::Batch, Tag::Denial, Tag::Receipt, Tag::Rotation];
    read(&Signed::sign(tags[usize::from(*tag) % tags.len()], body.to_vec(), key()));
}

fn read(signed: &Signed) {
    let authority = key().verifying_key();
    if let Ok(denial) = Denial::open(signed, authority) {
        assert_eq!(denial.sign(key()).body, signed.body);
    }
    if let Ok(receipt) = Receipt::open(signed, authority) {
        assert_eq!(receipt.body(), signed.body);
    }
    if let Ok(rotation) = Rotation::open(signed, authority) {
        assert_eq!(rotation.sign(key()).body, signed.body);
        let mut keys = PracticeKeys::pinned(*authority, 0);
        if keys.follow(PRACTICE, std::slice::from_ref(signed)) == Ok(true) {
            assert_eq!(keys.newest(), &rotation.to);
        }
    }
    if let Ok(batch) = Batch::read(signed, authority, PRACTICE, DEVICE, &exchange_key(), &NONCE) {
        assert!(batch.items.iter().all(|item| item.header.device == DEVICE));
        assert!(batch.items.iter().all(|item| item.header.encode() == item.header_bytes));
    }
}

/// The two parts of a lease, and what a device keeps across runs.
pub fn lease(bytes: &[u8]) {
    if let Ok(header) = LeaseHeader::decode(bytes) {
        assert_eq!(header.encode(), bytes);
    }
    if let Ok(sealed) = Sealed::decode(bytes) {
        assert_eq!(sealed.encode().as_slice(), bytes);
    }
    if let Ok(mut clock) = Clock::restore(bytes) {
        assert_eq!(clock.persist().as_deref(), Some(bytes));
    }
    let identity = Identity {
        device: DEVICE,
        practice: PRACTICE,
        exchange_key: exchange_key(),
        authority: *key().verifying_key(),
        rotations: 0,
    };
    if let Ok(mut companion) = Companion::restore(identity.clone(), bytes) {
        let _ = companion.resume();
        let saved = companion.save();
        assert!(Companion::restore(identity, &saved).is_ok_and(|mut again| again.save() == saved));
    }
}
