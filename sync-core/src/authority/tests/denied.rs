//! Every way of being refused.

use automerge::{
    ChangeHash, ObjType, ReadDoc,
    legacy::{OpId, OpType},
};
use std::num::NonZeroU64;

use super::*;
use crate::terms::TermsChange;

fn one_hold(server: &Server) -> Document {
    let mut replica = server.replica(11);
    write(&mut replica, &[(entry(3), held(HoldOn::Shelf, None, &[]))]);
    replica
}

#[test]
fn i5_anothers_actor_is_refused() {
    let server = Server::with_releases();
    let mut as_server = server.replica(1);
    write(&mut as_server, &[(entry(3), held(HoldOn::Shelf, None, &[]))]);
    assert_eq!(server.denied(&as_server), Denied::NotYourActor);
    let mine = one_hold(&server);
    let as_other = server.vet(Writer::Console(device(2)), server.news(&mine));
    assert_eq!(as_other.unwrap_err(), Denied::NotYourActor);
}

#[test]
fn i5_an_entry_in_anothers_name_is_refused() {
    let server = Server::with_releases();
    for author in [crate::orders::Author::Device(device(2)), crate::orders::Author::Server] {
        let mut replica = server.replica(11);
        let hold = Entry { by: author, ..held(HoldOn::Shelf, None, &[]) };
        write(&mut replica, &[(entry(3), hold)]);
        assert_eq!(server.denied(&replica), Denied::NotYourself);
    }
}

#[test]
fn i5_anything_but_a_new_key_of_the_entries_is_refused() {
    let server = Server::with_releases();
    let bytes = || ScalarValue::Bytes(held(HoldOn::Shelf, None, &[]).encode());
    let old = entry(1).to_string();
    let new = entry(3).to_string();
    let denied = |change: &dyn Fn(&mut automerge::transaction::Transaction<'_>, &ObjId)| {
        let mut replica = server.replica(11);
        in_one_change(&mut replica, |tx, entries| change(tx, entries));
        server.denied(&replica)
    };
    assert_eq!(denied(&|tx, entries| tx.put(entries, &old, bytes()).unwrap()), Denied::NotANewEntry);
    assert_eq!(denied(&|tx, entries| tx.delete(entries, &old).unwrap()), Denied::NotANewEntry);
    assert_eq!(denied(&|tx, entries| tx.put(entries, &new, "text").unwrap()), Denied::NotANewEntry);
    assert_eq!(denied(&|tx, _| tx.put(ROOT, &new, bytes()).unwrap()), Denied::NotANewEntry);
    assert_eq!(denied(&|tx, _| tx.delete(ROOT, "entries").unwrap()), Denied::NotANewEntry);
    let nested = |tx: &mut automerge::transaction::Transaction<'_>, entries: &ObjId| {
        let inside = tx.put_object(entries, &new, ObjType::Map).unwrap();
        tx.put(&inside, entry(4).to_string(), bytes()).unwrap();
    };
    assert_eq!(denied(&nested), Denied::NotANewEntry);
    let second_root = |tx: &mut automerge::transaction::Transaction<'_>, _: &ObjId| {
        tx.put_object(ROOT, "entries", ObjType::Map).unwrap();
    };
    assert_eq!(denied(&second_root), Denied::NotANewEntry);
    let counter = |tx: &mut automerge::transaction::Transaction<'_>, entries: &ObjId| {
        tx.put(entries, &new, ScalarValue::counter(1)).unwrap();
    };
    assert_eq!(denied(&counter), Denied::NotANewEntry);
}

#[test]
fn i5_a_key_that_somebody_else_has_written_meanwhile_is_refused() {
    let mut server = Server::with_releases();
    let concurrent = server.replica(12);
    let mine = one_hold(&server);
    server.take(&mine);
    let mut concurrent = concurrent;
    write(&mut concurrent, &[(entry(3), held(HoldOn::Release(release(1)), None, &[]))]);
    assert_eq!(server.denied(&concurrent), Denied::NotANewEntry);
}

#[test]
fn i5_a_key_or_bytes_that_are_no_entry_are_refused() {
    let server = Server::with_releases();
    let good = held(HoldOn::Shelf, None, &[]).encode();
    let mut longer = good.clone();
    longer.push(0);
    for (key, bytes) in
        [("short".to_owned(), good), (entry(3).to_string(), longer), (entry(3).to_string(), vec![])]
    {
        let mut replica = server.replica(11);
        in_one_change(&mut replica, |tx, entries| tx.put(entries, &key, ScalarValue::Bytes(bytes)).unwrap());
        assert_eq!(server.denied(&replica), Denied::BadEntry);
    }
}

