//! Frames, sync messages and changes: the server's whole way with the bytes of a device.

use std::collections::BTreeMap;

use automerge::{
    Change, ReadDoc,
    sync::{ChunkList, State, SyncDoc},
};
use sha2::{Digest, Sha256};
use sync_core::{
    authority::{Actors, restrictions, vet},
    documents::{Document, DocumentId, Kind, Shelf, entries, plays},
    orders::Orders,
    sync::{Access, Frame, Heard, Peer, PeerName},
    vocabulary::Vocabulary,
};

use super::world::{DEVICE, document, server, writer};

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

fn greeted() -> (Peer, Peer) {
    let (mut device, join) = Peer::initiate(name("device"));
    let mut server = Peer::accept(name("server"), "storage".into());
    let Ok(Heard::Greeted(Some(answer))) = server.hear(&join) else { unreachable!("a greeting") };
    assert!(matches!(device.hear(&answer), Ok(Heard::Greeted(None))));
    (server, device)
}

fn name(name: &str) -> PeerName {
    PeerName::new(name).unwrap()
}

/// A frame, heard by a server and by a device. What is read is written and read back.
pub fn frame(bytes: &[u8]) {
    match Frame::decode(bytes) {
        // Of these no more is read than that they are such.
        Err(_) | Ok(Frame::Peer { .. } | Frame::Tolerated) => {}
        Ok(frame) => assert_eq!(Frame::decode(&frame.encode()), Ok(frame)),
    }
    let (mut server, mut device) = greeted();
    let _ = (server.hear(bytes), device.hear(bytes));
}

/// A sync message, about the kind of document that the first byte says.
pub fn message(bytes: &[u8]) {
    let Some((kind, data)) = bytes.split_first() else { return };
    serve(Kind::all().nth(usize::from(kind % 4)).unwrap(), data.to_vec());
}

/// A change's body, in a chunk whose length and checksum are right; the first byte says how it is wrapped and for which
/// document. Without this no mutation would come past the checksum.
pub fn change(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    let kind = Kind::all().nth(usize::from(how % 4)).unwrap();
    let (chunk_kind, body) = match how / 4 % 4 {
        0 | 1 => (1, body.to_vec()),
        2 => (2, miniz_oxide::deflate::compress_to_vec(body, 6)),
        _ => (how / 16 % 4, body.to_vec()),
    };
    let inflated = &bytes[1..];
    let hashed = [&[1][..], &unsigned(inflated.len()), inflated].concat();
    let checksum = Sha256::digest(hashed);
    let magic = [0x85, 0x6f, 0x4a, 0x83];
    let chunk = [&magic[..], &checksum[..4], &[chunk_kind], &unsigned(body.len()), &body].concat();
    let mut message = document(kind).generate_sync_message(&mut State::new()).unwrap();
    message.changes = ChunkList::from(vec![chunk]);
    serve(kind, message.encode());
}

fn unsigned(mut value: usize) -> Vec<u8> {
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

fn serve(kind: Kind, data: Vec<u8>) {
    let (mut peer, _) = greeted();
    let committed = document(kind);
    let frame =
        Frame::Sync { sender: name("device"), target: name("server"), document: ID, request: false, data };
    let Ok(Heard::Message { mut message, .. }) = peer.hear(&frame.encode()) else { return };
    let access = if kind == Kind::Shelf { Access::Read } else { Access::Write };
    let mut candidate = committed.clone();
    if access == Access::Write {
        let Ok(changes) = peer.take_changes(ID, committed, &mut message) else { return };
        let _ = restrictions(DEVICE, &changes);
        match vetted(kind, committed, changes) {
            Some(applied) => candidate = applied,
            None => return,
        }
    }
    if peer.absorb(ID, &mut candidate, *message, access).is_ok() {
        let _ = peer.tell(ID, &candidate, access);
    }
    match access {
        Access::Read => assert_eq!(candidate.get_heads(), committed.get_heads()),
        Access::Write => assert!(candidate.get_missing_deps(&[]).is_empty(), "something waits unvetted"),
    }
}

/// Applies what the vet lets through, and checks that it can be read again and has taken nothing away.
fn vetted(kind: Kind, committed: &Document, changes: Vec<Change>) -> Option<Document> {
    let actors = Actors::from([(server(), (None, committed.get_changes(&[]).len() as u64))]);
    let vetted = vet(committed, kind, &actors, writer(kind), changes).ok()?;
    let mut applied = committed.clone();
    applied.apply_changes(vetted.changes.clone()).ok()?;
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (entries(committed).into_iter().collect(), entries(&applied).into_iter().collect());
    assert!(before.iter().all(|(id, fact)| after.get(id) == Some(fact)), "a fact has changed");
    assert_eq!(after.len(), before.len() + vetted.entries.len());
    if kind == Kind::Orders {
        let fold = |facts: &BTreeMap<_, Vec<u8>>| {
            Orders::fold_encoded(facts.iter().map(|(id, fact)| (*id, fact.as_slice())))
        };
        let (before, after) = (fold(&before), fold(&after));
        assert!(!after.unreadable);
        assert!(before.releases.iter().all(|(id, release)| !release.revoked || after.releases[id].revoked));
    }
    let loaded = Document::load(&applied.save()).expect("what was applied loads");
    assert_eq!(entries(&loaded), entries(&applied));
    assert_eq!((plays(&loaded), Shelf::read(&loaded)), (plays(&applied), Shelf::read(&applied)));
    Some(applied)
}
