//! Bytes that were made to hurt: nothing here may panic, hang or take much memory.

use automerge::sync::{ChunkList, Message, State, SyncDoc};
use miniz_oxide::deflate::compress_to_vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::authority::{Actors, Writer, restrictions, vet};

pub(super) fn unsigned(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// A chunk with the right length and checksum around any body.
fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    framed(kind, body, body)
}

pub(super) fn framed(kind: u8, body: &[u8], inflated: &[u8]) -> Vec<u8> {
    let hashed = [&[1][..], &unsigned(inflated.len() as u64), inflated].concat();
    let checksum = Sha256::digest(hashed);
    [&[0x85, 0x6f, 0x4a, 0x83][..], &checksum[..4], &[kind], &unsigned(body.len() as u64), body].concat()
}

pub(super) fn body_of(change: &Change) -> Vec<u8> {
    let bytes = change.raw_bytes();
    let len = bytes[9..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    bytes[9 + len..].to_vec()
}

pub(super) fn message(chunks: Vec<Vec<u8>>) -> Message {
    let mut message = orders().generate_sync_message(&mut State::new()).unwrap();
    message.changes = ChunkList::from(chunks);
    message
}

fn taken(chunks: Vec<Vec<u8>>) -> Result<Vec<Change>, ChunkError> {
    let (mut peer, _) = greeted();
    peer.take_changes(ID, &orders(), &mut message(chunks))
}

/// A change of one operation, column by column: specification, bytes.
fn crafted(columns: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![1];
    body.extend(orders().get_heads()[0].0);
    body.extend([16]);
    body.extend([11; 16]);
    body.extend([1, 3, 0, 0, 1, 16]);
    body.extend([1; 16]);
    body.push(columns.len() as u8);
    for (specification, column) in columns {
        let specification = unsigned(u64::from(*specification));
        body.extend([specification, unsigned(column.len() as u64)].concat());
    }
    columns.iter().for_each(|(_, column)| body.extend(column));
    chunk(1, &body)
}

/// The columns of one honest put of bytes under a key of the map that operation 2 of the server made.
fn honest() -> Vec<(u8, Vec<u8>)> {
    let key = entry(1).to_string();
    vec![
        (0x01, vec![0x7f, 1]),
        (0x02, vec![0x7f, 2]),
        (0x15, [vec![0x7f, 22], key.into_bytes()].concat()),
        (0x34, vec![1]),
        (0x42, vec![0x7f, 1]),
        (0x56, vec![0x7f, 0x17]),
        (0x57, vec![9]),
        (0x70, vec![0x7f, 0]),
    ]
}

fn with(specification: u8, bytes: Vec<u8>) -> Vec<u8> {
    let mut columns = honest();
    columns.retain(|(other, _)| *other != specification);
    columns.push((specification, bytes));
    columns.sort_by_key(|(specification, _)| *specification);
    crafted(&columns)
}

#[test]
fn an_honest_crafted_change_is_taken_and_applies() {
    let changes = taken(vec![crafted(&honest())]).unwrap();
    let mut document = orders();
    document.apply_changes(changes).unwrap();
    assert_eq!(entries(&document), [(entry(1), vec![9])]);
}

#[test]
fn a_run_that_stands_for_very_many_operations_is_refused() {
    let huge: Vec<u8> = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f];
    let run = |value: &[u8]| [&huge[..], value].concat();
    for (specification, value) in
        [(0x01, &[1][..]), (0x02, &[2]), (0x13, &[1]), (0x15, &[0]), (0x42, &[1]), (0x56, &[0]), (0x70, &[0])]
    {
        let refused = taken(vec![with(specification, run(value))]);
        assert_eq!(refused, Err(ChunkError::Malformed), "column {specification:#x}");
    }
    let nulls = [&[0][..], &huge].concat();
    assert_eq!(taken(vec![with(0x42, nulls)]), Err(ChunkError::Malformed));
    assert_eq!(taken(vec![with(0x34, huge.clone())]), Err(ChunkError::Malformed));
    let predecessors = [&[0x7f][..], &huge].concat();
    assert_eq!(taken(vec![with(0x70, predecessors)]), Err(ChunkError::Malformed));
}

