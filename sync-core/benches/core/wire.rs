//! Bytes on the wire: a revocation to one device, and the first sync of a shelf, beside the document itself.

use automerge::ActorId;
use criterion::{BatchSize, Criterion};
use sync_core::{
    documents::{Document, DocumentId, Shelf},
    sync::{Access, Heard, Peer, PeerName},
};

use super::world::{end, shelf};

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

pub(crate) struct Connection {
    server: Peer,
    device: Peer,
    pub(crate) replica: Document,
    pub(crate) to_device: usize,
    pub(crate) to_server: usize,
}

impl Connection {
    pub(crate) fn new() -> Self {
        let name = |name| PeerName::new(name).unwrap();
        let (mut device, join) = Peer::initiate(name("dev_01900000000070008000000000000001"));
        let mut server = Peer::accept(name("srv_01900000000070008000000000000002"), "storage".into());
        let Ok(Heard::Greeted(Some(answer))) = server.hear(&join) else { unreachable!("a greeting") };
        let _ = device.hear(&answer);
        let replica = Document::new().with_actor(ActorId::from([9; 16]));
        Self { server, device, replica, to_device: 0, to_server: 0 }
    }

    /// Lets both speak until neither has anything to say.
    pub(crate) fn run(&mut self, committed: &Document) {
        let mut from_device = self.device.tell(ID, &self.replica, Access::Write);
        // A server speaks of a document only to who has asked for it.
        let asked = self.server.syncs(ID);
        let mut from_server = asked.then(|| self.server.tell(ID, committed, Access::Read)).flatten();
        while from_device.is_some() || from_server.is_some() {
            if let Some(frame) = from_server.take() {
                self.to_device += frame.len();
                if let Ok(Heard::Message { message, .. }) = self.device.hear(&frame) {
                    self.device.absorb(ID, &mut self.replica, *message, Access::Write).unwrap();
                }
                from_device = self.device.tell(ID, &self.replica, Access::Write);
            }
            if let Some(frame) = from_device.take() {
                self.to_server += frame.len();
                if let Ok(Heard::Message { message, .. }) = self.server.hear(&frame) {
                    self.server.absorb(ID, &mut committed.clone(), *message, Access::Read).unwrap();
                }
                from_server = self.server.tell(ID, committed, Access::Read);
            }
        }
    }
}

pub(crate) fn all(criterion: &mut Criterion) {
    let before = shelf(20, 20);
    let compacted = before.save().len();
    let mut connection = Connection::new();
    connection.run(&before);
    assert_eq!(connection.replica.get_heads(), before.get_heads());
    let first = connection.to_device;
    println!(
        "first sync of a shelf of 20: {first} bytes to the device, {} back; compacted document {compacted}; ratio {:.2}",
        connection.to_server,
        first as f64 / compacted as f64,
    );
    let mut after = before.clone().with_actor(ActorId::from([1; 16]));
    let mut ended = Shelf::read(&after);
    end(&mut ended, 3);
    ended.write(&mut after).unwrap();
    (connection.to_device, connection.to_server) = (0, 0);
    connection.run(&after);
    assert_eq!(connection.replica.get_heads(), after.get_heads());
    println!("one revocation: {} bytes to the device, {} back", connection.to_device, connection.to_server);

    criterion.bench_function("first sync of a shelf of 20, both ends", |bench| {
        bench.iter_batched(Connection::new, |mut connection| connection.run(&before), BatchSize::SmallInput);
    });
}
