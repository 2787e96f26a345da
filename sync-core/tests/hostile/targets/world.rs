//! A small practice: a client's documents as the server has them, keys, ids.

use std::sync::LazyLock;

use automerge::ActorId;
use p256::ecdsa::SigningKey;
use sync_core::{
    authority::Writer,
    documents::{
        Document, Kind, Letter, Note, Observation, ObservationKind, PlayKey, Shelf, ShelfItem, ShelfState,
        append, create, record_plays,
    },
    id::{ClipId, DeviceId, EntryId, PracticeId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::{QuietHours, Terms},
    vocabulary::Vocabulary,
};

pub const NOON: Instant = Instant::from_millis(1_800_000_000_000);
pub const DEVICE: DeviceId = DeviceId::from_bytes([0xa2; 16]);
pub const PRACTICE: PracticeId = PracticeId::from_bytes([0xa1; 16]);
pub const NONCE: [u8; 32] = [0xd1; 32];

/// The server's actor.
pub fn server() -> ActorId {
    ActorId::from([1; 16])
}

#[allow(dead_code, reason = "the seeds are written by it")]
/// The device's actor, which has written nothing yet.
pub fn device_actor() -> ActorId {
    ActorId::from([11; 16])
}

/// The key that signs for everybody here.
pub fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_slice(&[0x51; 32]).unwrap());
    &KEY
}

/// The device's exchange key: any point will do, for nobody opens anything here.
pub fn exchange_key() -> [u8; 65] {
    key().verifying_key().to_sec1_point(false).as_bytes().try_into().unwrap()
}

pub fn release(n: u8) -> ReleaseId {
    ReleaseId::from_bytes([n; 16])
}

pub fn entry(n: u8) -> EntryId {
    EntryId::from_bytes([0x80 | n; 16])
}

pub fn by_device(act: Act) -> Entry {
    Entry { by: Author::Device(DEVICE), at: NOON, act }
}

fn released(n: u8) -> Act {
    let terms = Terms {
        not_before: None,
        expires_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(3),
        quiet_hours: QuietHours::NONE,
        planned_daily: Some(1),
    };
    Act::Release {
        release: release(n),
        clip: ClipId::from_bytes([0x40 | n; 16]),
        recording: RecordingId::from_bytes([0x60 | n; 16]),
        terms,
        seen: vec![],
    }
}

/// What the orders hold: a release that is live, one that was taken back, and a hold.
pub fn entries() -> Vec<(EntryId, Vec<u8>)> {
    let acts = [
        released(1),
        released(2),
        Act::Revoke { on: RevokeOn::Release(release(2)), hits: vec![release(2)] },
        Act::Hold { on: HoldOn::Release(release(1)), until: Some(NOON), hits: vec![] },
    ];
    (1..).zip(acts).map(|(n, act)| (entry(n), by_device(act).encode())).collect()
}

/// A document of each kind, as the server has committed it.
pub fn document(kind: Kind) -> &'static Document {
    static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| Kind::all().map(make).collect());
    &DOCUMENTS[Kind::all().position(|other| other == kind).unwrap()]
}

fn make(kind: Kind) -> Document {
    let mut document = create(kind, server()).unwrap();
    match kind {
        Kind::Orders => append(&mut document, &entries()).unwrap(),
        Kind::Journal => {
            let letter = Letter::Rating { release: release(1), at: NOON, value: 3 };
            append(&mut document, &[(entry(1), letter.encode())]).unwrap();
            record_plays(
                &mut document,
                PlayKey { device: DEVICE, release: release(1), day: NOON, part: None },
                2,
            )
            .unwrap();
        }
        Kind::Casebook => {
            let observation = Observation {
                kind: ObservationKind::Other,
                at: NOON,
                releases: vec![],
                reason: "calm".into(),
            };
            append(&mut document, &[(entry(1), Note::Observation(observation).encode())]).unwrap();
        }
        Kind::Shelf => {
            let item = ShelfItem {
                clip: ClipId::from_bytes([0x41; 16]),
                state: ShelfState::Live,
                not_before: None,
                ends_at: NOON + Span::from_days(28),
                offline_for: Span::from_days(3),
                daily_limit: Some(3),
            };
            Shelf([(release(1), item)].into()).write(&mut document).map(|_| ()).unwrap();
        }
    }
    document
}

/// Who writes a kind of document.
pub fn writer(kind: Kind) -> Writer {
    match kind {
        Kind::Journal => Writer::Companion(DEVICE),
        Kind::Orders | Kind::Casebook | Kind::Shelf => Writer::Console(DEVICE),
    }
}