#[test]
fn an_operation_by_an_actor_that_is_not_there_is_refused() {
    for actors in [vec![1, 2], vec![0x7f, 9], vec![1, 0xff, 0xff, 0xff, 0xff, 0x0f]] {
        assert_eq!(taken(vec![with(0x01, actors)]), Err(ChunkError::Malformed));
    }
}

#[test]
fn unknown_columns_are_refused() {
    assert_eq!(taken(vec![with(0x7b, vec![1])]), Err(ChunkError::Malformed));
    let mut twice = honest();
    twice.insert(1, twice[0].clone());
    assert_eq!(taken(vec![crafted(&twice)]), Err(ChunkError::Malformed));
}

#[test]
fn a_change_names_no_more_changes_and_actors_than_it_may() {
    use crate::sync::scan::{MAX_ACTOR, MAX_ACTORS, MAX_DEPS, MAX_ROWS, is_bounded};
    let named = |deps: u64, others: u64| {
        let actor = |len: u64| [unsigned(len), vec![1; len as usize]].concat();
        let mut body = [unsigned(deps), vec![9; deps as usize * 32], actor(16), vec![1, 3, 0, 0]].concat();
        body.extend(unsigned(others));
        (0..others).for_each(|_| body.extend(actor(16)));
        body.push(0);
        body
    };
    assert!(is_bounded(&named(MAX_DEPS, MAX_ACTORS)));
    assert!(!is_bounded(&named(MAX_DEPS + 1, 0)));
    assert!(!is_bounded(&named(1, MAX_ACTORS + 1)));
    let by = |len: u64| [vec![0], unsigned(len), vec![1; len as usize], vec![1, 3, 0, 0, 0, 0]].concat();
    assert!(is_bounded(&by(MAX_ACTOR)) && !is_bounded(&by(MAX_ACTOR + 1)) && !is_bounded(&by(0)));
    let rows = |rows: u64| [by(16)[..23].to_vec(), vec![1, 0x34, 2], unsigned(rows)].concat();
    assert!(is_bounded(&rows(MAX_ROWS)) && !is_bounded(&rows(MAX_ROWS + 1)));
}

#[test]
fn a_whole_document_is_refused() {
    let mut document = orders();
    write(&mut document, 1);
    assert_eq!(taken(vec![document.save()]), Err(ChunkError::NotAChange));
    let hidden = [one_change().raw_bytes(), &document.save()].concat();
    assert_eq!(taken(vec![hidden]), Err(ChunkError::NotAChange));
}

#[test]
fn a_compressed_change_is_taken_and_a_bomb_is_not() {
    let body = body_of(&one_change());
    let packed = framed(2, &compress_to_vec(&body, 9), &body);
    assert_eq!(taken(vec![packed]).unwrap()[0].hash(), one_change().hash());
    let bomb = vec![0; 64 << 20];
    let packed = framed(2, &compress_to_vec(&bomb, 9), &[]);
    assert!(packed.len() < 80_000);
    assert_eq!(taken(vec![packed]), Err(ChunkError::TooLong));
    assert_eq!(taken(vec![chunk(2, b"not deflated")]), Err(ChunkError::Malformed));
    assert_eq!(taken(vec![chunk(1, &vec![0; 300 << 10])]), Err(ChunkError::TooLong));
}

#[test]
fn a_change_with_a_wrong_checksum_is_refused() {
    let mut bytes = one_change().raw_bytes().to_vec();
    bytes[5] ^= 1;
    assert!(Change::try_from(bytes.as_slice()).is_ok(), "automerge takes it");
    assert_eq!(taken(vec![bytes]), Err(ChunkError::Malformed));
}

/// A client that could do this would make its document unreadable for everybody, at the next compaction.
#[test]
fn a_change_in_another_encoding_than_automerges_own_is_refused() {
    let rows_to_spare = with(0x34, vec![9]);
    let a_run_of_one = with(0x01, vec![1, 1]);
    for other in [rows_to_spare, a_run_of_one] {
        let change = Change::try_from(other.as_slice()).unwrap();
        let mut document = orders();
        document.apply_changes([change]).unwrap();
        assert!(Document::load(&document.save()).is_err(), "automerge cannot load what it saved");
        assert_eq!(taken(vec![other]), Err(ChunkError::Malformed));
    }
}

