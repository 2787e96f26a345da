//! Views over real automerge documents. Invariant I4: no words in the shelf.

mod round_trips;
mod successors;

use automerge::{ActorId, ROOT, ReadDoc, ScalarValue, transaction::Transactable};

use super::*;
use crate::{
    fixtures::*,
    id::ReleaseId,
    instant::{Instant, Span},
    lease::Marks,
    orders::Orders,
    vocabulary::Vocabulary,
};

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 16])
}

fn item(state: ShelfState) -> ShelfItem {
    ShelfItem {
        clip: clip(1),
        state,
        not_before: Some(NOON),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(2),
    }
}

fn shelf(items: &[(u8, ShelfItem)]) -> Shelf {
    Shelf(items.iter().map(|(n, item)| (release(*n), item.clone())).collect())
}

#[test]
fn a_shelf_reads_back_what_was_written_and_writes_nothing_twice() {
    let mut document = create(Kind::Shelf, actor(1)).unwrap();
    let bare = ShelfItem { not_before: None, daily_limit: None, ..item(ShelfState::Live) };
    let mut wanted = shelf(&[(1, item(ShelfState::Live)), (2, bare)]);
    assert!(wanted.write(&mut document).unwrap());
    assert_eq!(Shelf::read(&document), wanted);
    let heads = document.get_heads();
    assert!(!wanted.write(&mut document).unwrap());
    assert_eq!(document.get_heads(), heads);
    let changed = wanted.0.get_mut(&release(1)).unwrap();
    (changed.daily_limit, changed.not_before, changed.state) = (None, None, ShelfState::Ended);
    assert!(wanted.write(&mut document).unwrap());
    assert_eq!(Shelf::read(&document), wanted);
}

#[test]
fn i4_no_words_in_the_shelf() {
    let mut document = create(Kind::Shelf, actor(1)).unwrap();
    shelf(&[(1, item(ShelfState::Live)), (2, item(ShelfState::Paused))]).write(&mut document).unwrap();
    let releases = document.get(ROOT, "releases").unwrap().unwrap().1;
    for key in document.keys(&releases) {
        assert!(ReleaseId::parse(&key).is_ok());
        let object = document.get(&releases, key.as_str()).unwrap().unwrap().1;
        for field in document.keys(&object) {
            for (value, _) in document.get_all(&object, field.as_str()).unwrap() {
                let allowed = match value.as_str() {
                    Some(text) => ShelfState::parse(text).is_some() || crate::id::ClipId::parse(text).is_ok(),
                    None => value.is_int() || value.is_null(),
                };
                assert!(allowed, "{field} says {value}");
            }
        }
    }
}

#[test]
fn what_the_shelf_no_longer_names_is_over() {
    let mut document = create(Kind::Shelf, actor(1)).unwrap();
    shelf(&[(1, item(ShelfState::Live)), (2, item(ShelfState::Live))]).write(&mut document).unwrap();
    assert!(shelf(&[(2, item(ShelfState::Live))]).write(&mut document).unwrap());
    assert_eq!(Shelf::read(&document).0[&release(1)].state, ShelfState::Ended);
    assert!(!shelf(&[(2, item(ShelfState::Live))]).write(&mut document).unwrap());
}

#[test]
fn a_shelf_item_that_cannot_be_read_rests() {
    let mut document = create(Kind::Shelf, actor(1)).unwrap();
    shelf(&[(1, item(ShelfState::Live)), (2, item(ShelfState::Ended)), (3, item(ShelfState::Live))])
        .write(&mut document)
        .unwrap();
    let releases = document.get(ROOT, "releases").unwrap().unwrap().1;
    let object =
        |document: &Document, n: u8| document.get(&releases, release(n).to_string()).unwrap().unwrap().1;
    let objects = [1, 2, 3].map(|n| object(&document, n));
    document
        .transact::<_, _, AutomergeError>(|tx| {
            tx.delete(&objects[0], "ends_at")?;
            tx.delete(&objects[1], "clip")?;
            tx.put(&objects[2], "state", "tapering")
        })
        .unwrap();
    let read = Shelf::read(&document);
    let states = [1, 2, 3].map(|n| read.0[&release(n)].state);
    assert_eq!(states, [ShelfState::Paused, ShelfState::Ended, ShelfState::Paused]);
}

