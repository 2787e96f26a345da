//! Small messages that would become great ones: every list is measured before it is read.

use automerge::sync::{ChunkList, Message};
use miniz_oxide::deflate::compress_to_vec;

use super::{
    hostile::{body_of, framed, message, unsigned},
    *,
};
use crate::sync::{
    chunk::{MAX_CHANGE_BYTES, MAX_CHANGES_BYTES},
    limits::{MAX_DOCUMENTS, MAX_KEPT_BYTES, MAX_WAITING},
    message::{MAX_FILTER_BYTES, MAX_FILTERS, MAX_HASHES},
};

/// A sync message of raw lists: heads, needs, filters with their last syncs, chunks.
fn raw(heads: &[[u8; 32]], need: &[[u8; 32]], filters: &[Vec<u8>], chunks: &[Vec<u8>]) -> Vec<u8> {
    let hashes = |list: &[[u8; 32]]| [unsigned(list.len() as u64), list.concat()].concat();
    let long = |bytes: &Vec<u8>| [unsigned(bytes.len() as u64), bytes.clone()].concat();
    let mut bytes = vec![0x42];
    bytes.extend([hashes(heads), hashes(need), unsigned(filters.len() as u64)].concat());
    filters.iter().for_each(|filter| bytes.extend([vec![0], long(filter)].concat()));
    bytes.extend(unsigned(chunks.len() as u64));
    chunks.iter().for_each(|chunk| bytes.extend(long(chunk)));
    bytes
}

fn hashes(count: u64) -> Vec<[u8; 32]> {
    (0..count).map(|n| [&[9; 24][..], &n.to_be_bytes()].concat().try_into().unwrap()).collect()
}

fn frame(document: DocumentId, data: Vec<u8>) -> Vec<u8> {
    Frame::Sync { sender: name("device"), target: name("server"), document, request: false, data }.encode()
}

fn heard(server: &mut Peer, data: Vec<u8>) -> Result<Box<Message>, ProtocolError> {
    match server.hear(&frame(ID, data))? {
        Heard::Message { message, .. } => Ok(message),
        _ => panic!("a message is heard as one"),
    }
}

fn refused(data: Vec<u8>) -> Option<ProtocolError> {
    heard(&mut greeted().0, data).err()
}

/// A filter of as many bytes, header included, that says no to everything.
fn filter(len: u64) -> Vec<u8> {
    let bits = len - 5;
    let filter = [unsigned(bits), unsigned(8), vec![7], vec![0; bits as usize]].concat();
    assert_eq!(filter.len() as u64, len);
    filter
}

#[test]
fn longer_lists_of_hashes_than_a_message_may_have_are_refused() {
    assert_eq!(refused(raw(&hashes(MAX_HASHES), &hashes(MAX_HASHES), &[], &[])), None);
    let too_large = Some(ProtocolError::MessageTooLarge);
    assert_eq!(refused(raw(&hashes(MAX_HASHES + 1), &[], &[], &[])), too_large);
    assert_eq!(refused(raw(&[], &hashes(MAX_HASHES + 1), &[], &[])), too_large);
}

#[test]
fn more_filters_or_greater_ones_than_a_message_may_have_are_refused() {
    let too_large = Some(ProtocolError::MessageTooLarge);
    let empty = vec![vec![]; MAX_FILTERS as usize];
    assert_eq!(refused(raw(&[], &[], &empty, &[])), None);
    assert_eq!(refused(raw(&[], &[], &vec![vec![]; MAX_FILTERS as usize + 1], &[])), too_large);
    assert_eq!(refused(raw(&[], &[], &[filter(MAX_FILTER_BYTES)], &[])), None);
    assert_eq!(
        refused(raw(&[], &[], &[filter(MAX_FILTER_BYTES / 2), filter(MAX_FILTER_BYTES / 2 + 1)], &[])),
        too_large
    );
}

