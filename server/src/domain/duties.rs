//! Duties: what waits for a member of the care team, over all clients whom they treat.
//!
//! Read anew for every question, from what decides: entries, facts, leases and receipts. Nothing is kept of who has seen
//! what. Ids, instants and kinds only: the words of a letter are for those who open it.

use sync_core::{
    documents::Letter,
    id::{ClientId, ClipId, DeviceId, EntryId, ReleaseId},
    instant::{Instant, Span},
    policy::{Reason, Standing},
};

use super::{
    Refusal,
    caller::{Role, StaffCaller},
    journal::{self, Received},
    truth::{self, Known, ReleaseTruth},
};
use crate::{
    app::App,
    store::{self, Tx, clients::Client, devices::Person, practices},
};

mod place;

pub use place::Place;

/// How many duties a page has at most.
pub const PAGE: usize = 100;
/// How many clients are looked at for a page: each costs a fold of everything that was ever released to them.
const CLIENTS: usize = 20;
/// What was received is committed within this time, or not at all.
const COMMITTED_WITHIN: Span = Span::from_secs(60);

/// Something that waits, and where it stands among all.
pub struct Duty {
    /// Where it stands.
    pub place: Place,
    /// What waits.
    pub what: What,
}

/// What waits.
pub enum What {
    /// A restore could not prove that nothing was lost: nothing plays in the practice until a therapist confirms.
    ConfirmRestore {
        /// Since when.
        since: Instant,
    },
    /// A release was made in ignorance of revocations or holds, and does not play until it is confirmed.
    ConfirmRelease {
        /// Whose.
        client: ClientId,
        /// Which.
        release: ReleaseId,
        /// What the confirmation must name as seen.
        seen: Vec<EntryId>,
    },
    /// A release does not play because somebody who is heard in its clip was not asked, or has not consented.
    AskConsent {
        /// Whose.
        client: ClientId,
        /// Which.
        release: ReleaseId,
        /// In which clip they are heard.
        clip: ClipId,
    },
    /// A letter has come.
    ReadLetter {
        /// From whom.
        client: ClientId,
        /// The letter.
        letter: EntryId,
        /// What it is; nothing while the journal cannot be read.
        says: Option<Says>,
        /// When the server received it.
        received_at: Instant,
    },
    /// A device's name was not confirmed: it gets no lease.
    ConfirmDevice {
        /// Whose.
        client: ClientId,
        /// Which.
        device: DeviceId,
        /// When it was paired.
        paired_at: Instant,
    },
    /// A device is to stop, and has not said that the clip is gone. Nothing can be done but to wait, or to ask the client.
    AwaitWipe {
        /// Whose.
        client: ClientId,
        /// Of which release.
        release: ReleaseId,
        /// Which device.
        device: DeviceId,
        /// It cannot play from here on.
        dark_by: Instant,
    },
}

/// What a letter says, without its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// "This doesn't help me."
    Return {
        /// Of which release.
        release: ReleaseId,
    },
    /// A question.
    Request {
        /// About which release, if one.
        release: Option<ReleaseId>,
    },
}

/// Some of the duties, in the order of their places.
pub struct Page {
    /// At most [`PAGE`].
    pub duties: Vec<Duty>,
    /// After which place the next page begins, if there may be more. What has come to stand before it in the meantime is
    /// found by asking from the beginning again.
    pub next: Option<Place>,
    /// Since when to ask for letters the next time. A little before now: what was received before may be committed after,
    /// and a letter that is told twice is better than one that is missed.
    pub letters_next: Instant,
}

