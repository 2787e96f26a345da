//! Documents and savings of every version that ever was, as bytes: they load for ever.
//!
//! `tests/fixtures/v1` was written once, by the library that first wrote version 1. Nothing writes
//! it again: bytes that do not load here any more are on people's phones, and do not load there
//! either.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use std::path::Path;

use automerge::sync::{ChunkList, State, SyncDoc};
use sync_core::{
    authority::{Actors, Writer, vet},
    device::{Companion, Identity},
    documents::{
        Document, DocumentId, Kind, Letter, Note, PlayKey, Shelf, ShelfState, VERSION, entries, open, plays,
        successor,
    },
    id::{DeviceId, PracticeId, ReleaseId},
    instant::{Instant, Span},
    lease::VerifyingKey,
    orders::Orders,
    policy::{Standing, standing},
    sync::{Peer, PeerName},
    vocabulary::Vocabulary,
};

const NOON: Instant = Instant::from_millis(1_800_000_000_000);
const DEVICE: DeviceId = DeviceId::from_bytes([0xa2; 16]);

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1").join(name)).unwrap()
}

fn document(name: &str) -> Document {
    open(&fixture(name)).unwrap()
}

fn release(n: u8) -> ReleaseId {
    ReleaseId::from_bytes([n; 16])
}

fn fold(document: &Document) -> Orders {
    let found = entries(document);
    Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
}

#[test]
fn there_are_fixtures_of_every_version() {
    assert_eq!(VERSION, 1, "a new version needs a folder of its own here");
}

#[test]
fn orders_of_version_1_say_what_they_said() {
    let orders = fold(&document("orders.automerge"));
    assert!(!orders.unreadable);
    let stands = |n| standing(&orders, &orders.releases[&release(n)], NOON);
    let until = NOON + Span::from_days(28);
    assert_eq!((stands(1), stands(2)), (Standing::Live { until }, Standing::Revoked));
    assert_eq!(orders.releases[&release(1)].terms.as_ref().unwrap().daily_limit, Some(3));
    let with_log = fold(&document("orders-and-log.automerge"));
    assert_eq!(standing(&with_log, &with_log.releases[&release(1)], NOON), Standing::Unconfirmed);
}

#[test]
fn a_shelf_a_journal_and_a_casebook_of_version_1_say_what_they_said() {
    let shelf = Shelf::read(&document("shelf.automerge"));
    let item = &shelf.0[&release(1)];
    assert_eq!(
        (item.state, item.ends_at, item.daily_limit),
        (ShelfState::Live, NOON + Span::from_days(28), Some(3))
    );
    let journal = document("journal.automerge");
    assert_eq!(
        plays(&journal),
        [(PlayKey { device: DEVICE, release: release(1), day: NOON, part: None }, 2)].into()
    );
    let rating = Letter::Rating { release: release(1), at: NOON, value: 3 };
    assert!(Letter::decode(&entries(&journal)[0].1) == Ok(rating));
    let casebook = entries(&document("casebook.automerge"));
    let Ok(Note::Observation(note)) = Note::decode(&casebook[0].1) else { unreachable!("an observation") };
    assert_eq!(note.reason, "calm");
}

/// Written on `journal.automerge` by the JavaScript of `@automerge/automerge` 3.5.0: a letter, a count again, four letters.
#[test]
fn changes_that_javascript_wrote_are_taken() {
    let journal = document("journal.automerge");
    let name = |name| PeerName::new(name).unwrap();
    let mut server = Peer::accept(name("server"), "storage".into());
    server.hear(&Peer::initiate(name("browser")).1).unwrap();
    let mut message = journal.generate_sync_message(&mut State::new()).unwrap();
    let changes = [0, 1, 2].map(|n| fixture(&format!("../javascript/change-{n}"))).to_vec();
    message.changes = ChunkList::from(changes);
    let taken = server.take_changes(DocumentId::from_bytes([7; 16]), &journal, &mut message).unwrap();
    let actors = Actors::from([(automerge::ActorId::from([1; 16]), (None, 3))]);
    let vetted = vet(&journal, Kind::Journal, &actors, Writer::Companion(DEVICE), taken).unwrap();
    assert_eq!((vetted.changes.len(), vetted.entries.len()), (3, 5));
    let mut applied = journal.clone();
    applied.apply_changes(vetted.changes).unwrap();
    assert_eq!(plays(&open(&applied.save()).unwrap()).into_values().collect::<Vec<_>>(), [9]);
}

#[test]
fn a_document_of_version_1_has_a_successor() {
    for kind in Kind::all() {
        let old = document(&format!("{}.automerge", kind.as_str()));
        let fresh = successor(kind, &old, NOON, NOON, automerge::ActorId::from([9; 16])).unwrap();
        assert!(open(&fresh.save()).is_ok());
    }
}

#[test]
fn a_companion_of_version_1_wakes_up_with_what_it_held() {
    let authority = VerifyingKey::from_sec1_bytes(&fixture("authority")).unwrap();
    let identity = Identity {
        device: DEVICE,
        practice: PracticeId::from_bytes([0xa1; 16]),
        exchange_key: fixture("authority").try_into().unwrap(),
        authority,
        rotations: 0,
    };
    let companion = Companion::restore(identity, &fixture("companion")).unwrap();
    assert_eq!(companion.releases().collect::<Vec<_>>(), [release(1)]);
    assert_eq!(companion.held(release(1)).unwrap().lease.generation, 4);
}