#[test]
fn chunks_that_are_shorter_than_their_header_are_refused_before_they_are_listed() {
    assert_eq!(refused(raw(&[], &[], &[], &[vec![1; 10]])), None);
    assert_eq!(refused(raw(&[], &[], &[], &vec![vec![]; 1_000])), Some(ProtocolError::Message));
    assert_eq!(refused(raw(&[], &[], &[], &[vec![1; 9]])), Some(ProtocolError::Message));
}

/// Automerge sends a change as often as a message asks for it.
#[test]
fn a_change_that_is_asked_for_many_times_is_sent_once() {
    let mut document = orders();
    write(&mut document, 1);
    let change = document.get_last_local_change().unwrap();
    let (mut server, _) = greeted();
    let message = heard(&mut server, raw(&[], &[change.hash().0; 500], &[], &[])).unwrap();
    server.absorb(ID, &mut document, *message, Access::Write).unwrap();
    let answer = server.tell(ID, &document, Access::Write).unwrap();
    assert!(answer.len() < 2 * change.raw_bytes().len() + 300, "{} bytes", answer.len());
}

/// Automerge writes what it was told as heads into its own messages, and expects them in order.
#[test]
fn hashes_out_of_order_are_put_in_order() {
    let mut document = orders();
    let mut other = document.fork().with_actor(actor(2));
    write(&mut document, 1);
    write(&mut other, 2);
    document.merge(&mut other).unwrap();
    let mut heads: Vec<_> = document.get_heads().iter().map(|head| head.0).collect();
    assert_eq!(heads.len(), 2);
    heads.sort_unstable_by(|a, b| b.cmp(a));
    let (mut server, _) = greeted();
    let message = heard(&mut server, raw(&heads, &[], &[], &[])).unwrap();
    server.absorb(ID, &mut document, *message, Access::Write).unwrap();
    write(&mut document, 3);
    assert!(server.tell(ID, &document, Access::Write).is_some());
}

#[test]
fn small_chunks_that_become_more_than_a_message_may_bring_are_refused() {
    let mut document = orders();
    let bytes = vec![0; MAX_CHANGE_BYTES - 1_024];
    append(&mut document, &[(entry(1), bytes)]).unwrap();
    let body = body_of(&document.get_last_local_change().unwrap());
    let packed = framed(2, &compress_to_vec(&body, 9), &body);
    assert!(packed.len() < 1_024);
    let fits = MAX_CHANGES_BYTES / (body.len() + 20);
    let taken = |count| take_changes(&mut message(vec![packed.clone(); count])).map(|changes| changes.len());
    assert_eq!(taken(fits), Ok(fits));
    assert_eq!(taken(fits + 1), Err(ChunkError::TooMuch));
}

/// Changes of an actor whose first change is not here.
fn orphans(count: usize, fact_bytes: usize) -> Vec<Vec<u8>> {
    let mut document = orders();
    (0..=count).for_each(|n| append(&mut document, &[(entry(n as u8), vec![n as u8; fact_bytes])]).unwrap());
    let changes = document.get_changes(&orders().get_heads());
    changes[1..].iter().map(|change| change.raw_bytes().to_vec()).collect()
}

#[test]
fn more_changes_than_may_wait_for_a_missing_one_are_refused() {
    let (mut server, _) = greeted();
    let orphans = orphans(3, 10);
    let many = |count: usize| {
        // The same change may come again and waits once: so each is made of its own.
        let mut document = orders();
        let changes: Vec<_> = (0..=count)
            .map(|n| {
                let id = crate::id::EntryId::from_bytes(
                    [&[7; 8][..], &(n as u64).to_be_bytes()].concat().try_into().unwrap(),
                );
                append(&mut document, &[(id, vec![1])]).unwrap();
                document.get_last_local_change().unwrap().raw_bytes().to_vec()
            })
            .collect();
        changes[1..].to_vec()
    };
    assert_eq!(server.take_changes(ID, &orders(), &mut message(orphans)), Ok(vec![]));
    assert_eq!(greeted().0.take_changes(ID, &orders(), &mut message(many(MAX_WAITING))), Ok(vec![]));
    let refused = greeted().0.take_changes(ID, &orders(), &mut message(many(MAX_WAITING + 1)));
    assert_eq!(refused, Err(ChunkError::TooMany));
}

