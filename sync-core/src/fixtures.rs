//! Small worlds for tests: ids by number, keys by number, instants near one noon.

use p256::ecdsa::SigningKey;

use crate::{
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    orders::{Act, Author, Entry, HoldOn, RevokeOn},
    terms::{QuietHours, Terms},
};

pub(crate) const NOON: Instant = Instant::from_millis(1_800_000_000_000);

pub(crate) const fn sixteen(noun: u8, n: u8) -> [u8; 16] {
    [noun, n, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, n]
}

pub(crate) const fn entry(n: u8) -> EntryId {
    EntryId::from_bytes(sixteen(1, n))
}

pub(crate) const fn release(n: u8) -> ReleaseId {
    ReleaseId::from_bytes(sixteen(2, n))
}

pub(crate) const fn clip(n: u8) -> ClipId {
    ClipId::from_bytes(sixteen(3, n))
}

pub(crate) const fn recording(n: u8) -> RecordingId {
    RecordingId::from_bytes(sixteen(4, n))
}

pub(crate) const fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes(sixteen(5, n))
}

pub(crate) fn signing_key(n: u8) -> SigningKey {
    SigningKey::from_slice(&[n.max(1); 32]).unwrap()
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

pub(crate) fn by(device: DeviceId, act: Act) -> Entry {
    Entry { by: Author::Device(device), at: NOON, act }
}

/// Release `r` of clip `r`, cut from recording `r`.
pub(crate) fn released(r: u8, seen: &[EntryId]) -> Entry {
    let act = Act::Release {
        release: release(r),
        clip: clip(r),
        recording: recording(r),
        terms: terms(),
        seen: seen.to_vec(),
    };
    by(device(1), act)
}

pub(crate) fn revoked(on: RevokeOn, hits: &[ReleaseId]) -> Entry {
    by(device(1), Act::Revoke { on, hits: hits.to_vec() })
}

pub(crate) fn held(on: HoldOn, until: Option<Instant>, hits: &[ReleaseId]) -> Entry {
    by(device(1), Act::Hold { on, until, hits: hits.to_vec() })
}

pub(crate) fn confirmed(r: u8, seen: &[EntryId]) -> Entry {
    by(device(1), Act::Confirm { release: release(r), seen: seen.to_vec() })
}
