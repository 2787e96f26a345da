//! "Who did what", for the client to read on their own phone.
//!
//! **It tells nothing that the client's shelf has not shown, and no hour of anything.** A pause,
//! fewer plays, an end, another person's withdrawal and a date that was reached are the same change
//! of the same clip on a day; several of one day are one. So neither an entry nor its time, nor two
//! entries where another reason makes one, can tell why. A release that was never on the shelf,
//! because it waits for another person's consent for example, is not here either, and comes on the
//! day on which the shelf has shown it. An observation is in the casebook, and nothing here reads
//! that.
//!
//! A release's new state is noted when the shelf changes (`note`), from the two shelves alone. The
//! rest is read from devices, the client's own consents and the audit of plays in the room. A day's
//! entries stand in a fixed order, for the order in which they happened would tell the hour of one
//! by the hour of another.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    documents::Letter,
    id::{ReleaseId, StaffId},
    instant::Instant,
    orders::{Act, Entry},
    policy::Purpose,
};

use crate::{
    domain::{
        documents::letters,
        people::{devices, staff},
        records::audit,
    },
    ground::Ground,
    nouns::{Refusal, callers::CompanionCaller, consents::ConsentKind, local_days},
    store::{self, Tx, devices::Person, history::Turn},
};

/// How many entries are told, the newest.
pub const HISTORY_MAX: usize = 200;

/// Something that somebody did, on a local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// On which day: `2026-11-28`.
    pub day: String,
    /// What.
    pub what: What,
}

/// What was done. Of one day the order is this one, whatever came first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A clip was shared.
    Shared {
        /// The release.
        release: ReleaseId,
        /// By whom, where that is known still.
        who: Option<String>,
    },
    /// A therapist changed a clip: every change is alike, and every end.
    Changed {
        /// The release.
        release: ReleaseId,
    },
    /// The client said that a clip does not help.
    Returned {
        /// The release.
        release: ReleaseId,
    },
    /// A clip was played in the room.
    PlayedTogether {
        /// By whom, where that is known still.
        who: Option<String>,
    },
    /// The client agreed.
    Agreed {
        /// To what.
        purposes: BTreeSet<Purpose>,
    },
    /// The client changed their mind.
    ChangedMind {
        /// About what.
        purposes: BTreeSet<Purpose>,
    },
    /// A phone was added.
    PhoneAdded {
        /// Its name.
        phone: String,
    },
    /// A phone was removed.
    PhoneRemoved {
        /// Its name.
        phone: String,
    },
}

/// Reads what was done, newest day first.
///
/// # Errors
/// [`Refusal::DeviceUnconfirmed`] while no therapist has said yes to the phone that asks.
pub async fn read(ground: &Ground, caller: CompanionCaller) -> Result<Vec<Deed>, Refusal> {
    let mut tx = ground.db.read().await?;
    devices::check_confirmed(&mut tx, &caller).await?;
    let mut deeds = of_clips(ground, &mut tx, caller).await?;
    deeds.extend(of_room(ground, &mut tx, caller).await?);
    deeds.extend(of_papers(ground, &mut tx, caller).await?);
    deeds.extend(of_phones(ground, &mut tx, caller).await?);
    deeds.sort_by(|one, other| other.day.cmp(&one.day).then_with(|| one.what.cmp(&other.what)));
    deeds.dedup();
    deeds.truncate(HISTORY_MAX);
    Ok(deeds)
}

/// What became of clips. What a client has stopped themself is not their therapist's deed: on that day it is the only one.
async fn of_clips(ground: &Ground, tx: &mut Tx, caller: CompanionCaller) -> Result<Vec<Deed>, Refusal> {
    let of = (caller.practice, caller.client);
    let letters = letters::received_since(ground, tx, of, Instant::from_millis(0)).await?;
    // One that cannot be read may have stopped a clip: whose deed that was is not known then.
    if letters.iter().any(|received| received.letter.is_none()) {
        return Err(Refusal::Unavailable);
    }
    let returned: BTreeSet<_> = letters
        .iter()
        .filter_map(|received| match received.letter {
            Some(Letter::Return { release, .. }) => Some((release, day(ground, received.received_at)?)),
            _ => None,
        })
        .collect();
    let sharers = sharers(ground, tx, caller).await?;
    let newest = store::history::newest(tx, caller.client, HISTORY_MAX as i64).await?;
    let deed = |(release, day, turn): (ReleaseId, String, Turn)| {
        let what = match turn {
            Turn::Came => What::Shared { release, who: sharers.get(&release).cloned() },
            Turn::Changed if returned.contains(&(release, day.clone())) => return None,
            Turn::Changed => What::Changed { release },
        };
        Some(Deed { day, what })
    };
    let mut deeds: Vec<_> = newest.into_iter().filter_map(deed).collect();
    deeds.extend(returned.into_iter().map(|(release, day)| Deed { day, what: What::Returned { release } }));
    Ok(deeds)
}