#[test]
fn what_waits_for_a_thousand_others_is_refused_though_it_is_small() {
    let mut many = orders();
    for n in 0..600_u16 {
        let mut one = orders().with_actor(ActorId::from([&[3; 14][..], &n.to_be_bytes()].concat()));
        append(
            &mut one,
            &[(
                crate::id::EntryId::from_bytes([&[3; 14][..], &n.to_be_bytes()].concat().try_into().unwrap()),
                vec![1],
            )],
        )
        .unwrap();
        many.merge(&mut one).unwrap();
    }
    let waits = |n: u8| {
        let mut one = many.fork().with_actor(ActorId::from([n; 16]));
        append(&mut one, &[(entry(n), vec![1])]).unwrap();
        one.get_last_local_change().unwrap().raw_bytes().to_vec()
    };
    let (mut server, _) = greeted();
    assert_eq!(server.take_changes(ID, &orders(), &mut message(vec![waits(1)])), Ok(vec![]));
    let refused = server.take_changes(ID, &orders(), &mut message(vec![waits(2)]));
    assert_eq!(refused, Err(ChunkError::TooMany));
}

#[test]
fn a_connection_keeps_no_more_than_it_may_for_all_documents_together() {
    let (mut server, _) = greeted();
    let waiting = orphans(15, 120 * 1_024);
    let each: usize = waiting.iter().map(Vec::len).sum();
    let fits = MAX_KEPT_BYTES / each;
    for n in 0..=fits {
        let id = DocumentId::from_bytes([n as u8; 16]);
        let taken = server.take_changes(id, &orders(), &mut message(waiting.clone()));
        assert_eq!(taken, if n < fits { Ok(vec![]) } else { Err(ChunkError::TooMuch) });
    }
    let (mut server, _) = greeted();
    let fits = MAX_KEPT_BYTES / MAX_FILTER_BYTES as usize;
    for n in 0..=fits {
        let id = DocumentId::from_bytes([n as u8; 16]);
        let message = heard(&mut server, raw(&[], &[], &[filter(MAX_FILTER_BYTES)], &[])).unwrap();
        let absorbed = server.absorb(id, &mut orders(), *message, Access::Read);
        assert_eq!(absorbed, if n < fits { Ok(()) } else { Err(ProtocolError::MessageTooLarge) });
    }
}

#[test]
fn what_a_document_no_longer_keeps_makes_room_for_others() {
    let (mut server, _) = greeted();
    let waiting = orphans(15, 120 * 1_024);
    for n in 0..20 {
        let id = DocumentId::from_bytes([n; 16]);
        assert_eq!(server.take_changes(id, &orders(), &mut message(waiting.clone())), Ok(vec![]));
        server.withhold(id);
    }
}

#[test]
fn more_documents_than_a_connection_may_sync_are_refused() {
    let (mut server, _) = greeted();
    let id = |n: usize| DocumentId::from_bytes((n as u128).to_be_bytes());
    let greeting = raw(&[], &[], &[], &[]);
    for n in 0..MAX_DOCUMENTS {
        server.hear(&frame(id(n), greeting.clone())).unwrap();
        server.tell(id(n), &orders(), Access::Read);
    }
    assert!(server.hear(&frame(id(0), greeting.clone())).is_ok());
    let refused = server.hear(&frame(id(MAX_DOCUMENTS), greeting.clone())).err();
    assert_eq!(refused, Some(ProtocolError::TooManyDocuments));
    server.withhold(id(0));
    assert!(server.hear(&frame(id(MAX_DOCUMENTS), greeting)).is_ok());
}

#[test]
fn a_reader_s_changes_are_neither_kept_nor_unpacked() {
    let (mut server, _) = greeted();
    let mut document = orders();
    let bomb = framed(2, &compress_to_vec(&vec![0; 16 << 20], 9), &[]);
    let mut message = message(vec![]);
    message.changes = ChunkList::from(vec![bomb, orders().save()]);
    let heads = document.get_heads();
    server.absorb(ID, &mut document, message, Access::Read).unwrap();
    assert_eq!(document.get_heads(), heads);
}
