//! Refrain's rules: therapists' decisions, a device's right to play, and how both are told.
//!
//! A therapist makes clips available to a client, and takes them back. Both happen on several devices that are offline
//! half of the time, so therapists' *intent* is written as immutable entries in a document that merges
//! without a server. A merging document has no clock, and a device cannot un-read it. So leases decide
//! whether a device *can* play: the clip's key reaches a device only inside a lease, sealed to that
//! device, with an end.
//!
//! ```text
//!  entries ──merge──► fold ──► gate ──► lease ──► access ──► sound
//!  (orders)          (orders) (policy)  (lease)   (policy)   (media)
//! ```
//!
//! Nothing in here does I/O, knows a clock or draws randomness: time and chance are arguments, effects are
//! returned. The same code runs in the server, in a browser and on a phone.
//!
//! # Deny wins
//!
//! One therapist releases a clip. Another has seen that it does harm, and takes it back. A device may hear of the two in
//! either order. The fold reads the *set* of entries, so it says the same each time:
//!
//! ```
//! use sync_core::{
//!     id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
//!     instant::{Instant, Span},
//!     orders::{Act, Author, Entry, Orders, RevokeOn},
//!     policy::{Standing, standing},
//!     terms::{QuietHours, Terms},
//! };
//!
//! let now = Instant::from_millis(1_800_000_000_000);
//! let (clip, release) = (ClipId::from_bytes([1; 16]), ReleaseId::from_bytes([2; 16]));
//! let terms = Terms {
//!     not_before: None,
//!     expires_at: now + Span::from_days(28),
//!     offline_for: Span::from_days(3),
//!     daily_limit: Some(2),
//!     quiet_hours: QuietHours::NONE,
//!     planned_daily: Some(1),
//! };
//! let by = |n, act| Entry { by: Author::Device(DeviceId::from_bytes([n; 16])), at: now, act };
//! let recording = RecordingId::from_bytes([3; 16]);
//! let hers = by(11, Act::Release { release, clip, recording, terms, seen: vec![] });
//! let his = by(12, Act::Revoke { on: RevokeOn::Clip(clip), hits: vec![] });
//! let (hers, his) = ((EntryId::from_bytes([21; 16]), Some(&hers)), (EntryId::from_bytes([22; 16]), Some(&his)));
//!
//! // Neither knew of the other, so the release does not play until a therapist confirms it.
//! let orders = Orders::fold([hers, his]);
//! assert_eq!(orders, Orders::fold([his, hers, his]));
//! assert_eq!(standing(&orders, &orders.releases[&release], now), Standing::Unconfirmed);
//!
//! // If his form had shown the release, his entry would name it, and the release would be over for good.
//! let shown = by(12, Act::Revoke { on: RevokeOn::Clip(clip), hits: vec![release] });
//! let orders = Orders::fold([hers, (EntryId::from_bytes([23; 16]), Some(&shown))]);
//! assert_eq!(standing(&orders, &orders.releases[&release], now), Standing::Revoked);
//! ```
//!
//! Two examples tell longer stories: `cargo run --package sync-core --example two_therapists` merges real documents, and
//! `cargo run --package sync-core --example device` follows one clip on a phone until it is forgotten.
//!
//! # The rooms
//!
//! - [`orders`]: entries, their one encoding, and the fold.
//! - [`policy`]: may a lease be issued, may this play now?
//! - [`lease`]: batches sealed to a device, signed denials, signed receipts.
//! - [`clock`]: time that cannot be turned back.
//! - [`media`]: clips sealed in records that open by index.
//! - [`documents`]: typed views of the automerge documents.
//! - [`authority`]: which peer may write which change, asked before it is applied.
//! - [`sync`]: one connection's state, in automerge-repo's protocol.
//! - [`device`]: the state machines of a client's and a therapist's device.
//! - [`settlement`]: the consequences of a client's facts: ends, shelf, records, denials.
//! - [`insight`]: signs in what a client shares.
//! - [`pairing_code`]: the code that a person types to pair a phone.
//! - [`limits`]: how much of everything is taken from a peer.
//!
//! `docs/protocol.md` says the same in bytes.
pub mod authority;
pub mod cbor;
pub mod clock;
pub mod device;
pub mod digits;
pub mod documents;
pub mod id;
pub mod insight;
pub mod instant;
pub mod lease;
pub mod limits;
pub mod media;
pub mod orders;
pub mod pairing_code;
pub mod policy;
pub mod settlement;
pub mod sync;
pub mod terms;
pub mod vocabulary;

#[cfg(test)]
mod fixtures;