#[test]
fn i5_an_entry_that_names_what_does_not_exist_is_refused() {
    let server = Server::with_releases();
    let nowhere = release(9);
    let set = crate::terms::TermsChange { daily_limit: Some(None), ..Default::default() };
    let acts = [
        Act::Amend { release: nowhere, set: set.clone(), over: vec![] },
        Act::Amend { release: release(1), set: set.clone(), over: vec![entry(99)] },
        Act::Amend { release: release(1), set, over: vec![entry(3)] },
        Act::Hold { on: HoldOn::Release(nowhere), until: None, hits: vec![] },
        Act::Hold { on: HoldOn::Shelf, until: None, hits: vec![nowhere] },
        Act::Lift { holds: vec![entry(99)] },
        Act::Revoke { on: RevokeOn::Release(nowhere), hits: vec![] },
        Act::Revoke { on: RevokeOn::Clip(clip(1)), hits: vec![nowhere] },
        Act::Confirm { release: nowhere, seen: vec![] },
        Act::Confirm { release: release(1), seen: vec![entry(99)] },
        released(3, &[entry(99)]).act,
        released(1, &[]).act,
    ];
    for act in acts {
        let mut replica = server.replica(11);
        write(&mut replica, &[(entry(3), by(device(1), act.clone()))]);
        assert_eq!(server.denied(&replica), Denied::UnknownName, "{act:?}");
    }
}

#[test]
fn i5_a_change_with_a_message_a_footer_or_a_strangers_actor_is_refused() {
    let server = Server::with_releases();
    let replica = one_hold(&server);
    assert!(server.twisted(&replica, |_| ()).is_ok());
    let message = server.twisted(&replica, |change| change.message = Some("a word".into()));
    assert_eq!(message.unwrap_err(), Denied::Extras);
    let footer = server.twisted(&replica, |change| change.extra_bytes = vec![1, 2]);
    assert_eq!(footer.unwrap_err(), Denied::Extras);
    let stranger = server.twisted(&replica, |change| {
        change.operations[0].pred = vec![OpId::new(2, &actor(77))].into_iter().collect();
    });
    assert_eq!(stranger.unwrap_err(), Denied::Extras);
}

#[test]
fn i5_a_change_out_of_sequence_or_place_is_refused() {
    let server = Server::with_releases();
    let replica = one_hold(&server);
    for seq in [0, 1, 3, u64::MAX] {
        assert_eq!(server.twisted(&replica, |change| change.seq = seq).unwrap_err(), Denied::Sequence);
    }
    let next = one_hold(&server).get_last_local_change().unwrap().start_op().get();
    for start in [1, next - 1, next + 1, u64::from(u32::MAX)] {
        let twisted = server.twisted(&replica, |change| change.start_op = NonZeroU64::new(start).unwrap());
        assert_eq!(twisted.unwrap_err(), Denied::Sequence, "a count that leaps leaves no numbers for others");
    }
}

#[test]
fn i5_a_change_that_depends_on_what_is_not_here_or_on_nothing_is_refused() {
    let server = Server::with_releases();
    let replica = one_hold(&server);
    let unknown = server.twisted(&replica, |change| change.deps = vec![ChangeHash([7; 32])]);
    assert_eq!(unknown.unwrap_err(), Denied::MissingDependency);
    let rootless = server.twisted(&replica, |change| change.deps = vec![]);
    assert_eq!(rootless.unwrap_err(), Denied::MissingDependency);
    let mut later = replica.fork().with_actor(actor(11));
    write(&mut later, &[(entry(4), held(HoldOn::Shelf, None, &[]))]);
    let second_alone = server.news(&later).split_off(1);
    let denied = server.vet(THERAPIST, second_alone).unwrap_err();
    assert!(matches!(denied, Denied::Sequence | Denied::MissingDependency));
}

#[test]
fn i5_a_change_of_no_entry_or_more_than_64_is_refused() {
    let server = Server::with_releases();
    let hold = held(HoldOn::Shelf, None, &[]).encode();
    let of = |count: u8| {
        let mut replica = server.replica(11);
        in_one_change(&mut replica, |tx, entries| {
            for n in 0..count {
                tx.put(entries, entry(100 + n).to_string(), ScalarValue::Bytes(hold.clone())).unwrap();
            }
        });
        server.vet(THERAPIST, server.news(&replica))
    };
    assert!(of(64).is_ok());
    assert_eq!(of(65).unwrap_err(), Denied::OpCount);
    let empty = server.twisted(&one_hold(&server), |change| change.operations.clear());
    assert_eq!(empty.unwrap_err(), Denied::OpCount);
}

#[test]
fn i5_two_changes_under_one_number_of_an_actor_are_refused() {
    let mut server = Server::with_releases();
    let mut other = server.replica(12);
    write(&mut other, &[(entry(4), held(HoldOn::Shelf, None, &[]))]);
    let mine = {
        let mut replica = server.replica(12);
        write(&mut replica, &[(entry(3), held(HoldOn::Shelf, None, &[]))]);
        replica
    };
    let both = [server.news(&mine), server.news(&other)].concat();
    assert_eq!(server.vet(THERAPIST, both).unwrap_err(), Denied::Sequence, "in one batch");
    server.take(&mine);
    assert_eq!(
        server.vet(THERAPIST, other.get_changes(&server.document.get_heads())).unwrap_err(),
        Denied::Sequence
    );
}

