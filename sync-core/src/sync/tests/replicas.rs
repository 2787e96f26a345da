//! Two ends that come to the same heads, or are told why not.

use automerge::sync::{BloomFilter, SyncDoc};

use super::{hostile::message, *};
use crate::{
    authority::{Actors, Denied, Writer, vet},
    documents::{PlayKey, Shelf, ShelfItem, ShelfState, record_plays},
    instant::Span,
};

struct Connection {
    server: (Peer, Document),
    device: (Peer, Document),
    access: Access,
    actors: Actors,
    refused: Vec<String>,
    frames: usize,
}

impl Connection {
    fn new(server: Document, device: Document, access: Access) -> Self {
        let (server_end, device_end) = greeted();
        let actors = Actors::from([(actor(1), (None, 1))]);
        Self {
            server: (server_end, server),
            device: (device_end, device),
            access,
            actors,
            refused: vec![],
            frames: 0,
        }
    }

    /// Lets both say what they have to say, until neither has anything; fails if that takes long.
    fn run(&mut self) {
        let mut to_server: Vec<_> =
            self.device.0.tell(ID, &self.device.1, Access::Write).into_iter().collect();
        let mut to_device: Vec<_> = self.server.0.tell(ID, &self.server.1, self.access).into_iter().collect();
        while !(to_server.is_empty() && to_device.is_empty()) {
            self.frames += to_server.len() + to_device.len();
            assert!(self.frames < 40, "the two never stop talking");
            for frame in std::mem::take(&mut to_server) {
                to_device.extend(self.at_server(&frame));
            }
            for frame in std::mem::take(&mut to_device) {
                to_server.extend(self.at_device(&frame));
            }
        }
    }

    fn at_server(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let (peer, document) = &mut self.server;
        let Heard::Message { document: id, mut message, .. } = peer.hear(frame).unwrap() else { panic!() };
        let mut candidate = document.clone();
        let mut answers = Vec::new();
        if self.access == Access::Write {
            let changes = peer.take_changes(id, document, &mut message).unwrap();
            match vet(document, Kind::Orders, &self.actors, Writer::Console(device(1)), changes) {
                Ok(vetted) => {
                    for change in &vetted.changes {
                        self.actors.insert(change.actor_id().clone(), (Some(device(1)), change.seq()));
                    }
                    candidate.apply_changes(vetted.changes).unwrap();
                }
                Err(denied) => answers.extend(peer.refuse(denied.code())),
            }
        }
        peer.absorb(id, &mut candidate, *message, self.access).unwrap();
        *document = candidate;
        answers.extend(peer.tell(id, document, self.access));
        answers
    }

    fn at_device(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let (peer, document) = &mut self.device;
        match peer.hear(frame).unwrap() {
            Heard::Message { document: id, message, .. } => {
                peer.absorb(id, document, *message, Access::Write).unwrap();
                peer.tell(id, document, Access::Write)
            }
            Heard::Refused(code) => {
                self.refused.push(code);
                None
            }
            other => panic!("{other:?}"),
        }
    }

    fn is_synced(&self) -> bool {
        self.server.1.get_heads() == self.device.1.get_heads()
    }
}

#[test]
fn a_fresh_device_gets_the_orders_and_sends_its_own_entries() {
    let mut server = orders();
    write(&mut server, 1);
    let mut connection = Connection::new(server, Document::new().with_actor(actor(11)), Access::Write);
    connection.run();
    assert!(connection.is_synced());
    write(&mut connection.device.1, 2);
    connection.run();
    assert!(connection.is_synced() && connection.refused.is_empty());
    write(&mut connection.server.1, 3);
    connection.run();
    assert!(connection.is_synced());
    assert_eq!(entries(&connection.server.1).len(), 3);
}

#[test]
fn both_sides_entries_merge_when_they_were_apart() {
    let mut server = orders();
    write(&mut server, 1);
    let mut device = server.fork().with_actor(actor(11));
    (2..30).for_each(|n| write(&mut device, n));
    (30..50).for_each(|n| write(&mut server, n));
    let mut connection = Connection::new(server, device, Access::Write);
    connection.run();
    assert!(connection.is_synced() && connection.refused.is_empty());
    assert_eq!(entries(&connection.server.1).len(), 49);
}