#[test]
fn of_two_concurrent_states_the_stricter_counts() {
    let mut one = create(Kind::Shelf, actor(1)).unwrap();
    shelf(&[(1, item(ShelfState::Paused))]).write(&mut one).unwrap();
    for (first, second) in [(2, 3), (3, 2)] {
        let mut a = one.fork().with_actor(actor(first));
        let mut b = one.fork().with_actor(actor(second));
        shelf(&[(1, item(ShelfState::Ended))]).write(&mut a).unwrap();
        shelf(&[(1, item(ShelfState::Live))]).write(&mut b).unwrap();
        a.merge(&mut b).unwrap();
        assert_eq!(Shelf::read(&a).0[&release(1)].state, ShelfState::Ended);
    }
}

#[test]
fn appending_never_writes_a_key_twice_and_keeps_to_what_a_vet_takes() {
    let mut document = create(Kind::Orders, actor(1)).unwrap();
    let many: Vec<_> = (0..150).map(|n| (entry(n), vec![n; 8])).collect();
    append(&mut document, &many).unwrap();
    assert_eq!(document.get_changes(&[]).len(), 1 + 3);
    assert!(document.get_changes(&[]).iter().all(|change| change.len() <= 64));
    let heads = document.get_heads();
    append(&mut document, &[(entry(1), vec![9])]).unwrap();
    assert_eq!(document.get_heads(), heads);
    let found = entries(&document);
    assert_eq!(found.len(), 150);
    assert!(found.contains(&(entry(1), vec![1; 8])));
    let mut notes = create(Kind::Casebook, actor(1)).unwrap();
    let long: Vec<_> = (0..40).map(|n| (entry(n), vec![n; 16_000])).collect();
    append(&mut notes, &long).unwrap();
    assert!(notes.get_changes(&[]).iter().all(|change| change.raw_bytes().len() < 200_000));
}

#[test]
fn what_is_no_entry_makes_the_orders_unreadable() {
    let unreadable = |write: &dyn Fn(&mut Document, &automerge::ObjId)| {
        let mut document = create(Kind::Orders, actor(1)).unwrap();
        append(&mut document, &[(entry(1), released(1, &[]).encode())]).unwrap();
        let object = entries_object(&document).unwrap();
        write(&mut document, &object);
        let found = entries(&document);
        Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice()))).unreadable
    };
    let bytes = || ScalarValue::Bytes(revoked(crate::orders::RevokeOn::Shelf, &[]).encode());
    assert!(!unreadable(&|_, _| ()));
    assert!(unreadable(&|document, object| {
        document.transact(|tx| tx.put(object, "a-key-that-is-none", bytes())).unwrap();
    }));
    assert!(unreadable(&|document, object| {
        document.transact(|tx| tx.put(object, entry(2).to_string(), "text")).unwrap();
    }));
    assert!(unreadable(&|document, object| {
        document.transact(|tx| tx.put_object(object, entry(2).to_string(), ObjType::Map)).unwrap();
    }));
}

#[test]
fn i1_every_value_of_a_key_counts_when_two_wrote_it() {
    let mut document = create(Kind::Orders, actor(1)).unwrap();
    let mut other = document.fork().with_actor(actor(2));
    append(&mut document, &[(entry(1), released(1, &[]).encode())]).unwrap();
    append(&mut other, &[(entry(1), revoked(crate::orders::RevokeOn::Release(release(1)), &[]).encode())])
        .unwrap();
    document.merge(&mut other).unwrap();
    let found = entries(&document);
    let orders = Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    assert!(orders.releases[&release(1)].revoked);
}

#[test]
fn what_two_have_brought_in_the_same_bytes_is_one_fact_and_in_others_two() {
    let mut document = create(Kind::Journal, actor(1)).unwrap();
    let mut other = document.fork().with_actor(actor(2));
    append(&mut document, &[(entry(1), vec![1]), (entry(2), vec![2])]).unwrap();
    append(&mut other, &[(entry(1), vec![1]), (entry(2), vec![3])]).unwrap();
    document.merge(&mut other).unwrap();
    assert_eq!(entries(&document), [(entry(1), vec![1]), (entry(2), vec![2]), (entry(2), vec![3])]);
}

#[test]
fn plays_are_read_as_the_greatest_count() {
    let mut document = create(Kind::Journal, actor(1)).unwrap();
    let key = PlayKey { device: device(1), release: release(1), day: NOON, part: Some(PartOfDay::Night) };
    record_plays(&mut document, key, 2).unwrap();
    let mut other = document.fork().with_actor(actor(2));
    record_plays(&mut document, key, 3).unwrap();
    record_plays(&mut other, key, 5).unwrap();
    document.merge(&mut other).unwrap();
    assert_eq!(plays(&document), [(key, 5)].into());
    for part in PartOfDay::all().map(Some).chain([None]) {
        let key = PlayKey { part, ..key };
        assert_eq!(PlayKey::parse(&key.to_string()), Some(key));
        assert_eq!(PlayKey::parse(&format!("{key}/")), None);
        assert_eq!(PlayKey::parse(&format!("{key}/night")).is_some(), part.is_none());
    }
    assert_eq!(PlayKey::parse(&key.to_string().replace("night", "dusk")), None);
    assert_eq!(PlayKey::parse(&key.to_string().replace("/18", "/+18")), None);
}