#[test]
fn i5_a_full_document_takes_nothing_more_and_its_restrictions_are_found_all_the_same() {
    use crate::authority::room::{MAX_DOCUMENT_BYTES, OP_BYTES};
    let mut server = Server::new(Kind::Casebook);
    let note = |bytes: usize| {
        let reason = "x".repeat(bytes);
        let kind = crate::documents::ObservationKind::Other;
        crate::documents::Note::Observation(crate::documents::Observation {
            kind,
            at: NOON,
            releases: vec![],
            reason,
        })
        .encode()
    };
    let id = |n: u64| EntryId::from_bytes([&[7; 8][..], &n.to_be_bytes()].concat().try_into().unwrap());
    let each = note(16_000).len() as u64 + OP_BYTES;
    let fits = (MAX_DOCUMENT_BYTES - 2 * OP_BYTES) / each;
    let written: Vec<_> = (0..fits).map(|n| (id(n), note(16_000))).collect();
    append(&mut server.document, &written).unwrap();
    let mut replica = server.replica(11);
    append(&mut replica, &[(id(fits), note(16_000))]).unwrap();
    assert_eq!(server.denied(&replica), Denied::DocumentFull);
    let left = (MAX_DOCUMENT_BYTES - 2 * OP_BYTES - fits * each - OP_BYTES) as usize;
    let mut replica = server.replica(11);
    append(&mut replica, &[(id(fits), note(left - 100))]).unwrap();
    assert!(server.vet(THERAPIST, server.news(&replica)).is_ok(), "there is room for a short one");
    let mut orders = Server::with_releases();
    let long: Vec<_> = (0..2_000).map(|n| (id(n), vec![0; 2_000])).collect();
    append(&mut orders.document, &long).unwrap();
    let replica = one_hold(&orders);
    assert_eq!(orders.denied(&replica), Denied::DocumentFull);
    assert_eq!(restrictions(device(1), &orders.news(&replica)).len(), 1);
}

#[test]
fn i5_what_takes_away_is_found_in_a_refused_batch_an_amendment_over_something_too() {
    let server = Server::with_releases();
    let mut replica = server.replica(11);
    let set = TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() };
    let amend = Act::Amend { release: release(1), set, over: vec![entry(1)] };
    let acts =
        [amend, Act::Lift { holds: vec![entry(2)] }, Act::Revoke { on: RevokeOn::Shelf, hits: vec![] }];
    for (n, act) in (5..).zip(acts) {
        write(&mut replica, &[(entry(n), by(device(1), act))]);
    }
    let found: Vec<_> =
        restrictions(device(1), &server.news(&replica)).into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, [entry(5), entry(7)]);
    assert!(restrictions(device(2), &server.news(&replica)).is_empty(), "in nobody else's name");
}

#[test]
fn i5_one_bad_change_refuses_the_batch() {
    let server = Server::with_releases();
    let mut replica = one_hold(&server);
    write(&mut replica, &[(entry(4), by(device(2), Act::Lift { holds: vec![] }))]);
    assert_eq!(server.denied(&replica), Denied::NotYourself);
}

#[test]
fn i5_a_new_entry_takes_the_place_of_nothing() {
    let server = Server::with_releases();
    let entries = entries_object(&server.document).unwrap();
    let (_, written) = server.document.get(&entries, entry(1).to_string()).unwrap().unwrap();
    let ObjId::Id(counter, actor, _) = written else { panic!() };
    let over = server.twisted(&one_hold(&server), |change| {
        change.operations[0].pred = vec![OpId::new(counter, &actor)].into_iter().collect();
    });
    assert_eq!(over.unwrap_err(), Denied::NotANewEntry);
}

#[test]
fn i5_an_insertion_into_the_map_is_refused() {
    let server = Server::with_releases();
    let inserted = server.twisted(&one_hold(&server), |change| change.operations[0].insert = true);
    assert_eq!(inserted.unwrap_err(), Denied::NotANewEntry);
    let incremented =
        server.twisted(&one_hold(&server), |change| change.operations[0].action = OpType::Increment(1));
    assert_eq!(incremented.unwrap_err(), Denied::NotANewEntry);
}

#[test]
fn i5_a_document_of_a_newer_version_is_not_written() {
    let mut server = Server::with_releases();
    let replica = one_hold(&server);
    server.document.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, "v", 2)).unwrap();
    assert_eq!(server.denied(&replica), Denied::NewerVersion);
}

#[test]
fn i5_a_document_of_another_shape_is_refused() {
    let server = Server::with_releases();
    let strange = Document::new();
    assert!(strange.get(ROOT, "entries").unwrap().is_none());
    let denied = vet(&strange, Kind::Orders, &server.actors, THERAPIST, Vec::new());
    assert_eq!(denied.unwrap_err(), Denied::BadDocument);
}