/// Who has shared each release.
async fn sharers(
    ground: &Ground,
    tx: &mut Tx,
    caller: CompanionCaller,
) -> Result<BTreeMap<ReleaseId, String>, Refusal> {
    let (mut names, mut sharers) = (Names::default(), BTreeMap::new());
    for (bytes, by) in store::entries::by_staff(tx, caller.client).await? {
        let Ok(Entry { act: Act::Release { release, .. }, .. }) = Entry::decode(&bytes) else { continue };
        if let Some(name) = names.of(ground, tx, by).await? {
            sharers.insert(release, name);
        }
    }
    Ok(sharers)
}

async fn of_room(ground: &Ground, tx: &mut Tx, caller: CompanionCaller) -> Result<Vec<Deed>, Refusal> {
    let (mut names, mut deeds) = (Names::default(), Vec::new());
    for (at, by) in audit::played_together(tx, caller.client, HISTORY_MAX as i64).await? {
        let Some(day) = day(ground, at) else { continue };
        let who = match by {
            Some(by) => names.of(ground, tx, by).await?,
            None => None,
        };
        deeds.push(Deed { day, what: What::PlayedTogether { who } });
    }
    Ok(deeds)
}

/// The client's own consents, and nobody else's: what ends because another one has changed their mind is a change.
async fn of_papers(ground: &Ground, tx: &mut Tx, caller: CompanionCaller) -> Result<Vec<Deed>, Refusal> {
    let mut said: BTreeMap<_, BTreeSet<Purpose>> = BTreeMap::new();
    for event in store::consents::of_client(tx, caller.client).await? {
        let Some(day) = day(ground, event.at) else { continue };
        let withdrawn = event.kind == ConsentKind::Withdrawn;
        said.entry((day, event.recording, withdrawn)).or_default().insert(event.purpose);
    }
    let deed = |((day, _, withdrawn), purposes)| {
        let what = if withdrawn { What::ChangedMind { purposes } } else { What::Agreed { purposes } };
        Deed { day, what }
    };
    Ok(said.into_iter().map(deed).collect())
}

async fn of_phones(ground: &Ground, tx: &mut Tx, caller: CompanionCaller) -> Result<Vec<Deed>, Refusal> {
    let mut deeds = Vec::new();
    for phone in devices::list(ground, tx, Person::Client(caller.client)).await? {
        let removed = phone.removed_at.and_then(|at| day(ground, at));
        deeds.extend(removed.map(|day| Deed { day, what: What::PhoneRemoved { phone: phone.name.clone() } }));
        let added = day(ground, phone.paired_at);
        deeds.extend(added.map(|day| Deed { day, what: What::PhoneAdded { phone: phone.name } }));
    }
    Ok(deeds)
}

/// The local day of an instant, as it is written.
fn day(ground: &Ground, at: Instant) -> Option<String> {
    local_days::date_of(&ground.settings.zone, at).map(|date| date.to_string())
}

/// Names that were opened already.
#[derive(Default)]
struct Names(BTreeMap<StaffId, Option<String>>);

impl Names {
    async fn of(&mut self, ground: &Ground, tx: &mut Tx, who: StaffId) -> Result<Option<String>, Refusal> {
        if let Some(known) = self.0.get(&who) {
            return Ok(known.clone());
        }
        let name = match store::staff::by_id(tx, who).await? {
            Some(found) => Some(staff::name_of(ground, tx, &found).await?),
            None => None,
        };
        self.0.insert(who, name.clone());
        Ok(name)
    }
}

#[cfg(test)]
mod tests;
