//! The fold: the meaning of a set of entries, in any order.
//!
//! Every rule reads the *set* of entries, never their order, arrival or authors' clocks:
//!
//! ```text
//! revoked(r)     = some revocation on r, or one that names r in `hits`                      terminal
//! unconfirmed(r) = some revocation of r's clip, recording or shelf, or some hold of the shelf (lifted or not),
//!                  that does not name r in `hits` and is in neither r's `seen` nor a confirmation's
//! held(r)        = some hold on r or the shelf, named by no lift
//! term(r, f)     = the strictest of the values of f set by r and its amendments, without those that an amendment
//!                  setting f names in `over`; a mandatory term that nobody sets denies
//! ```
//!
//! So a revocation, a hold or an amendment that names nothing can only tighten; only a lift, a confirmation and an
//! amendment relax, and only the entries that they name. Amendments that name one another in a circle,
//! which an honest author cannot write, leave the release without terms. An entry that cannot be read pauses the whole shelf: it
//! may be a newer version's revocation.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    entry::{Act, Entry, HoldOn, RevokeOn},
    strictest::{Amendment, strictest_terms},
};
use crate::{
    id::{ClipId, EntryId, RecordingId, ReleaseId},
    instant::Instant,
    terms::Terms,
};

/// What a set of entries says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// Every release, ended ones too.
    pub releases: BTreeMap<ReleaseId, Release>,
    /// Holds of the whole shelf that are not lifted, with their ends.
    pub shelf_holds: BTreeMap<EntryId, Option<Instant>>,
    /// Every hold of the whole shelf, lifted or not: a new release must name them as seen.
    pub shelf_holds_ever: BTreeSet<EntryId>,
    /// Revocations that are wider than one release: a new release of what they took back must name them as seen.
    pub wide_revocations: BTreeSet<(EntryId, RevokeOn)>,
    /// Whether an entry could not be read: then everything is paused.
    pub unreadable: bool,
}

/// What the entries say of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// What it makes available.
    pub clip: ClipId,
    /// What the clip was cut from.
    pub recording: RecordingId,
    /// Whether it has been taken back.
    pub revoked: bool,
    /// Revocations and holds that its author had not seen, and nobody has confirmed it over.
    pub unseen: BTreeSet<EntryId>,
    /// Holds on it that are not lifted, with their ends.
    pub holds: BTreeMap<EntryId, Option<Instant>>,
    /// The strictest terms; none when two entries claim this release, or amendments name one another in a circle.
    pub terms: Option<Terms>,
    /// Its own entry and every amendment: what a new amendment may name.
    pub entries: BTreeSet<EntryId>,
    /// Those of them of which at least one value still stands: what a new amendment must name to take their place.
    pub standing: BTreeSet<EntryId>,
}

impl Orders {
    /// Folds a set of entries; `None` stands for one that could not be read.
    ///
    /// The same id with two contents counts twice, so that a second content can hide nothing.
    #[must_use]
    pub fn fold<'a>(entries: impl IntoIterator<Item = (EntryId, Option<&'a Entry>)>) -> Self {
        let mut facts = Facts::default();
        for (id, entry) in entries {
            match entry {
                Some(entry) => facts.sort(id, &entry.act),
                None => facts.unreadable = true,
            }
        }
        facts.judge()
    }

    /// Folds encoded entries, as documents and tables hold them.
    #[must_use]
    pub fn fold_encoded<'a>(entries: impl IntoIterator<Item = (EntryId, &'a [u8])>) -> Self {
        let decoded: Vec<_> =
            entries.into_iter().map(|(id, bytes)| (id, Entry::decode(bytes).ok())).collect();
        Self::fold(decoded.iter().map(|(id, entry)| (*id, entry.as_ref())))
    }

    /// The clips that these orders speak of, with what they were cut from.
    #[must_use]
    pub fn clips(&self) -> BTreeSet<(RecordingId, ClipId)> {
        self.releases.values().map(|release| (release.recording, release.clip)).collect()
    }

    /// What a new release of this clip must name as seen.
    #[must_use]
    pub fn to_be_seen(&self, clip: ClipId, recording: RecordingId) -> BTreeSet<EntryId> {
        let revocations = self.wide_revocations.iter().filter(|(_, on)| covers(*on, clip, recording));
        revocations.map(|(id, _)| *id).chain(self.shelf_holds_ever.iter().copied()).collect()
    }

    /// The releases that a revocation would end: what it names in `hits` where all of them are known.
    #[must_use]
    pub fn not_revoked(&self, on: RevokeOn) -> Vec<ReleaseId> {
        let is_hit = |id: ReleaseId, release: &Release| {
            on == RevokeOn::Release(id) || covers(on, release.clip, release.recording)
        };
        let releases = self.releases.iter();
        releases
            .filter(|(id, release)| !release.revoked && is_hit(**id, release))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Every hold that pauses this release and is not lifted, with its end.
    pub fn holds_of<'a>(
        &'a self,
        release: &'a Release,
    ) -> impl Iterator<Item = (EntryId, Option<Instant>)> + 'a {
        release.holds.iter().chain(&self.shelf_holds).map(|(id, until)| (*id, *until))
    }
}

/// Whether a wide revocation takes back this clip.
#[must_use]
pub fn covers(on: RevokeOn, clip: ClipId, recording: RecordingId) -> bool {
    match on {
        RevokeOn::Release(_) => false,
        RevokeOn::Clip(revoked) => revoked == clip,
        RevokeOn::Recording(revoked) => revoked == recording,
        RevokeOn::Shelf => true,
    }
}

