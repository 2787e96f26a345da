//! Two replicas over two peers in memory, and everything hostile that one of them may send.

mod amplified;
mod frames;
mod hostile;
mod replicas;
mod versions;

use automerge::{ActorId, Change};

use super::*;
use crate::{
    documents::{Document, DocumentId, Kind, append, create, entries},
    fixtures::*,
    orders::{Entry, HoldOn},
};

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 16])
}

fn name(name: &str) -> PeerName {
    PeerName::new(name).unwrap()
}

/// A server's and a device's end, greeted.
fn greeted() -> (Peer, Peer) {
    let (mut device, join) = Peer::initiate(name("device"));
    let mut server = Peer::accept(name("server"), "storage".into());
    let Heard::Greeted(Some(answer)) = server.hear(&join).unwrap() else { panic!() };
    assert_eq!(device.storage(), None);
    assert!(matches!(device.hear(&answer), Ok(Heard::Greeted(None))));
    assert_eq!(device.storage(), Some("storage"));
    (server, device)
}

fn orders() -> Document {
    create(Kind::Orders, actor(1)).unwrap()
}

fn write(document: &mut Document, n: u8) {
    append(document, &[(entry(n), hold().encode())]).unwrap();
}

fn hold() -> Entry {
    held(HoldOn::Shelf, None, &[])
}

fn one_change() -> Change {
    let mut document = orders();
    write(&mut document, 1);
    document.get_last_local_change().unwrap()
}
