//! Both versions of automerge's sync messages, and peers that take another name.
//!
//! Version 1 has an item for each change. Version 2 has one item for all that is sent, and often that is the document.

use automerge::sync::{ChunkList, Message, MessageVersion, State, SyncDoc};

use super::*;

fn sync(message: Message, request: bool) -> Vec<u8> {
    let (sender, target) = (name("device"), name("server"));
    Frame::Sync { sender, target, document: ID, request, data: message.encode() }.encode()
}

/// What a server takes of these items, which come in a message of this version.
fn taken(version: &MessageVersion, items: Vec<Vec<u8>>) -> Result<Vec<Change>, ChunkError> {
    let (mut server, _) = greeted();
    let mut message = orders().generate_sync_message(&mut State::new()).unwrap();
    (message.version, message.changes) = (version.clone(), ChunkList::from(items));
    let Ok(Heard::Message { mut message, .. }) = server.hear(&sync(message, false)) else { panic!() };
    assert_eq!(message.version, *version);
    server.take_changes(ID, &orders(), &mut message)
}

/// Orders with so many entries, and the changes that brought them.
fn with_entries(count: u8) -> (Document, Vec<Vec<u8>>) {
    let mut document = orders().fork().with_actor(actor(11));
    (1..=count).for_each(|n| write(&mut document, n));
    let changes = document.get_changes(&orders().get_heads());
    (document, changes.iter().map(|change| change.raw_bytes().to_vec()).collect())
}

const VERSIONS: [MessageVersion; 2] = [MessageVersion::V1, MessageVersion::V2];

#[test]
fn changes_are_taken_alike_in_both_versions_and_however_many_share_an_item() {
    let (document, changes) = with_entries(3);
    let shared = vec![[&changes[0][..], &changes[1]].concat(), changes[2].clone()];
    for version in &VERSIONS {
        for items in [changes.clone(), vec![changes.concat()], shared.clone()] {
            let taken = taken(version, items).unwrap();
            assert_eq!(taken.len(), 3);
            let mut server = orders();
            server.apply_changes(taken).unwrap();
            assert_eq!(server.get_heads(), document.get_heads());
        }
    }
}

#[test]
fn a_document_is_refused_by_name_in_both_versions_alone_and_among_changes() {
    let (document, changes) = with_entries(3);
    let whole = document.save();
    let mut bundle = changes[0].clone();
    bundle[8] = 3;
    for version in &VERSIONS {
        for items in [
            vec![whole.clone()],
            vec![changes[0].clone(), whole.clone()],
            vec![[changes.concat(), whole.clone()].concat()],
            vec![[whole.clone(), changes.concat()].concat()],
            vec![bundle.clone()],
        ] {
            assert_eq!(taken(version, items).map_err(ChunkError::code), Err("change_not_single"));
        }
    }
}

/// What an automerge sends to a server that it knows to read version 2, of a document that the server has `known` of.
fn from_automerge(document: &Document, known: &Document) -> Message {
    let (mut device, mut server) = (State::new(), State::new());
    loop {
        if let Some(message) = known.generate_sync_message(&mut server) {
            assert!(message.flags.is_some(), "it says that it reads version 2");
            document.clone().receive_sync_message(&mut device, message).unwrap();
        }
        let message = document.generate_sync_message(&mut device).unwrap();
        if !message.changes.is_empty() {
            return message;
        }
        known.clone().receive_sync_message(&mut server, message).unwrap();
    }
}

#[test]
fn what_an_automerge_sends_in_version_two_is_taken_as_changes_and_refused_as_a_document() {
    let (known, _) = with_entries(20);
    let mut document = known.clone();
    (21..=23).for_each(|n| write(&mut document, n));
    let few = from_automerge(&document, &known);
    (24..=60).for_each(|n| write(&mut document, n));
    let many = from_automerge(&document, &known);
    for (message, outcome) in [(few, Ok(3)), (many, Err(ChunkError::NotAChange))] {
        assert_eq!((&message.version, message.changes.iter().count()), (&MessageVersion::V2, 1));
        let (mut server, _) = greeted();
        let Ok(Heard::Message { mut message, .. }) = server.hear(&sync(message, false)) else { panic!() };
        let taken = server.take_changes(ID, &known, &mut message);
        assert_eq!(taken.map(|changes| changes.len()), outcome);
    }
}