/// The entries, sorted by what they are about.
#[derive(Default)]
struct Facts<'a> {
    releases: Vec<(EntryId, Made<'a>)>,
    amendments: BTreeMap<ReleaseId, Vec<Amendment<'a>>>,
    release_holds: Vec<(EntryId, ReleaseId, Option<Instant>)>,
    shelf_holds: Vec<(EntryId, Option<Instant>, &'a [ReleaseId])>,
    lifted: BTreeSet<EntryId>,
    revocations: Vec<(EntryId, RevokeOn, &'a [ReleaseId])>,
    confirmed: BTreeMap<ReleaseId, BTreeSet<EntryId>>,
    unreadable: bool,
}

#[derive(PartialEq)]
struct Made<'a> {
    release: ReleaseId,
    clip: ClipId,
    recording: RecordingId,
    terms: &'a Terms,
    seen: &'a [EntryId],
}

impl<'a> Facts<'a> {
    fn sort(&mut self, id: EntryId, act: &'a Act) {
        match act {
            Act::Release { release, clip, recording, terms, seen } => {
                let made = Made { release: *release, clip: *clip, recording: *recording, terms, seen };
                self.releases.push((id, made));
            }
            Act::Amend { release, set, over } => {
                self.amendments.entry(*release).or_default().push((id, set, over));
            }
            Act::Hold { on: HoldOn::Release(release), until, .. } => {
                self.release_holds.push((id, *release, *until));
            }
            Act::Hold { on: HoldOn::Shelf, until, hits } => self.shelf_holds.push((id, *until, hits)),
            Act::Lift { holds } => self.lifted.extend(holds),
            Act::Revoke { on, hits } => self.revocations.push((id, *on, hits)),
            Act::Confirm { release, seen } => self.confirmed.entry(*release).or_default().extend(seen),
        }
    }

    fn judge(self) -> Orders {
        let mut orders = Orders {
            shelf_holds: strictest_holds(
                self.shelf_holds
                    .iter()
                    .filter(|(id, ..)| !self.lifted.contains(id))
                    .map(|(id, until, _)| (*id, *until)),
            ),
            shelf_holds_ever: self.shelf_holds.iter().map(|(id, ..)| *id).collect(),
            unreadable: self.unreadable,
            ..Orders::default()
        };
        for (id, on, _) in &self.revocations {
            if !matches!(on, RevokeOn::Release(_)) {
                orders.wide_revocations.insert((*id, *on));
            }
        }
        let mut claims: BTreeMap<ReleaseId, &(EntryId, Made<'_>)> = BTreeMap::new();
        for claim @ (id, made) in &self.releases {
            let first = *claims.entry(made.release).or_insert(claim);
            let release = self.judge_release(*id, made);
            let known = orders.releases.entry(made.release).or_insert_with(|| release.clone());
            // The claims are compared, not what has become of them: a restriction may make those alike.
            if first != claim {
                known.claimed_again(&release);
            }
        }
        orders
    }

    fn judge_release(&self, id: EntryId, made: &Made<'_>) -> Release {
        let hit = |hits: &[ReleaseId]| hits.contains(&made.release);
        let revoked =
            self.revocations.iter().any(|(_, on, hits)| *on == RevokeOn::Release(made.release) || hit(hits));
        let wide = self
            .revocations
            .iter()
            .filter(|(_, on, hits)| covers(*on, made.clip, made.recording) && !hit(hits))
            .map(|(id, ..)| *id);
        let holds = self.shelf_holds.iter().filter(|(.., hits)| !hit(hits)).map(|(id, ..)| *id);
        let confirmed = self.confirmed.get(&made.release);
        let unseen = wide
            .chain(holds)
            .filter(|id| !made.seen.contains(id) && !confirmed.is_some_and(|seen| seen.contains(id)))
            .collect();
        let own_holds = self
            .release_holds
            .iter()
            .filter(|(id, release, _)| *release == made.release && !self.lifted.contains(id))
            .map(|(id, _, until)| (*id, *until));
        let amendments = self.amendments.get(&made.release).map_or(&[][..], Vec::as_slice);
        let (terms, standing) = strictest_terms(id, made.terms, amendments);
        Release {
            clip: made.clip,
            recording: made.recording,
            revoked,
            unseen,
            holds: strictest_holds(own_holds),
            terms,
            entries: std::iter::once(id).chain(amendments.iter().map(|(id, ..)| *id)).collect(),
            standing,
        }
    }
}

impl Release {
    /// Two entries claim to have made this release: no honest device does that, so it has no terms and never plays.
    /// What was taken back stays taken back.
    fn claimed_again(&mut self, other: &Self) {
        // Whichever came first must not matter.
        (self.clip, self.recording) = (self.clip, self.recording).min((other.clip, other.recording));
        self.terms = None;
        self.revoked |= other.revoked;
        self.unseen.extend(&other.unseen);
        self.entries.extend(&other.entries);
        self.standing.extend(&other.standing);
    }
}

/// Holds by id; of one id with two contents the later end counts.
fn strictest_holds(
    holds: impl Iterator<Item = (EntryId, Option<Instant>)>,
) -> BTreeMap<EntryId, Option<Instant>> {
    let mut strictest = BTreeMap::new();
    for (id, until) in holds {
        strictest
            .entry(id)
            .and_modify(|end: &mut Option<Instant>| *end = end.zip(until).map(|(a, b)| a.max(b)))
            .or_insert(until);
    }
    strictest
}
