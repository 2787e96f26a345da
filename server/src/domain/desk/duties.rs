//! Duties: the open work of a member of the care team, over all clients whom they treat, the most
//! urgent first.
//!
//! Each question reads them anew from the facts that decide: entries, leases, receipts, and the
//! letters that this person has not read yet ([`crate::domain::desk::readings`]). Rows find the
//! clients with possible duties, so that a quiet caseload costs a few questions to the database and
//! no fold of every client's orders. A duty has ids, instants, kinds and the title of its clip. It
//! never has the words of a letter: those are for the person who opens it.

use std::collections::BTreeMap;
use sync_core::{
    id::{ClientId, ClipId, DeviceId, EntryId, ReleaseId},
    instant::{Instant, Span},
    lease::LONGEST,
    policy::{Reason, StaffAct, Standing, UNCONFIRMED_FOR, may},
};

use super::{
    device_state::{self, Known, ReleaseTruth},
    readings,
};
use crate::{
    domain::clips,
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Tx, practices},
};

mod cursor;
mod late;
mod letters;

pub use cursor::{Cursor, Urgency};
pub use late::Does;
pub use letters::Says;

/// How many duties a page has at most.
pub const PAGE: usize = 100;
/// What was received is committed within this time, or not at all.
const COMMITTED_WITHIN: Span = Span::from_secs(60);

/// Something that waits, and where it stands among all.
pub struct Duty {
    /// Where it stands.
    pub place: Cursor,
    /// What waits.
    pub what: What,
    /// The title of the clip that it is about, where there is one and the caller may read it.
    pub title: Option<String>,
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
        /// When the server first knew of it.
        since: Instant,
    },
    /// A release does not play because somebody who is heard in its clip was not asked, or has not consented.
    AskConsent {
        /// Whose.
        client: ClientId,
        /// Which.
        release: ReleaseId,
        /// In which clip they are heard.
        clip: ClipId,
        /// When the server first knew of the release.
        since: Instant,
    },
    /// A console has taken something away for good after its part's end. It rests until a therapist decides.
    DecideRestriction {
        /// Whose.
        client: ClientId,
        /// Under which id the console has written it.
        entry: EntryId,
        /// By which console.
        device: DeviceId,
        /// What it would do, where that can be read.
        does: Option<Does>,
        /// When it came.
        since: Instant,
    },
    /// A letter has come, and the caller has not read it.
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
    /// A client's phone was copied, and removed: the client is to be told, and to pair again.
    NoteCopy {
        /// Whose.
        client: ClientId,
        /// Which.
        device: DeviceId,
        /// When it was found.
        found_at: Instant,
    },
    /// A client's phone cannot be woken: what ends is only told when the client opens it. It subscribes anew by itself then.
    NoteDeaf {
        /// Whose.
        client: ClientId,
        /// Which.
        device: DeviceId,
        /// Since when.
        since: Instant,
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
        /// When the server first knew of the release.
        since: Instant,
    },
}

/// Some of the duties, in the order of their places.
pub struct Page {
    /// At most [`PAGE`].
    pub duties: Vec<Duty>,
    /// After which place the next page begins, if there is more. Nothing that waits all the time is skipped or told twice:
    /// a place does not change while it is read. What has come to stand before it in the meantime is found by asking from
    /// the beginning again.
    pub next: Option<Cursor>,
    /// Since when to ask for letters the next time. A little before now: what was received before may be committed after,
    /// and a letter that is told twice is better than one that is missed.
    pub letters_next: Instant,
}

/// Lists what waits for the caller, from after a place on, the most urgent first. Letters count until the caller has read
/// them; with an instant, only those that the server has received from then on.
///
/// # Errors
/// When the database or a key fails.
pub async fn page(
    ground: &Ground,
    caller: StaffCaller,
    letters_since: Option<Instant>,
    after: Option<Cursor>,
) -> Result<Page, Refusal> {
    let letters_next = ground.clock.now() - COMMITTED_WITHIN;
    let mut waits = all(ground, caller, letters_since).await?;
    let place = |what: &What| Cursor::of(what);
    waits.retain(|what| after.is_none_or(|after| place(what) > after));
    waits.sort_by_cached_key(place);
    let has_more = waits.len() > PAGE;
    waits.truncate(PAGE);
    let next = waits.last().filter(|_| has_more).map(place);
    let mut tx = ground.db.read().await?;
    let mut titles = BTreeMap::new();
    let mut duties = Vec::with_capacity(waits.len());
    for what in waits {
        let title = title(ground, &mut tx, caller, &what, &mut titles).await?;
        duties.push(Duty { place: place(&what), what, title });
    }
    Ok(Page { duties, next, letters_next })
}