#[test]
fn a_shelf_can_be_read_and_not_written() {
    let mut server = create(Kind::Shelf, actor(1)).unwrap();
    let item = ShelfItem {
        clip: clip(1),
        state: ShelfState::Live,
        not_before: None,
        ends_at: NOON,
        offline_for: Span::from_days(1),
        daily_limit: None,
    };
    let mut shelf = Shelf([(release(1), item)].into());
    shelf.write(&mut server).unwrap();
    let mut connection = Connection::new(server, Document::new().with_actor(actor(11)), Access::Read);
    connection.run();
    assert!(connection.is_synced());
    assert_eq!(Shelf::read(&connection.device.1), shelf);
    let heads = connection.server.1.get_heads();
    let forged = shelf.0.get_mut(&release(1)).unwrap();
    forged.ends_at = NOON + Span::from_days(900);
    shelf.write(&mut connection.device.1).unwrap();
    connection.run();
    assert_eq!(connection.server.1.get_heads(), heads, "a reader's changes are not taken");
}

#[test]
fn i5_a_refused_change_is_told_and_the_two_fall_silent() {
    let server = orders();
    let mut device = server.fork().with_actor(actor(11));
    let foreign = by(crate::fixtures::device(2), hold().act);
    append(&mut device, &[(entry(1), foreign.encode())]).unwrap();
    let mut connection = Connection::new(server, device, Access::Write);
    connection.run();
    assert_eq!(connection.refused, [Denied::NotYourself.code()]);
    assert!(entries(&connection.server.1).is_empty());
    write(&mut connection.server.1, 2);
    connection.run();
    assert_eq!(entries(&connection.device.1).len(), 2, "what the server has still arrives");
}

/// A change of a document that the server's Bloom filter takes for one that it has.
fn falsely_known(server: &Document, base: &Document) -> Document {
    let hashes: Vec<_> = server.get_changes(&[]).iter().map(automerge::Change::hash).collect();
    let filter = BloomFilter::from_hashes(hashes.iter());
    for n in 0..=u16::MAX {
        let bytes = [[11; 14].as_slice(), &n.to_be_bytes()].concat();
        let mut replica = base.fork().with_actor(ActorId::from(bytes));
        write(&mut replica, 200);
        if filter.contains_hash(&replica.get_heads()[0]) {
            return replica;
        }
    }
    panic!("no filter is that good");
}

#[test]
fn a_change_that_the_filter_left_out_is_asked_for_and_what_depends_on_it_waits() {
    let mut server = orders();
    let base = server.fork();
    (1..40).for_each(|n| write(&mut server, n));
    let mut device = falsely_known(&server, &base);
    write(&mut device, 201);
    let mut connection = Connection::new(server, device, Access::Write);
    connection.run();
    assert!(connection.refused.is_empty(), "{:?}", connection.refused);
    assert!(connection.is_synced());
    assert_eq!(entries(&connection.server.1).len(), 41);
}

#[test]
fn a_year_of_plays_that_were_counted_offline_comes_at_once() {
    let server = create(Kind::Journal, actor(1)).unwrap();
    let mut companion = server.fork().with_actor(actor(11));
    for n in 0..3_650 {
        let day = NOON + Span::from_days(n / 10);
        let key = PlayKey { device: device(1), release: release(1), day, part: None };
        record_plays(&mut companion, key, n as u32 % 10 + 1).unwrap();
    }
    let changes: Vec<_> =
        companion.get_changes(&server.get_heads()).iter().map(|change| change.raw_bytes().to_vec()).collect();
    let (mut peer, _) = greeted();
    // In the worst of all orders.
    let mut sent = message(changes.into_iter().rev().collect());
    let taken = peer.take_changes(ID, &server, &mut sent).unwrap();
    let actors = Actors::from([(actor(1), (None, 1))]);
    let vetted = vet(&server, Kind::Journal, &actors, Writer::Companion(device(1)), taken).unwrap();
    assert_eq!(vetted.changes.len(), 3_650);
}

#[test]
fn what_waits_for_ever_is_bounded() {
    let server = orders();
    let mut device = server.fork().with_actor(actor(11));
    write(&mut device, 1);
    let missing = device.get_heads();
    let (mut peer, _) = greeted();
    let mut taken = Ok(Vec::new());
    for n in 0..10 {
        for _ in 0..50 {
            let id = device.get_heads()[0].0[..16].try_into().unwrap();
            let new = (crate::id::EntryId::from_bytes(id), hold().encode());
            append(&mut device, &[new]).unwrap();
        }
        let mut message = device.generate_sync_message(&mut automerge::sync::State::new()).unwrap();
        let mut changes = device.get_changes(&missing);
        message.changes =
            changes.split_off(n * 50).iter().map(|c| c.raw_bytes().to_vec()).collect::<Vec<_>>().into();
        taken = peer.take_changes(ID, &server, &mut message);
        if taken.is_err() {
            break;
        }
    }
    assert_eq!(taken, Err(ChunkError::TooMany));
}

#[test]
fn withheld_documents_are_said_to_be_unavailable() {
    let (mut server, mut device) = greeted();
    let frame = server.withhold(ID).unwrap();
    assert!(matches!(device.hear(&frame), Ok(Heard::Unavailable(ID))));
}
