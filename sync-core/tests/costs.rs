//! The cost of the common paths: every frame, each hop, both ways, beside the bytes that must be
//! said.
//!
//! Bytes are the same at every run and have bounds here. `docs/performance.md` shows the table that
//! `cargo test -p sync-core --test costs -- --nocapture` prints.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[path = "../benches/core/world.rs"]
#[allow(dead_code, reason = "the benchmarks need more of it")]
mod world;

use automerge::ActorId;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use sync_core::{
    documents::{Document, DocumentId, Kind, Shelf, append, create},
    id::{BatchId, DenialId, IncarnationId, PracticeId, ReceiptId, RecordingId},
    lease::{BatchDraft, Denial, DenialKind, Receipt, ReceiptCause, ReceiptKind, Signed, Tag, kid_of},
    orders::{Act, Author, Entry, RevokeOn},
    sync::{Access, Heard, Peer, PeerName},
};

use world::{DEVICE, NOON, clip, end, entry, release, shelf, sixteen};

/// How many releases the shelf has.
const RELEASES: u32 = 20;

/// One connection between the server and a device about one document.
struct Connection {
    id: DocumentId,
    access: Access,
    server: Peer,
    device: Peer,
    committed: Document,
    replica: Document,
    greeting: Cost,
    cost: Cost,
}

/// What was said, in bytes, and how often memory was allocated at the server's end and at the device's.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Cost {
    to_device: usize,
    to_server: usize,
    frames: usize,
    server_allocations: u64,
    device_allocations: u64,
}

impl Connection {
    /// Greets; what that costs is counted apart: it is the same whatever is synced.
    fn open(committed: Document, access: Access) -> Self {
        let name = |name: &str| PeerName::new(name).unwrap();
        let incarnation = IncarnationId::from_bytes(sixteen(6, 1));
        let (mut device, join) = Peer::initiate(name("device-0123456789abcdef"));
        let mut server = Peer::accept(PeerName::of(incarnation), incarnation.to_string());
        let Ok(Heard::Greeted(Some(answer))) = server.hear(&join) else { panic!("a greeting") };
        device.hear(&answer).unwrap();
        let greeting = Cost { to_device: answer.len(), to_server: join.len(), frames: 2, ..Cost::default() };
        let replica = Document::new().with_actor(ActorId::from([9; 16]));
        Self {
            id: DocumentId::from_bytes([7; 16]),
            access,
            server,
            device,
            committed,
            replica,
            greeting,
            cost: Cost::default(),
        }
    }

    /// Lets both speak until neither has anything to say; gives what was said since the last time.
    fn level(&mut self) -> Cost {
        let mut to_server: Vec<Vec<u8>> = self.at_device(None).into_iter().collect();
        // A server speaks of a document only to who has asked for it.
        let asked = self.server.syncs(self.id);
        let mut to_device: Vec<Vec<u8>> = asked.then(|| self.at_server(None)).flatten().into_iter().collect();
        while !(to_server.is_empty() && to_device.is_empty()) {
            let (heard_there, heard_here) = (std::mem::take(&mut to_server), std::mem::take(&mut to_device));
            for frame in heard_there {
                self.cost.to_server += frame.len();
                self.cost.frames += 1;
                to_device.extend(self.at_server(Some(&frame)));
            }
            for frame in heard_here {
                self.cost.to_device += frame.len();
                self.cost.frames += 1;
                to_server.extend(self.at_device(Some(&frame)));
            }
        }
        assert_eq!(self.committed.get_heads(), self.replica.get_heads());
        std::mem::take(&mut self.cost)
    }

    fn at_server(&mut self, frame: Option<&[u8]>) -> Option<Vec<u8>> {
        let Self { id, access, server, committed, .. } = self;
        let mut answer = None;
        let counted = allocation_counter::measure(|| {
            if let Some(frame) = frame {
                let Ok(Heard::Message { mut message, .. }) = server.hear(frame) else { panic!("a message") };
                let mut candidate = committed.clone();
                if *access == Access::Write {
                    let changes = server.take_changes(*id, committed, &mut message).unwrap();
                    candidate.apply_changes(changes).unwrap();
                }
                server.absorb(*id, &mut candidate, *message, *access).unwrap();
                *committed = candidate;
            }
            answer = server.tell(*id, committed, *access);
        });
        self.cost.server_allocations += counted.count_total;
        answer
    }

    fn at_device(&mut self, frame: Option<&[u8]>) -> Option<Vec<u8>> {
        let Self { id, device, replica, .. } = self;
        let mut answer = None;
        let counted = allocation_counter::measure(|| {
            if let Some(frame) = frame {
                let Ok(Heard::Message { message, .. }) = device.hear(frame) else { panic!("a message") };
                device.absorb(*id, replica, *message, Access::Write).unwrap();
            }
            answer = device.tell(*id, replica, Access::Write);
        });
        self.cost.device_allocations += counted.count_total;
        answer
    }
}

fn by_device(act: Act) -> Entry {
    Entry { by: Author::Device(DEVICE), at: NOON, act }
}

