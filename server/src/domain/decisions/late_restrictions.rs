//! Late restrictions: a console writes them after its part's end, and they wait for a therapist.

use sync_core::{
    id::{ClientId, DeviceId, EntryId},
    instant::{Instant, Span},
    orders::{Act, Entry},
};

use crate::{
    ground::Ground,
    nouns::Refusal,
    store::{
        Tx,
        late_restrictions::{self, LateRestriction},
    },
};

/// How long after its part's end a console's restrictions are taken.
pub const TAKEN_FOR: Span = Span::from_hours(30 * 24);
/// How many of what one console has written for a client wait for a therapist.
const WAITING_MAX: usize = 256;

/// A console whose part for a client has ended.
pub(super) struct Ended {
    client: ClientId,
    device: DeviceId,
    now: Instant,
    /// What has come from it since.
    known: Vec<LateRestriction>,
}

impl Ended {
    pub(super) async fn of(
        ground: &Ground,
        client: ClientId,
        device: DeviceId,
    ) -> Result<Option<Self>, Refusal> {
        let mut tx = ground.db.read().await?;
        let Some(ended_at) = late_restrictions::part_ended_at(&mut tx, client, device).await? else {
            return Ok(None);
        };
        let now = ground.clock.now();
        if now >= ended_at + TAKEN_FOR {
            return Err(Refusal::EndedTooLong);
        }
        let known = late_restrictions::of_device(&mut tx, client, device).await?;
        Ok(Some(Self { client, device, now, known }))
    }

    pub(super) fn has(&self, entry: EntryId) -> bool {
        self.known.iter().any(|known| known.entry == entry)
    }

    /// What waits for a therapist while these holds stand in its place.
    pub(super) fn late(&self, id: EntryId, entry: &Entry, holds: &[(EntryId, Entry)]) -> LateRestriction {
        LateRestriction {
            client: self.client,
            entry: id,
            bytes: entry.encode(),
            holds: holds.iter().map(|(id, _)| *id).collect(),
            device: self.device,
            received_at: self.now,
            accepted: None,
        }
    }

    /// Refuses more than a person can have to decide.
    pub(super) fn check_room(&self, new: usize) -> Result<(), Refusal> {
        let waiting = self.known.iter().filter(|known| known.accepted.is_none()).count();
        let fits = waiting + new <= WAITING_MAX;
        fits.then_some(()).ok_or(Refusal::OutOfBounds("entries: 256 wait for a therapist at most"))
    }
}

/// Keeps what waits for a therapist, in the transaction that lets it rest.
///
/// # Errors
/// [`Refusal::Unavailable`] when the device's part has ended since this was proposed: asked again, it is proposed anew.
pub(super) async fn keep(
    tx: &mut Tx,
    client: ClientId,
    acts: &[&Act],
    device: Option<DeviceId>,
    late: &[LateRestriction],
) -> Result<(), Refusal> {
    if let Some(device) = device
        && !acts.iter().all(|act| is_hold(act))
        && late_restrictions::part_ended_at(tx, client, device).await?.is_some()
    {
        return Err(Refusal::Unavailable);
    }
    for late in late {
        late_restrictions::insert_if_missing(tx, late).await?;
    }
    Ok(())
}

pub(super) const fn is_hold(act: &Act) -> bool {
    matches!(act, Act::Hold { .. })
}
