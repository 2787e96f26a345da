//! A client's journal for the care team: letters always, plays and ratings while the client shares
//! them.
//!
//! Letters are read from rows, where each was put when it came: no list and no phone's page opens
//! the journal, however large it has grown. Only plays are counted in the document itself.
//!
//! Whether the client shares is decided by their last word. The phone of a client who does not
//! share writes nothing of it, and plays from before are no longer shown. If the server received
//! two words at one instant, *no* counts: after a restore it has forgotten which came first.

use std::collections::BTreeMap;
use sync_core::{
    documents::{self as views, Kind, Letter, PartOfDay},
    id::{ClientId, PracticeId, ReleaseId},
    insight::{Day, Sign},
    instant::Instant,
    orders::Orders,
    policy::StaffAct,
};

use super::signs;
use crate::{
    domain::{
        documents::{
            self,
            letters::{self, Arrived},
        },
        people::care,
        records::readings::{self, Reading},
    },
    ground::Ground,
    nouns::{Refusal, callers::StaffCaller},
    store::{self, Tx},
};

/// What a client shares of their listening.
#[derive(Default)]
pub struct Listening {
    /// Whether they share it. Where not, there is nothing else.
    pub shared: bool,
    /// Plays by release and day, on every device together.
    pub days: BTreeMap<(ReleaseId, Instant), DayPlays>,
    /// Ratings, newest first: of which release, when, and from 0, worse, to 4, better.
    pub ratings: Vec<(ReleaseId, Instant, u8)>,
    /// What stands out, of the releases that play now.
    pub signs: Vec<(ReleaseId, Sign)>,
}

/// The days that can be told: from 1970 to the end of 9999.
const CALENDAR: std::ops::RangeInclusive<Instant> =
    Instant::from_millis(0)..=Instant::from_millis(253_402_300_799_999);

/// How often a release was played on one day.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DayPlays {
    /// Altogether.
    pub plays: u64,
    /// By part of the day, as far as the devices have told it.
    pub parts: BTreeMap<PartOfDay, u64>,
}

/// Lists returns and requests, newest first.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn letters(
    ground: &Ground,
    caller: StaffCaller,
    client: ClientId,
) -> Result<Vec<Arrived>, Refusal> {
    let mut tx = ground.db.read().await?;
    let practice = check_reader(&mut tx, caller, client).await?;
    let arrived = letters::arrived(ground, &mut tx, practice, client).await?;
    drop(tx);
    readings::note(ground, caller, Reading::Letters(client)).await?;
    let says_something = |one: &Arrived| matches!(one.letter, Letter::Return { .. } | Letter::Request { .. });
    Ok(arrived.into_iter().filter(says_something).collect())
}

/// Reads what the client shares of their listening.
///
/// # Errors
/// [`Refusal::NotFound`] for a client whom the caller does not treat.
pub async fn listening(ground: &Ground, caller: StaffCaller, client: ClientId) -> Result<Listening, Refusal> {
    let mut tx = ground.db.read().await?;
    let practice = check_reader(&mut tx, caller, client).await?;
    if !letters::is_shared(ground, &mut tx, practice, client).await? {
        return Ok(Listening::default());
    }
    let arrived = letters::arrived(ground, &mut tx, practice, client).await?;
    let journal = documents::committed(ground, &mut tx, practice, client, Kind::Journal).await?;
    let written = store::entries::of_client(&mut tx, client).await?;
    drop(tx);
    readings::note(ground, caller, Reading::Listening(client)).await?;
    let journal = journal.open(ground, client).await?.ok_or(Refusal::Unavailable)?.document;
    let mut days: BTreeMap<_, DayPlays> = BTreeMap::new();
    for (key, plays) in views::plays(&journal) {
        // By a clock that is that wrong, no calendar has the day (RFC 3339 has four digits for a year).
        if !CALENDAR.contains(&key.day) {
            continue;
        }
        let day = days.entry((key.release, key.day)).or_default();
        day.plays += u64::from(plays);
        if let Some(part) = key.part {
            *day.parts.entry(part).or_default() += u64::from(plays);
        }
    }
    let ratings = arrived.iter().filter_map(|one| match one.letter {
        Letter::Rating { release, at, value } => Some((release, at, value)),
        _ => None,
    });
    let ratings = ratings.collect();
    let orders = Orders::fold_encoded(written.iter().map(|(id, bytes)| (*id, bytes.as_slice())));
    let signs = signs::of_releases(&orders, &by_release(&days), ground.clock.now());
    Ok(Listening { shared: true, days, ratings, signs })
}

/// The same plays for the rule of signs.
fn by_release(days: &BTreeMap<(ReleaseId, Instant), DayPlays>) -> BTreeMap<ReleaseId, Vec<Day>> {
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for ((release, day), heard) in days {
        let night = heard.parts.get(&PartOfDay::Night).copied().unwrap_or(0);
        found.entry(*release).or_default().push(Day { day: *day, plays: heard.plays, night });
    }
    found
}

/// The practice of a client whose journal the caller may read.
async fn check_reader(tx: &mut Tx, caller: StaffCaller, client: ClientId) -> Result<PracticeId, Refusal> {
    caller.check_may(StaffAct::ReadJournal)?;
    Ok(care::in_care(tx, &caller, client).await?.practice)
}

#[cfg(test)]
mod tests;