fn message_of(frame: &[u8]) -> Message {
    let Ok(Frame::Sync { data, .. }) = Frame::decode(frame) else { panic!() };
    Message::decode(&data).unwrap()
}

#[test]
fn who_says_flags_is_answered_in_version_two_and_who_says_none_in_version_one() {
    let (document, _) = with_entries(20);
    for access in [Access::Read, Access::Write] {
        for has_flags in [true, false] {
            let (mut server, _) = greeted();
            let mut device = Document::new();
            let mut hello = device.generate_sync_message(&mut State::new()).unwrap();
            if !has_flags {
                hello.flags = None;
            }
            let Ok(Heard::Message { message, .. }) = server.hear(&sync(hello, true)) else { panic!() };
            server.absorb(ID, &mut document.clone(), *message, access).unwrap();
            let answer = message_of(&server.tell(ID, &document, access).unwrap());
            let version = if has_flags { MessageVersion::V2 } else { MessageVersion::V1 };
            assert_eq!(answer.version, version);
            assert_eq!(answer.changes.iter().count(), if has_flags { 1 } else { 21 });
            // Of what may be written it says no flags: so the device keeps to single changes.
            assert_eq!(answer.flags.is_some(), access == Access::Read);
            device.receive_sync_message(&mut State::new(), answer).unwrap();
            assert_eq!(device.get_heads(), document.get_heads());
        }
    }
}

#[test]
fn a_peer_that_greets_again_under_another_name_goes_on_where_it_was() {
    let (mut server, mut device) = greeted();
    let (mut committed, _) = with_entries(3);
    let mut replica = Document::new().with_actor(actor(12));
    let mut spoken = 0;
    let mut run = |server: &mut Peer, committed: &mut Document, replica: &mut Document| {
        let mut said = device.tell(ID, replica, Access::Write);
        while let Some(frame) = said.take() {
            spoken += 1;
            let Ok(Heard::Message { mut message, .. }) = server.hear(&frame) else { panic!() };
            let changes = server.take_changes(ID, committed, &mut message).unwrap();
            committed.apply_changes(changes).unwrap();
            server.absorb(ID, committed, *message, Access::Write).unwrap();
            let Some(answer) = server.tell(ID, committed, Access::Write) else { break };
            let Ok(Heard::Message { message, .. }) = device.hear(&answer) else { panic!() };
            device.absorb(ID, replica, *message, Access::Write).unwrap();
            said = device.tell(ID, replica, Access::Write);
        }
        std::mem::take(&mut spoken)
    };
    let first = run(&mut server, &mut committed, &mut replica);
    for (n, other) in [(4, "another"), (5, "device"), (6, "server")] {
        let Ok(Heard::Greeted(Some(answer))) = server.hear(&Frame::Join { sender: name(other) }.encode())
        else {
            panic!()
        };
        assert!(matches!(Frame::decode(&answer), Ok(Frame::Peer { target, .. }) if target == name(other)));
        assert!(server.syncs(ID), "what was synced is not forgotten");
        write(&mut replica, n);
        let again = run(&mut server, &mut committed, &mut replica);
        assert!(again <= first, "no more is said than the one change needs");
        assert_eq!(committed.get_heads(), replica.get_heads());
        assert!(server.tell(ID, &committed, Access::Write).is_none());
    }
    write(&mut committed, 7);
    let told = server.tell(ID, &committed, Access::Write).unwrap();
    assert!(matches!(Frame::decode(&told), Ok(Frame::Sync { target, .. }) if target == name("server")));
}