/// Lists what waits for the caller, from after a place on. Letters count from the instant on at which the server received
/// them; without one, none.
///
/// # Errors
/// When the database or a key fails.
pub async fn page(
    app: &App,
    caller: StaffCaller,
    letters_since: Option<Instant>,
    after: Option<Place>,
) -> Result<Page, Refusal> {
    let letters_next = app.clock.now() - COMMITTED_WITHIN;
    let mut tx = app.db.read().await?;
    let mut duties = Vec::new();
    let from = after.map_or(ClientId::from_bytes([0; 16]), |place| place.client());
    if after.is_none() && caller.role == Role::Therapist {
        let practice = practices::find(&mut tx, caller.practice).await?.ok_or(Refusal::NotFound)?;
        duties.extend(practice.held_at.map(|since| Duty::new(What::ConfirmRestore { since })));
    }
    let wanted = i64::try_from(CLIENTS + 1).unwrap_or(i64::MAX);
    let clients = store::clients::list_in_care_from(&mut tx, caller.staff, from, wanted).await?;
    drop(tx);
    let last = clients.get(CLIENTS - 1).filter(|_| clients.len() > CLIENTS);
    let next = last.map(|client| Place::behind(client.id));
    for client in clients.iter().take(CLIENTS).filter(|client| client.practice == caller.practice) {
        let mut waits = of_client(app, caller, client, letters_since).await?;
        waits.sort_by_key(|duty| duty.place);
        duties.extend(waits.into_iter().filter(|duty| after.is_none_or(|after| duty.place > after)));
        if duties.len() > PAGE {
            duties.truncate(PAGE);
            let next = duties.last().map(|duty| duty.place);
            return Ok(Page { duties, next, letters_next });
        }
    }
    Ok(Page { duties, next, letters_next })
}

async fn of_client(
    app: &App,
    caller: StaffCaller,
    client: &Client,
    letters_since: Option<Instant>,
) -> Result<Vec<Duty>, Refusal> {
    let id = client.id;
    let truths = match truth::of_client(app, caller, id).await {
        // The care has ended since the clients were listed.
        Err(Refusal::NotFound) => return Ok(Vec::new()),
        truths => truths?,
    };
    let mut duties: Vec<_> = truths.iter().flat_map(|truth| of_release(id, truth)).collect();
    let mut tx = app.db.read().await?;
    for device in store::devices::of_person(&mut tx, Person::Client(id)).await? {
        if device.confirmed_at.is_none() && device.removed_at.is_none() {
            let (device, paired_at) = (device.id, device.paired_at);
            duties.push(What::ConfirmDevice { client: id, device, paired_at });
        }
    }
    if let Some(since) = letters_since {
        duties.extend(letters(app, &mut tx, client, since).await?);
    }
    Ok(duties.into_iter().map(Duty::new).collect())
}

fn of_release(client: ClientId, truth: &ReleaseTruth) -> Vec<What> {
    let release = truth.id;
    let mut duties = Vec::new();
    if truth.standing == Standing::Unconfirmed {
        duties.push(What::ConfirmRelease { client, release, seen: truth.unseen.clone() });
    }
    if truth.waits_for == Some(Reason::ConsentMissing) {
        duties.push(What::AskConsent { client, release, clip: truth.clip });
    }
    let pending = truth.devices.iter().filter_map(|device| match device.known {
        Known::Pending { dark_by } => {
            Some(What::AwaitWipe { client, release, device: device.device, dark_by })
        }
        _ => None,
    });
    duties.extend(pending);
    duties
}

/// Returns and requests that the server received since an instant.
async fn letters(app: &App, tx: &mut Tx, client: &Client, since: Instant) -> Result<Vec<What>, Refusal> {
    let received = journal::received_since(app, tx, (client.practice, client.id), since).await?;
    let duty = |Received { id, received_at, letter }: Received| {
        let says = match letter {
            Some(Letter::Return { release, .. }) => Some(Says::Return { release }),
            Some(Letter::Request { release, .. }) => Some(Says::Request { release }),
            Some(Letter::Rating { .. } | Letter::Sharing { .. }) => return None,
            None => None,
        };
        Some(What::ReadLetter { client: client.id, letter: id, says, received_at })
    };
    Ok(received.into_iter().filter_map(duty).collect())
}

impl Duty {
    fn new(what: What) -> Self {
        Self { place: Place::of(&what), what }
    }
}

#[cfg(test)]
mod tests;
