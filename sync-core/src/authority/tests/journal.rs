//! The writings of a client's device: letters, and its own counts.

use automerge::{ReadDoc, legacy::OpId};

use super::*;
use crate::{
    documents::{Note, Observation, ObservationKind, PlayKey, plays_object, record_plays},
    instant::Span,
};

const CLIENT: Writer = Writer::Companion(device(5));

fn key(d: u8, r: u8) -> PlayKey {
    PlayKey { device: device(d), release: release(r), day: NOON, part: None }
}

fn denied(server: &Server, change: impl FnOnce(&mut Document)) -> Denied {
    let mut replica = server.replica(55);
    change(&mut replica);
    server.vet(CLIENT, server.news(&replica)).unwrap_err()
}

fn put_play(replica: &mut Document, key: &str, value: impl Into<ScalarValue>) {
    let plays = plays_object(replica).unwrap();
    replica.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(&plays, key, value)).unwrap();
}

#[test]
fn i5_a_companion_writes_letters_and_counts_its_own_plays_again() {
    let server = Server::new(Kind::Journal);
    let mut replica = server.replica(55);
    let letter = Letter::Return { release: release(1), at: NOON };
    append(&mut replica, &[(entry(1), letter.encode())]).unwrap();
    record_plays(&mut replica, key(5, 1), 1).unwrap();
    record_plays(&mut replica, key(5, 1), 2).unwrap();
    let vetted = server.vet(CLIENT, server.news(&replica)).unwrap();
    assert_eq!((vetted.changes.len(), vetted.entries.len()), (3, 1));
    let mut document = server.document.fork();
    document.apply_changes(vetted.changes).unwrap();
    let mut server = Server { document, ..server };
    server.actors.insert(actor(55), (Some(device(5)), 3));
    let mut later = server.replica(55);
    record_plays(&mut later, key(5, 1), 3).unwrap();
    assert!(server.vet(CLIENT, server.news(&later)).is_ok());
}

/// A device that was set up anew writes as another actor, and counts on over what it wrote as the first.
#[test]
fn i5_a_device_counts_on_over_what_it_wrote_under_another_name() {
    let mut server = Server::new(Kind::Journal);
    let mut first = server.replica(55);
    record_plays(&mut first, key(5, 1), 1).unwrap();
    let mut second = first.fork().with_actor(actor(56));
    record_plays(&mut second, key(5, 1), 2).unwrap();
    // Both at once, and the second after the first is known.
    assert_eq!(server.vet(CLIENT, server.news(&second)).unwrap().changes.len(), 2);
    server.document.apply_changes(server.news(&first)).unwrap();
    server.actors.insert(actor(55), (Some(device(5)), 1));
    assert_eq!(server.vet(CLIENT, server.news(&second)).unwrap().changes.len(), 1);
}

#[test]
fn i5_a_count_is_an_integer_of_either_kind_and_stands_nowhere_but_among_the_plays() {
    let server = Server::new(Kind::Journal);
    let mut replica = server.replica(55);
    put_play(&mut replica, &key(5, 1).to_string(), ScalarValue::Uint(3));
    assert!(server.vet(CLIENT, server.news(&replica)).is_ok());
    let too_many = ScalarValue::Uint(u64::MAX);
    let play = key(5, 1).to_string();
    assert_eq!(denied(&server, |replica| put_play(replica, &play, too_many)), Denied::BadEntry);
    let elsewhere = |replica: &mut Document| {
        replica.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, &play, 3)).unwrap();
    };
    assert_eq!(denied(&server, elsewhere), Denied::NotANewEntry);
}

#[test]
fn i5_a_note_that_is_there_already_is_not_written_twice() {
    let mut server = Server::new(Kind::Casebook);
    let observation =
        Observation { kind: ObservationKind::Other, at: NOON, releases: vec![], reason: "x".into() };
    let note = [(entry(1), Note::Observation(observation).encode())];
    let mut replica = server.replica(11);
    append(&mut replica, &note).unwrap();
    append(&mut server.document, &note).unwrap();
    assert_eq!(server.vet(THERAPIST, server.news(&replica)).unwrap_err(), Denied::NotANewEntry);
}

