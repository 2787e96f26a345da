//! The console: a therapist's device.
//!
//! It keeps its own unsent entries by id, apart from the document, so that a refused or lost
//! document can be fetched afresh and the entries written again. An entry names as seen the entries
//! of a [`Form`]: those that were on the screen when the therapist decided, not those that have
//! been merged since.

use std::collections::BTreeSet;

use crate::{
    authority::Names,
    documents::{Document, entries},
    id::{ClipId, DeviceId, EntryId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Act, Author, Entry, HoldOn, Orders, RevokeOn},
    terms::{Terms, TermsChange},
};

/// How many restrictions a removed console brings in one request, at most.
pub const MAX_RESTRICTIONS: usize = 64;

/// A therapist's device, for one client.
#[derive(Debug, Clone)]
pub struct Console {
    device: DeviceId,
    /// In the order in which they were written: a later one may name an earlier one.
    unsent: Vec<(EntryId, Vec<u8>)>,
}

/// What a form about one clip or release showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Revocations of the clip and holds of the shelf.
    pub seen: Vec<EntryId>,
    /// The release's entries whose values still stand, when it is about one.
    pub over: Vec<EntryId>,
    /// The releases that were on it and had not ended.
    pub hits: Vec<ReleaseId>,
}

/// What a form about the whole shelf showed: the releases that had not ended.
pub type ShelfForm = Vec<ReleaseId>;

impl Console {
    /// A device that writes as itself.
    #[must_use]
    pub const fn new(device: DeviceId) -> Self {
        Self { device, unsent: Vec::new() }
    }

    /// What a form to release this clip shows now.
    #[must_use]
    pub fn release_form(&self, orders: &Orders, clip: ClipId, recording: RecordingId) -> Form {
        Form {
            seen: orders.to_be_seen(clip, recording).into_iter().collect(),
            over: Vec::new(),
            hits: live(orders, |release| release.clip == clip),
        }
    }

    /// What a form about this release shows now; none when it is not known here.
    #[must_use]
    pub fn change_form(&self, orders: &Orders, release: ReleaseId) -> Option<Form> {
        let state = orders.releases.get(&release)?;
        Some(Form {
            seen: state.unseen.iter().copied().collect(),
            over: state.standing.iter().copied().collect(),
            hits: live(orders, |other| other.clip == state.clip),
        })
    }

    /// What a form about the whole shelf shows now.
    #[must_use]
    pub fn shelf_form(&self, orders: &Orders) -> ShelfForm {
        live(orders, |_| true)
    }

    /// Releases a clip.
    pub fn release(
        &mut self,
        ids: (EntryId, ReleaseId),
        clip: (ClipId, RecordingId),
        terms: Terms,
        form: &Form,
        at: Instant,
    ) -> ReleaseId {
        let (id, release) = ids;
        let (clip, recording) = clip;
        self.write(id, at, Act::Release { release, clip, recording, terms, seen: form.seen.clone() });
        release
    }

    /// Changes terms, over everything that the form showed.
    pub fn amend(&mut self, id: EntryId, release: ReleaseId, set: TermsChange, form: &Form, at: Instant) {
        self.write(id, at, Act::Amend { release, set, over: form.over.clone() });
    }

    /// Pauses one release.
    pub fn hold(&mut self, id: EntryId, release: ReleaseId, until: Option<Instant>, at: Instant) {
        self.write(id, at, Act::Hold { on: HoldOn::Release(release), until, hits: Vec::new() });
    }

    /// Pauses everything.
    pub fn hold_shelf(&mut self, id: EntryId, until: Option<Instant>, form: &ShelfForm, at: Instant) {
        self.write(id, at, Act::Hold { on: HoldOn::Shelf, until, hits: form.clone() });
    }

    /// Ends holds.
    pub fn lift(&mut self, id: EntryId, holds: Vec<EntryId>, at: Instant) {
        self.write(id, at, Act::Lift { holds });
    }

    /// Takes back. Of one release it ends that one alone, whatever else the form showed.
    pub fn revoke(&mut self, id: EntryId, on: RevokeOn, mut hits: Vec<ReleaseId>, at: Instant) {
        if let RevokeOn::Release(only) = on {
            hits.retain(|hit| *hit == only);
        }
        self.write(id, at, Act::Revoke { on, hits });
    }

    /// Confirms a release over what the form showed.
    pub fn confirm(&mut self, id: EntryId, release: ReleaseId, form: &Form, at: Instant) {
        self.write(id, at, Act::Confirm { release, seen: form.seen.clone() });
    }

    fn write(&mut self, id: EntryId, at: Instant, act: Act) {
        for (id, act) in act.into_parts(id) {
            self.unsent.push((id, Entry { by: Author::Device(self.device), at, act }.encode()));
        }
    }

    /// Entries that are not in this document yet: to be appended to it, now or after it was fetched afresh.
    ///
    /// A server that was restored may have forgotten what an entry names, a release say, and would refuse that entry for
    /// ever, with everything that is written after it. So an entry that names what is not there stays here, and only what
    /// [`Entry::restricting`] gives of it goes: a taper does not wait for what was forgotten.
    #[must_use]
    pub fn to_append(&self, document: &Document) -> Vec<(EntryId, Vec<u8>)> {
        let there: BTreeSet<_> = entries(document).into_iter().map(|(id, _)| id).collect();
        let mut names = Names::default();
        let to_be_taken = |(id, bytes): &(EntryId, Vec<u8>)| {
            let entry = Entry::decode(bytes).ok()?;
            if names.check(document, *id, &entry.act).is_ok() {
                return Some((*id, bytes.clone()));
            }
            let (id, entry) = entry.restricting(*id)?;
            (!there.contains(&id)).then(|| (id, entry.encode()))
        };
        self.unsent.iter().filter(|(id, _)| !there.contains(id)).filter_map(to_be_taken).collect()
    }

    /// Everything that the server has not acknowledged, in the order in which it was written.
    #[must_use]
    pub fn written(&self) -> &[(EntryId, Vec<u8>)] {
        &self.unsent
    }

    /// The server has said that it has these: they are no longer unsent.
    pub fn acknowledged(&mut self, ids: impl IntoIterator<Item = EntryId>) {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        self.unsent.retain(|(id, _)| !ids.contains(id));
    }

    /// How many entries the server has not acknowledged: shown before the laptop closes.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.unsent.len()
    }
}

fn live(orders: &Orders, of: impl Fn(&crate::orders::Release) -> bool) -> Vec<ReleaseId> {
    orders.releases.iter().filter(|(_, state)| !state.revoked && of(state)).map(|(id, _)| *id).collect()
}
