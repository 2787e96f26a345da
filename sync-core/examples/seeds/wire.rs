//! Frames, sync messages and changes.

use automerge::{
    Change,
    sync::{ChunkList, State, SyncDoc},
};
use sync_core::{
    documents::{Document, DocumentId, Kind, Letter, Note, PlayKey, Words, append, record_plays},
    lease::Marks,
    orders::{Act, HoldOn, RevokeOn},
    sync::{Frame, PeerName},
    vocabulary::Vocabulary,
};

use super::{
    Seed,
    world::{DEVICE, NOON, by_device, device_actor, document, entry, release},
};

pub(crate) fn seeds() -> Vec<Seed> {
    let mut seeds: Vec<Seed> =
        frames().into_iter().map(|(name, frame)| ("frame", name.to_owned(), frame.encode())).collect();
    for (n, kind) in (0..).zip(Kind::all()) {
        let hello = document(kind).generate_sync_message(&mut State::new()).unwrap();
        seeds.push((
            "message",
            format!("{}-hello", kind.as_str()),
            [vec![n], hello.clone().encode()].concat(),
        ));
        let news = news(kind);
        if news.is_empty() {
            continue;
        }
        let mut message = hello;
        message.changes =
            ChunkList::from(news.iter().map(|change| change.raw_bytes().to_vec()).collect::<Vec<_>>());
        seeds.push(("message", format!("{}-news", kind.as_str()), [vec![n], message.encode()].concat()));
        seeds.push((
            "change",
            format!("{}-compressed", kind.as_str()),
            [vec![n + 8], body(&news[0])].concat(),
        ));
        for (i, change) in news.iter().enumerate() {
            seeds.push(("change", format!("{}-{i}", kind.as_str()), [vec![n], body(change)].concat()));
        }
    }
    seeds
}

fn frames() -> [(&'static str, Frame); 6] {
    let name = |name| PeerName::new(name).unwrap();
    let (sender, target, document) = (name("device"), name("server"), DocumentId::from_bytes([7; 16]));
    [
        ("join", Frame::Join { sender: sender.clone() }),
        (
            "peer",
            Frame::Peer { sender: sender.clone(), target: target.clone(), storage: Some("storage".into()) },
        ),
        (
            "request",
            Frame::Sync {
                sender: sender.clone(),
                target: target.clone(),
                document,
                request: true,
                data: vec![0x42, 0, 0, 0, 0],
            },
        ),
        ("unavailable", Frame::Unavailable { sender: sender.clone(), target: target.clone(), document }),
        ("error", Frame::Error { sender, target, message: "retry".into() }),
        ("leave", Frame::Leave),
    ]
}

/// What the device writes into a document of this kind.
fn news(kind: Kind) -> Vec<Change> {
    let committed = document(kind);
    let mut replica: Document = committed.fork().with_actor(device_actor());
    match kind {
        Kind::Orders => {
            let hold = Act::Hold { on: HoldOn::Shelf, until: None, hits: vec![release(1)] };
            append(&mut replica, &[(entry(5), by_device(hold).encode())]).unwrap();
            let lift = Act::Lift { holds: vec![entry(5)] };
            let revoke = Act::Revoke { on: RevokeOn::Release(release(1)), hits: vec![] };
            append(
                &mut replica,
                &[(entry(6), by_device(lift).encode()), (entry(7), by_device(revoke).encode())],
            )
            .unwrap();
        }
        Kind::Journal => {
            let letter = Letter::Return { release: release(1), at: NOON };
            append(&mut replica, &[(entry(5), letter.encode())]).unwrap();
            let key = PlayKey { device: DEVICE, release: release(1), day: NOON, part: None };
            record_plays(&mut replica, key, 3).unwrap();
        }
        Kind::Casebook => {
            let words = Words {
                release: release(1),
                at: NOON,
                note: None,
                marks: Marks::default(),
                parting_note: "Well done.".into(),
            };
            append(&mut replica, &[(entry(5), Note::Words(words).encode())]).unwrap();
        }
        Kind::Shelf => {}
    }
    replica.get_changes(&committed.get_heads())
}

/// A change without its header: magic 4, checksum 4, type 1, length.
fn body(change: &Change) -> Vec<u8> {
    let bytes = change.raw_bytes();
    let len = bytes[9..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    bytes[9 + len..].to_vec()
}