/// Everything that waits, in no order.
async fn all(
    ground: &Ground,
    caller: StaffCaller,
    letters_since: Option<Instant>,
) -> Result<Vec<What>, Refusal> {
    let StaffCaller { practice, staff, .. } = caller;
    let now = ground.clock.now();
    let mut tx = ground.db.read().await?;
    let mut waits = Vec::new();
    if may(caller.role, StaffAct::ConfirmRestore) {
        let practice = practices::find(&mut tx, practice).await?.ok_or(Refusal::NotFound)?;
        waits.extend(practice.held_at.map(|since| What::ConfirmRestore { since }));
    }
    let devices = store::duties::unconfirmed_devices(&mut tx, practice, staff, now - UNCONFIRMED_FOR).await?;
    let device = |(client, device, paired_at)| What::ConfirmDevice { client, device, paired_at };
    waits.extend(devices.into_iter().map(device));
    let copied = store::duties::copied_devices(&mut tx, practice, staff).await?;
    let copy = |(client, device, found_at)| What::NoteCopy { client, device, found_at };
    waits.extend(copied.into_iter().map(copy));
    let deaf = store::duties::deaf_devices(&mut tx, practice, staff).await?;
    waits.extend(deaf.into_iter().map(|(client, device, since)| What::NoteDeaf { client, device, since }));
    let late = store::late_restrictions::waiting(&mut tx, practice, staff).await?;
    waits.extend(late.into_iter().map(late::duty));
    let since = letters_since.unwrap_or(Instant::from_millis(0));
    let unread = store::duties::unread_letters(&mut tx, practice, staff, None, since).await?;
    let letters::Met { told, wordless } = letters::read(ground, &mut tx, practice, unread).await?;
    waits.extend(told);
    let restored_at = store::incarnations::restored_at(&mut tx).await?;
    let forgotten_at = restored_at.filter(|at| now < *at + LONGEST);
    let to_judge = store::duties::clients_to_judge(&mut tx, practice, staff, now, forgotten_at).await?;
    // Not while others are judged, each of whom reads by themself.
    drop(tx);
    readings::mark_wordless(ground, caller, wordless).await;
    for client in to_judge {
        match device_state::of_client(ground, caller, client).await {
            Ok(truths) => waits.extend(truths.iter().flat_map(|truth| of_release(client, truth))),
            // The care has ended since the clients were listed.
            Err(Refusal::NotFound) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(waits)
}

fn of_release(client: ClientId, truth: &ReleaseTruth) -> Vec<What> {
    let (release, since) = (truth.id, truth.known_since);
    let mut duties = Vec::new();
    if truth.standing == Standing::Unconfirmed {
        duties.push(What::ConfirmRelease { client, release, seen: truth.unseen.clone(), since });
    }
    if truth.waits_for == Some(Reason::ConsentMissing) {
        duties.push(What::AskConsent { client, release, clip: truth.clip, since });
    }
    let pending = truth.devices.iter().filter_map(|device| match device.known {
        Known::Pending { dark_by } => {
            Some(What::AwaitWipe { client, release, device: device.device, dark_by, since })
        }
        _ => None,
    });
    duties.extend(pending);
    duties
}

/// The title of the clip that a duty is about. A letter may name whatever release its phone pleases: only what is the
/// client's own is looked up.
async fn title(
    ground: &Ground,
    tx: &mut Tx,
    caller: StaffCaller,
    what: &What,
    known: &mut BTreeMap<(ClientId, ReleaseId), Option<String>>,
) -> Result<Option<String>, Refusal> {
    let Some((client, release)) = what.release() else { return Ok(None) };
    if let Some(title) = known.get(&(client, release)) {
        return Ok(title.clone());
    }
    let found = store::releases::by_id(tx, release).await?.filter(|found| found.client == client);
    let title = match found {
        // One that cannot be opened hides no duty.
        Some(found) => clips::title_for(ground, tx, caller, client, found.clip).await.ok().flatten(),
        None => None,
    };
    known.insert((client, release), title.clone());
    Ok(title)
}

impl What {
    /// The client's release that it is about.
    const fn release(&self) -> Option<(ClientId, ReleaseId)> {
        match self {
            Self::ConfirmRelease { client, release, .. }
            | Self::AskConsent { client, release, .. }
            | Self::AwaitWipe { client, release, .. } => Some((*client, *release)),
            Self::ReadLetter { client, says: Some(Says::Return { release }), .. }
            | Self::ReadLetter { client, says: Some(Says::Request { release: Some(release) }), .. } => {
                Some((*client, *release))
            }
            Self::DecideRestriction { client, does: Some(does), .. } => match does.release() {
                Some(release) => Some((*client, release)),
                None => None,
            },
            Self::ReadLetter { .. }
            | Self::ConfirmRestore { .. }
            | Self::ConfirmDevice { .. }
            | Self::NoteCopy { .. }
            | Self::NoteDeaf { .. }
            | Self::DecideRestriction { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