/// The orders behind that shelf: each release an entry in a change of its own.
fn orders() -> Document {
    let mut document = create(Kind::Orders, ActorId::from([1; 16])).unwrap();
    for n in 0..RELEASES {
        let (release, clip) = (release(n), clip(n));
        let recording = RecordingId::from_bytes(sixteen(4, n));
        let terms = world::terms();
        let act = Act::Release { release, clip, recording, terms, seen: vec![] };
        append(&mut document, &[(entry(n), by_device(act).encode())]).unwrap();
    }
    document
}

fn told(what: &str, cost: Cost, floor: usize) {
    println!("{what}: {cost:?}; floor {floor}");
}

#[test]
fn the_first_sync_of_a_shelf_says_little_more_than_the_compacted_document() {
    let committed = shelf(RELEASES, RELEASES);
    let floor = committed.save().len();
    let mut connection = Connection::open(committed, Access::Read);
    let cost = connection.level();
    told("the greeting of a connection", connection.greeting, 0);
    told("first sync of a shelf of 20", cost, floor);
    assert!(connection.greeting.to_device <= 250 && connection.greeting.to_server <= 150);
    assert!(cost.to_device * 10 <= floor * 13, "{} bytes for a document of {floor}", cost.to_device);
    assert!(cost.to_server <= 450, "{} bytes", cost.to_server);
    assert!(cost.frames <= 4, "{} frames", cost.frames);
}

#[test]
fn one_revocation_reaches_one_device_in_four_hundred_bytes() {
    // From the therapist's phone to the server, and heard as durable.
    let mut console = Connection::open(orders(), Access::Write);
    console.level();
    let revoke =
        by_device(Act::Revoke { on: RevokeOn::Release(release(3)), hits: vec![release(3)] }).encode();
    append(&mut console.replica, &[(entry(100), revoke.clone())]).unwrap();
    let there = console.level();
    told("the entry, console to server", there, revoke.len());

    // From the server to the device: one shelf change.
    let mut phone = Connection::open(shelf(RELEASES, RELEASES), Access::Read);
    phone.level();
    let mut ended = Shelf::read(&phone.committed);
    end(&mut ended, 3);
    phone.committed.set_actor(ActorId::from([1; 16]));
    ended.write(&mut phone.committed).unwrap();
    let change = phone.committed.get_last_local_change().unwrap().raw_bytes().len();
    let here = phone.level();
    told("the end on the shelf, server to phone", here, change);

    // The question, the signed denial, and the receipt: bodies of HTTP.
    let (question, answer, denial) = denied();
    println!("lease question {question}; batch with the denial {answer}; the denial alone {denial}");
    let (handed_in, receipt) = receipt();
    println!("receipt handed in {handed_in}; the receipt alone {receipt}");

    assert!(here.to_device <= 400, "{} bytes to the device", here.to_device);
    assert!(here.to_device + here.to_server <= 800, "{here:?}");
    assert!(there.to_server <= 600 && there.to_device <= 400, "{there:?}");
    assert!(question <= 200 && answer <= denial + 400, "{question}, {answer}, {denial}");
    assert!(handed_in <= 2 * receipt, "{handed_in}, {receipt}");
}

/// Lengths of the question for leases, of the answer that denies one, and of the denial in it.
fn denied() -> (usize, usize, usize) {
    let authority = SigningKey::from_slice(&[9; 32]).unwrap();
    let incarnation = IncarnationId::from_bytes(sixteen(6, 1));
    let question = serde_json::json!({
        "nonce": BASE64.encode([3; 32]),
        "holding": [{ "release": release(3).to_string(), "generation": 1 }],
    });
    let point = authority.verifying_key().to_sec1_point(false);
    let draft = BatchDraft {
        id: BatchId::from_bytes(sixteen(5, 1)),
        incarnation,
        practice: PracticeId::from_bytes(sixteen(7, 1)),
        device: DEVICE,
        exchange_key: point.as_bytes().try_into().unwrap(),
        issued_at: NOON,
        nonce: [3; 32],
        kid: kid_of(point.as_bytes()),
    };
    let denial = Denial {
        id: DenialId::from_bytes(sixteen(8, 1)),
        device: DEVICE,
        release: Some(release(3)),
        upto_generation: 1,
        kind: DenialKind::Ended,
        at: NOON,
        issued_at: NOON,
        incarnation,
    };
    let denial = denial.sign(&authority);
    let alone = denial.encode().len();
    let batch = draft.seal(&[], &[denial], &authority, &mut StdRng::seed_from_u64(1)).unwrap();
    (question.to_string().len(), batch.encode().len(), alone)
}

/// Lengths of the request that hands a receipt in, and of the receipt.
fn receipt() -> (usize, usize) {
    let receipt = Receipt {
        id: ReceiptId::from_bytes(sixteen(9, 1)),
        n: 2,
        kind: ReceiptKind::Wiped,
        device: DEVICE,
        release: release(3),
        clip: clip(3),
        generation: 1,
        cause: ReceiptCause::Shelf,
        at: NOON,
        incarnation: IncarnationId::from_bytes(sixteen(6, 1)),
    };
    let signed =
        Signed::sign(Tag::Receipt, receipt.body(), &SigningKey::from_slice(&[9; 32]).unwrap()).encode();
    let request = serde_json::json!({ "receipts": [BASE64.encode(&signed)] });
    (request.to_string().len(), signed.len())
}