/// The server enters what a late device wrote on an old document into its successor, by id; the device may do the same.
#[test]
fn a_letter_that_is_there_already_strands_nothing_that_was_written_after_it() {
    let mut server = Server::new(Kind::Journal);
    let letter = |value| Letter::Rating { release: release(1), at: NOON, value }.encode();
    let mut replica = server.replica(55);
    append(&mut replica, &[(entry(1), letter(1))]).unwrap();
    append(&mut replica, &[(entry(2), letter(2))]).unwrap();
    append(&mut server.document, &[(entry(1), letter(1))]).unwrap();
    let vetted = server.vet(CLIENT, server.news(&replica)).unwrap();
    assert_eq!(vetted.entries, [(entry(2), letter(2))]);
    let mut other = server.replica(56);
    in_one_change(&mut other, |tx, entries| {
        tx.put(entries, entry(1).to_string(), ScalarValue::Bytes(letter(3))).unwrap();
    });
    assert_eq!(server.vet(CLIENT, server.news(&other)).unwrap_err(), Denied::NotANewEntry);
}

#[test]
fn i5_plays_of_another_device_are_refused() {
    let server = Server::new(Kind::Journal);
    assert_eq!(denied(&server, |replica| record_plays(replica, key(6, 1), 1).unwrap()), Denied::NotYourself);
}

#[test]
fn i5_a_count_that_is_none_is_refused() {
    let server = Server::new(Kind::Journal);
    let key = key(5, 1).to_string();
    for value in [
        ScalarValue::Int(-1),
        ScalarValue::Int(10_001),
        ScalarValue::F64(1.0),
        ScalarValue::counter(1),
        "1".into(),
    ] {
        assert_eq!(denied(&server, |replica| put_play(replica, &key, value)), Denied::BadEntry);
    }
    assert_eq!(denied(&server, |replica| put_play(replica, "somewhere", 1)), Denied::BadEntry);
    let early = PlayKey { day: NOON - Span::from_days(1), ..self::key(5, 1) }.to_string();
    assert_eq!(denied(&server, |replica| put_play(replica, &format!("{early}/"), 1)), Denied::BadEntry);
}

#[test]
fn i5_a_count_takes_the_place_of_the_same_count_only() {
    let mut server = Server::new(Kind::Journal);
    let mut replica = server.replica(55);
    let letter = Letter::Return { release: release(1), at: NOON };
    append(&mut replica, &[(entry(1), letter.encode())]).unwrap();
    record_plays(&mut replica, key(5, 1), 1).unwrap();
    let vetted = server.vet(CLIENT, server.news(&replica)).unwrap();
    server.document.apply_changes(vetted.changes).unwrap();
    server.actors.insert(actor(55), (Some(device(5)), 2));
    let entries = entries_object(&server.document).unwrap();
    let (_, written) = server.document.get(&entries, entry(1).to_string()).unwrap().unwrap();
    let ObjId::Id(counter, ..) = written else { panic!() };
    let mut later = server.replica(55);
    record_plays(&mut later, key(5, 2), 1).unwrap();
    let mut change = server.news(&later).pop().unwrap().decode();
    change.operations[0].pred = vec![OpId::new(counter, &actor(55))].into_iter().collect();
    assert_eq!(server.vet(CLIENT, vec![Change::from(change)]).unwrap_err(), Denied::NotANewEntry);
}

#[test]
fn i5_letters_deletions_and_other_documents_entries_are_told_apart() {
    let server = Server::new(Kind::Journal);
    let order = held(HoldOn::Shelf, None, &[]).encode();
    assert_eq!(denied(&server, |replica| append(replica, &[(entry(1), order)]).unwrap()), Denied::BadEntry);
    let in_casebook = Server::new(Kind::Casebook);
    let observation =
        Observation { kind: ObservationKind::Other, at: NOON, releases: vec![], reason: "x".into() };
    let mut replica = in_casebook.replica(11);
    append(&mut replica, &[(entry(1), Note::Observation(observation).encode())]).unwrap();
    assert!(in_casebook.vet(THERAPIST, in_casebook.news(&replica)).is_ok());
    assert_eq!(in_casebook.vet(CLIENT, in_casebook.news(&replica)).unwrap_err(), Denied::NotWritable);
}
