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
//! Two therapists are offline. One releases a clip; the other, who has seen that it does harm, takes it back, and a third
//! device merges the two in any order. The fold reads the *set* of entries, so it says the same:
//!
//! ```
//! use automerge::ActorId;
//! use sync_core::{
//!     device::Console,
//!     documents::{Document, Kind, append, create, entries},
//!     id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
//!     instant::{Instant, Span},
//!     orders::{Orders, RevokeOn},
//!     policy::{Standing, standing},
//!     terms::{QuietHours, Terms},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Instant::from_millis(1_800_000_000_000);
//! let (clip, recording) = (ClipId::from_bytes([1; 16]), RecordingId::from_bytes([2; 16]));
//! let fold = |document: &Document| {
//!     let found = entries(document);
//!     Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
//! };
//!
//! // The server makes the document; two therapists' devices have a replica each.
//! let server = create(Kind::Orders, ActorId::from([0; 16]))?;
//! let mut hers = server.fork().with_actor(ActorId::from([1; 16]));
//! let mut his = server.fork().with_actor(ActorId::from([2; 16]));
//!
//! // She releases the clip, for four weeks.
//! let mut console = Console::new(DeviceId::from_bytes([11; 16]));
//! let terms = Terms {
//!     not_before: None,
//!     expires_at: now + Span::from_days(28),
//!     offline_for: Span::from_days(3),
//!     daily_limit: Some(2),
//!     quiet_hours: QuietHours::NONE,
//!     planned_daily: Some(1),
//! };
//! let form = console.release_form(&fold(&hers), clip, recording);
//! let release = ReleaseId::from_bytes([9; 16]);
//! console.release((EntryId::from_bytes([21; 16]), release), (clip, recording), terms, &form, now);
//! let new = console.to_append(&hers);
//! append(&mut hers, &new)?;
//!
//! // He takes the clip back, without having seen her release.
//! let mut console = Console::new(DeviceId::from_bytes([12; 16]));
//! console.revoke(EntryId::from_bytes([22; 16]), RevokeOn::Clip(clip), vec![], now);
//! let new = console.to_append(&his);
//! append(&mut his, &new)?;
//!
//! // Merged in both orders, the fold says the same: her release does not play until somebody confirms it.
//! let (mut one, mut other) = (hers.clone(), his.clone());
//! one.merge(&mut his)?;
//! other.merge(&mut hers)?;
//! assert_eq!(fold(&one), fold(&other));
//! let orders = fold(&one);
//! assert_eq!(standing(&orders, &orders.releases[&release], now), Standing::Unconfirmed);
//!
//! // Had he seen it, it would be over for good, whatever is merged afterwards.
//! let mut console = Console::new(DeviceId::from_bytes([12; 16]));
//! console.revoke(EntryId::from_bytes([23; 16]), RevokeOn::Clip(clip), vec![release], now);
//! let new = console.to_append(&other);
//! append(&mut other, &new)?;
//! one.merge(&mut other)?;
//! let orders = fold(&one);
//! assert_eq!(standing(&orders, &orders.releases[&release], now), Standing::Revoked);
//! # Ok(())
//! # }
//! ```
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
//! - [`insight`]: practice beside plan.
//! - [`pairing_code`]: the code that a person types to pair a phone.
//! - [`limits`]: how much of everything is taken from a peer.
//!
//! `docs/protocol.md` says the same in bytes.
pub mod authority;
pub mod cbor;
pub mod clock;
pub mod device;
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
pub mod sync;
pub mod terms;

#[cfg(test)]
mod fixtures;