#[test]
fn more_changes_than_a_message_may_carry_are_refused() {
    let many = vec![one_change().raw_bytes().to_vec(); MAX_CHANGES + 1];
    assert_eq!(taken(many), Err(ChunkError::TooMany));
}

#[test]
fn a_filter_that_cannot_be_asked_is_refused() {
    let (mut server, _) = greeted();
    let heard = |server: &mut Peer, filter: &[u8]| {
        let data = [&[0x42, 0, 0, 1, 0][..], &unsigned(filter.len() as u64), filter, &[0]].concat();
        let frame = Frame::Sync {
            sender: name("device"),
            target: name("server"),
            document: ID,
            request: false,
            data,
        };
        server.hear(&frame.encode()).map(|_| ())
    };
    assert_eq!(heard(&mut server, &[]), Ok(()));
    assert_eq!(heard(&mut server, &[1, 10, 7, 0, 0]), Ok(()));
    assert_eq!(heard(&mut server, &[1, 0, 7]), Err(ProtocolError::Message), "no bits");
    assert_eq!(
        heard(&mut server, &[1, 0, 7, 0, 0]),
        Err(ProtocolError::Message),
        "no bits, and bytes that are none"
    );
    let probes = [&[1, 10][..], &unsigned(u64::from(u32::MAX)), &[0, 0]].concat();
    assert_eq!(heard(&mut server, &probes), Err(ProtocolError::Message), "four thousand million probes");
}

/// Goes the whole way of a server with bytes that may be anything: nothing may panic, and what is taken must be
/// readable again.
fn survive(bytes: Vec<u8>) {
    let document = orders();
    let Ok(changes) = taken(vec![bytes]) else { return };
    let actors = Actors::from([(actor(1), (None, 1))]);
    let _ = restrictions(device(1), &changes);
    let Ok(vetted) = vet(&document, Kind::Orders, &actors, Writer::Console(device(1)), changes) else {
        return;
    };
    let mut candidate = document.clone();
    if candidate.apply_changes(vetted.changes.clone()).is_err() {
        return;
    }
    let loaded = Document::load(&candidate.save()).unwrap();
    assert_eq!(entries(&loaded), entries(&candidate));
    let log: Vec<u8> = vetted.changes.iter().flat_map(|change| change.raw_bytes().to_vec()).collect();
    let replayed = Document::load(&[document.save(), log].concat()).unwrap();
    assert_eq!(replayed.get_heads(), candidate.get_heads());
    assert_eq!(entries(&candidate).len(), vetted.entries.len());
}

fn cases() -> u32 {
    std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_body_in_a_valid_chunk_is_survived(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        survive(chunk(1, &body));
    }

    #[test]
    fn a_change_with_some_bytes_changed_is_survived(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut body = body_of(&one_change());
        for (at, to) in edits {
            let at = at.index(body.len());
            body[at] = to;
        }
        survive(chunk(1, &body));
    }

    #[test]
    fn any_columns_are_survived(
        columns in proptest::collection::btree_map(
            prop::sample::select(vec![0x01_u8, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5]),
            proptest::collection::vec(prop_oneof![0..4_u8, 0x7b..0x80_u8, any::<u8>()], 0..8),
            0..6,
        ),
    ) {
        let mut all: std::collections::BTreeMap<_, _> = honest().into_iter().collect();
        all.extend(columns);
        survive(crafted(&all.into_iter().collect::<Vec<_>>()));
    }

    #[test]
    fn any_sync_message_is_survived(bytes in proptest::collection::vec(prop_oneof![0..3_u8, any::<u8>()], 0..200)) {
        let (mut server, _) = greeted();
        let mut document = orders();
        let data = [&[0x42][..], &bytes].concat();
        let frame = Frame::Sync { sender: name("device"), target: name("server"), document: ID, request: false, data };
        let Ok(Heard::Message { mut message, .. }) = server.hear(&frame.encode()) else { return Ok(()) };
        if server.take_changes(ID, &document, &mut message).is_ok() {
            let _ = server.absorb(ID, &mut document, *message, Access::Write);
            let _ = server.tell(ID, &document, Access::Write);
        }
    }
}
