//! Five years of one client.

use automerge::ActorId;
use sync_core::{
    documents::{Document, Kind, Shelf, ShelfItem, ShelfState, append, create},
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    lease::LeaseHeader,
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::{QuietHours, Terms, TermsChange},
};

pub(crate) const NOON: Instant = Instant::from_millis(1_800_000_000_000);
pub(crate) const DEVICE: DeviceId = DeviceId::from_bytes([7; 16]);

/// Sixteen bytes that look drawn.
pub(crate) fn sixteen(noun: u8, n: u32) -> [u8; 16] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update([noun]).chain_update(n.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes
}

pub(crate) fn entry(n: u32) -> EntryId {
    EntryId::from_bytes(sixteen(1, n))
}

pub(crate) fn release(n: u32) -> ReleaseId {
    ReleaseId::from_bytes(sixteen(2, n))
}

pub(crate) fn clip(n: u32) -> ClipId {
    ClipId::from_bytes(sixteen(3, n))
}

pub(crate) fn terms() -> Terms {
    Terms {
        not_before: None,
        expires_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(3),
        quiet_hours: QuietHours::NONE,
        planned_daily: Some(1),
    }
}

/// A thousand entries: a release a week, each amended twice, most revoked, some held and lifted.
pub(crate) fn five_years() -> Vec<(EntryId, Entry)> {
    let mut acts = Vec::new();
    for week in 0..260 {
        let (release, recording) = (release(week), RecordingId::from_bytes(sixteen(4, week)));
        let own = entry(u32::try_from(acts.len()).unwrap_or(0));
        acts.push(Act::Release { release, clip: clip(week), recording, terms: terms(), seen: vec![] });
        let set = TermsChange { daily_limit: Some(Some(2)), ..TermsChange::default() };
        acts.push(Act::Amend { release, set: set.clone(), over: vec![own] });
        if week % 2 == 0 {
            let hold = entry(u32::try_from(acts.len()).unwrap_or(0));
            acts.push(Act::Hold { on: HoldOn::Release(release), until: None, hits: vec![] });
            acts.push(Act::Lift { holds: vec![hold] });
        }
        if week < 240 {
            acts.push(Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] });
        }
    }
    let entries = (0..).zip(acts);
    entries.map(|(n, act)| (entry(n), Entry { by: Author::Device(DEVICE), at: NOON, act })).collect()
}

/// One more entry.
pub(crate) fn one_more() -> (EntryId, Entry) {
    let act = Act::Revoke { on: RevokeOn::Release(release(259)), hits: vec![release(259)] };
    (entry(100_000), Entry { by: Author::Device(DEVICE), at: NOON, act })
}

/// The orders of five years, each entry written in a change of its own.
pub(crate) fn orders() -> Document {
    let mut document = create(Kind::Orders, ActorId::from([1; 16])).unwrap();
    for (id, entry) in five_years() {
        append(&mut document, &[(id, entry.encode())]).unwrap();
    }
    document
}

/// A shelf of this many releases, each written in a change of its own; the last `live` are live.
pub(crate) fn shelf(releases: u32, live: u32) -> Document {
    let mut document = create(Kind::Shelf, ActorId::from([1; 16])).unwrap();
    let mut shelf = Shelf::default();
    for n in 0..releases {
        let item = ShelfItem {
            clip: clip(n),
            state: ShelfState::Live,
            not_before: None,
            ends_at: NOON + Span::from_days(28),
            offline_for: Span::from_days(3),
            daily_limit: Some(3),
        };
        shelf.0.insert(release(n), item);
        shelf.write(&mut document).unwrap();
        if n >= live {
            end(&mut shelf, n - live);
            shelf.write(&mut document).unwrap();
        }
    }
    document
}

/// Ends a release on a shelf.
pub(crate) fn end(shelf: &mut Shelf, n: u32) {
    if let Some(item) = shelf.0.get_mut(&release(n)) {
        item.state = ShelfState::Ended;
    }
}

/// A lease as the server writes it.
pub(crate) fn header(n: u32) -> LeaseHeader {
    LeaseHeader {
        release: release(n),
        clip: clip(n),
        device: DEVICE,
        generation: 1,
        not_before: None,
        valid_until: NOON + Span::from_days(3),
        ends_at: NOON + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(3),
        days: (0..4).map(|n| NOON + Span::from_days(n)).collect(),
        quiet: (0..4).map(|n| (NOON + Span::from_days(n), NOON + Span::from_hours(24 * n + 8))).collect(),
        budget: Span::from_mins(30),
    }
}