#[test]
fn a_document_id_is_spelled_as_automerge_repo_spells_it() {
    let id = DocumentId::from_bytes([7; 16]);
    assert_eq!(DocumentId::parse(&id.to_string()), Ok(id));
    // RFC 9562, appendix A.3: the same bytes, but for version and variant.
    let random =
        [0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1, 0x03, 0x20, 0x1b, 0xac, 0xf8, 0x47, 0xdb, 0x41, 0x48, 0xa8];
    let spelled = DocumentId::new(random);
    assert_eq!((spelled.as_bytes()[6], spelled.as_bytes()[8]), (0x43, 0x9b));
    assert_eq!(spelled.as_bytes()[9..], random[9..]);
    assert_eq!(DocumentId::from_bytes([0; 16]).to_string(), "11111111111111114Ki9Gx");
    let mut wrong = id.to_string();
    wrong.pop();
    assert!(DocumentId::parse(&wrong).is_err() && DocumentId::parse(&"1".repeat(500)).is_err());
}

#[test]
fn letters_and_notes_read_back_within_their_bounds() {
    let letters = [
        Letter::Return { release: release(1), at: NOON },
        Letter::Request { release: None, at: NOON, words: "shorter?".into() },
        Letter::Rating { release: release(1), at: NOON, value: 4 },
        Letter::Sharing { on: true, at: NOON },
        Letter::Sharing { on: false, at: NOON },
    ];
    for letter in letters {
        assert!(Letter::decode(&letter.encode()) == Ok(letter));
    }
    let long = Letter::Request { release: None, at: NOON, words: "x".repeat(1_501) };
    assert!(Letter::decode(&long.encode()) == Err(LetterError::OutOfBounds));
    let observed = |len: usize| {
        let note = |reason: String| {
            Note::Observation(Observation {
                kind: ObservationKind::Other,
                at: NOON,
                releases: vec![],
                reason,
            })
            .encode()
        };
        let overhead = note("x".repeat(1_000)).len() - 1_000;
        note("x".repeat(len - overhead))
    };
    assert_eq!(observed(casebook::MAX_NOTE_BYTES).len(), casebook::MAX_NOTE_BYTES);
    assert!(Note::decode(&observed(casebook::MAX_NOTE_BYTES)).is_ok());
    assert!(Note::decode(&observed(casebook::MAX_NOTE_BYTES + 1)) == Err(NoteError::TooLong));
    let padded =
        crate::cbor::Map::new().with("k", "return").with("zz", ciborium::Value::Bytes(vec![0; 2_048]));
    let too_large = LetterError::Encoding(crate::cbor::CborError::TooLarge);
    assert!(Letter::decode(&padded.to_bytes()) == Err(too_large));
    let off = Letter::Rating { release: release(1), at: NOON, value: 5 };
    assert!(Letter::decode(&off.encode()) == Err(LetterError::OutOfBounds));
    let observation = Observation {
        kind: ObservationKind::Fixation,
        at: NOON,
        releases: vec![release(1)],
        reason: "several times a night".into(),
    };
    assert!(
        Note::decode(&Note::Observation(observation.clone()).encode()) == Ok(Note::Observation(observation))
    );
}

#[test]
fn the_newest_words_count_and_every_reader_agrees_on_a_tie() {
    let words = |at: Instant, text: &str| {
        Note::Words(Words {
            release: release(1),
            at,
            note: None,
            marks: Marks::default(),
            parting_note: text.into(),
        })
        .encode()
    };
    let (old, one, two) =
        (words(NOON, "old"), words(NOON + Span::from_secs(1), "b"), words(NOON + Span::from_secs(1), "c"));
    for order in [[&old, &one, &two], [&two, &old, &one], [&one, &two, &old]] {
        let newest = Note::newest_words(order.map(Vec::as_slice), release(1)).unwrap();
        assert_eq!(newest.parting_note, "c");
    }
    assert!(Note::newest_words([old.as_slice()], release(2)).is_none());
}
