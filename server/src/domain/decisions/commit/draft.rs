//! A proposal on its way through the transaction: checked under the locks, written, settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use automerge::{ActorId, ChangeHash};
use sync_core::{
    documents::Kind,
    id::{ClientId, ClipId, EntryId, PracticeId, RecordingId, ReleaseId},
    instant::Instant,
    orders::{Act, Entry, HoldOn, Orders, RevokeOn, Written},
    settlement::everywhere::wide,
    terms::Terms,
};

use super::{CommitError, Late, Proposal, Proposer};
use crate::{
    domain::{
        decisions::{
            everywhere, facts, late_restrictions, replacing::Succession, returns, settlement::Settlement,
        },
        documents::{
            self,
            binder::{Binder, Contents},
            letters, notes,
            sheet::Sheet,
        },
        records::audit::{self, Action, Actor, AuditEntry},
    },
    ground::Ground,
    ledger::Restriction,
    nouns::Refusal,
    store::{self, Tx, late_restrictions::LateRestriction},
};

/// A proposal, beside what it was made from; what takes time is done.
pub(super) struct Candidates {
    contents: Arc<Contents>,
    before: BTreeMap<Kind, Vec<ChangeHash>>,
    sheets: BTreeMap<Kind, Sheet>,
    /// Candidates whole, where it is due and nothing else comes into them.
    saved: BTreeMap<Kind, Vec<u8>>,
    proposal: Proposal,
}

impl Candidates {
    /// Takes time with documents that have grown.
    pub(super) fn of(contents: &Arc<Contents>, mut proposal: Proposal) -> Self {
        let heads = contents.sheets.iter().map(|(kind, sheet)| (*kind, sheet.document.get_heads()));
        let before: BTreeMap<Kind, Vec<ChangeHash>> = heads.collect();
        let proposed = std::mem::take(&mut proposal.sheets);
        // Into orders and shelf settlement writes, too.
        let final_ones = proposed.iter().filter(|(kind, _)| matches!(kind, Kind::Journal | Kind::Casebook));
        let saved = final_ones.filter_map(|(kind, sheet)| {
            Some((*kind, documents::save_if_due(before.get(kind).map_or(&[][..], Vec::as_slice), sheet)?))
        });
        let saved = saved.collect();
        let mut sheets = contents.sheets.clone();
        sheets.extend(proposed);
        Self { contents: Arc::clone(contents), before, sheets, saved, proposal }
    }
}

/// A proposal on its way.
pub(super) struct Draft {
    ground: Ground,
    practice: PracticeId,
    client: ClientId,
    now: Instant,
    by: Proposer,
    /// What memory knows.
    known: Arc<Contents>,
    before: BTreeMap<Kind, Vec<ChangeHash>>,
    sheets: BTreeMap<Kind, Sheet>,
    saved: BTreeMap<Kind, Vec<u8>>,
    entries: Vec<(EntryId, Vec<u8>)>,
    letters: Vec<(EntryId, Vec<u8>)>,
    notes: Vec<(EntryId, Vec<u8>)>,
    new_actors: Vec<(Kind, ActorId)>,
    audit: Vec<AuditEntry>,
    only_restricts: Option<Vec<LateRestriction>>,
    late: Option<Late>,
    succeed: Vec<Kind>,
}

impl Draft {
    pub(super) fn new(ground: &Ground, binder: &Binder, by: Proposer, candidates: Candidates) -> Self {
        let Candidates { contents, before, sheets, saved, proposal } = candidates;
        Self {
            ground: ground.clone(),
            practice: binder.practice,
            client: binder.client,
            now: ground.clock.now(),
            by,
            known: contents,
            before,
            sheets,
            saved,
            entries: proposal.entries,
            letters: proposal.letters,
            notes: proposal.notes,
            new_actors: proposal.new_actors,
            audit: proposal.audit,
            only_restricts: proposal.only_restricts,
            late: proposal.late,
            succeed: proposal.succeed,
        }
    }

    /// Writes it with everything that follows from it, in the caller's transaction.
    pub(super) async fn write(mut self, tx: &mut Tx) -> Result<Contents, CommitError> {
        // Of the rows as they are, or memory is behind them.
        let mut written = self.known.written.with(std::mem::take(&mut self.entries));
        let clips = written.orders().clips();
        let taken_back = self.taken_back(&written);
        let version = facts::lock(tx, self.practice, self.client, &clips, &taken_back).await?;
        if version != self.known.version + 1 {
            return Err(CommitError::Stale);
        }
        self.check_writer(tx, &written).await?;
        let brought = self.bring_from_elsewhere(tx, written.orders(), &clips).await?;
        for (kind, actor) in &self.new_actors {
            let (Some(sheet), Some(device)) = (self.sheets.get_mut(kind), self.by.device) else { continue };
            store::documents::bind_actor(tx, sheet.id, actor, device, self.now).await?;
            sheet.actors.insert(actor.clone(), (Some(device), 0));
        }
        if let Some(late) = self.late.take() {
            self.write_late(tx, late).await?;
        }
        let before = self.terms_to_be_amended(&written);
        for (id, entry, bytes) in self.new_entries(&written) {
            self.write_entry(tx, id, entry.ok_or(Refusal::Malformed("entry"))?, bytes).await?;
        }
        let holds = returns::holds(&self.letters, written.orders(), self.now);
        for (id, bytes) in &holds {
            let entry = Entry::decode(bytes).map_err(|_| Refusal::Malformed("entry"))?;
            self.write_entry(tx, *id, &entry, bytes).await?;
        }
        brought.into_iter().chain(holds).for_each(|(id, bytes)| written.add(id, bytes));
        let of = (self.practice, self.client);
        // Not when it was put in the queue: who asks for what is new reckons with the length of a transaction.
        letters::keep(&self.ground, tx, of, &self.letters, |_| self.ground.clock.now()).await?;
        notes::keep(&self.ground, tx, of, &self.notes).await?;
        for entry in &self.audit {
            audit::append(tx, entry);
        }
        let (practice, client, now) = (self.practice, self.client, self.now);
        let settlement = Settlement { ground: &self.ground, practice, client, now };
        settlement.settle(tx, &mut written, &mut self.sheets, &before).await?;
        for (kind, sheet) in &mut self.sheets {
            let before = self.before.get(kind).map_or(&[][..], Vec::as_slice);
            let saved = self.saved.remove(kind);
            documents::write(&self.ground, tx, practice, *kind, before, sheet, saved).await?;
        }
        let succession = Succession { ground: &self.ground, practice, client, now };
        for kind in &self.succeed {
            let sheet = self.sheets.get_mut(kind).ok_or(Refusal::Unavailable)?;
            succession.replace(tx, *kind, sheet, &mut written).await?;
        }
        store::changes::notify(tx, client, version).await?;
        Ok(Contents { version, sheets: self.sheets, written })
    }

    /// The entries that this draft adds to what is known.
    fn new_entries<'a>(&self, written: &'a Written) -> impl Iterator<Item = NewEntry<'a>> + use<'a> {
        let known = self.known.written.entries().len();
        let bytes = written.entries().iter().map(|(_, bytes)| bytes.as_slice());
        written.decoded().zip(bytes).skip(known).map(|((id, entry), bytes)| (id, entry, bytes))
    }

    fn new_acts<'a>(&self, written: &'a Written) -> Vec<&'a Act> {
        self.new_entries(written).filter_map(|(_, entry, _)| Some(&entry?.act)).collect()
    }

    /// What the new entries take back on more shelves than this one.
    fn taken_back(&self, written: &Written) -> BTreeSet<RevokeOn> {
        self.new_acts(written).into_iter().filter_map(wide).collect()
    }

    /// What was taken back on other shelves ends here first: it hits what was written before, and what is written now has
    /// not seen it. Gives the entries that this writes.
    async fn bring_from_elsewhere(
        &self,
        tx: &mut Tx,
        orders: &Orders,
        clips: &BTreeSet<(RecordingId, ClipId)>,
    ) -> Result<Vec<(EntryId, Vec<u8>)>, Refusal> {
        let missing = everywhere::missing(tx, orders, clips).await?;
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.known.written.orders();
        everywhere::bring(tx, (self.practice, self.client), before, missing, self.now).await
    }

    /// The old document sleeps as one snapshot: it is stored whole again.
    async fn write_late(&self, tx: &mut Tx, late: Late) -> Result<(), Refusal> {
        let Late { kind, sheet, new_actors } = late;
        for actor in &new_actors {
            let Some(device) = self.by.device else { continue };
            store::predecessors::bind_actor(tx, sheet.id, actor, device, self.now).await?;
        }
        let snapshot =
            documents::snapshot(&self.ground, tx, self.practice, kind, sheet.id, &sheet.document).await?;
        Ok(store::predecessors::update(tx, sheet.id, &snapshot.bytes).await?)
    }

    /// Device and person must still be who they were, under the locks: memory and sockets may be behind. What only takes
    /// away is taken from whoever they have become.
    async fn check_writer(&self, tx: &mut Tx, written: &Written) -> Result<(), Refusal> {
        if let Some(late) = &self.only_restricts {
            self.check_restrictions(written)?;
            return late_restrictions::keep(tx, self.client, &self.new_acts(written), self.by.device, late)
                .await;
        }
        if let Some(device) = self.by.device {
            let device = store::devices::by_id(tx, device).await?;
            if device.is_none_or(|device| device.removed_at.is_some()) {
                return Err(Refusal::DeviceRemoved);
            }
        }
        if let Some(staff) = self.by.staff {
            let person = store::staff::by_id(tx, staff).await?;
            let is_there = person.is_some_and(|person| person.ended_at.is_none());
            if !is_there || store::clients::in_care(tx, self.client, staff).await?.is_none() {
                return Err(Refusal::NotFound);
            }
        }
        Ok(())
    }

    fn check_restrictions(&self, written: &Written) -> Result<(), Refusal> {
        let restricts = |(_, entry, _): NewEntry<'_>| entry.is_some_and(|entry| entry.act.is_restriction());
        if self.new_actors.is_empty() && self.new_entries(written).all(restricts) {
            Ok(())
        } else {
            Err(Refusal::NotARestriction)
        }
    }

    /// The terms, as they are, of what the new entries amend.
    fn terms_to_be_amended(&self, written: &Written) -> BTreeMap<ReleaseId, Terms> {
        let amended = |(_, entry, _): NewEntry<'_>| match entry?.act {
            Act::Amend { release, .. } => Some(release),
            _ => None,
        };
        let amended: BTreeSet<ReleaseId> = self.new_entries(written).filter_map(amended).collect();
        if amended.is_empty() {
            return BTreeMap::new();
        }
        let before = self.known.written.orders();
        let terms = |id: ReleaseId| Some((id, before.releases.get(&id)?.terms.clone()?));
        amended.into_iter().filter_map(terms).collect()
    }

    async fn write_entry(
        &self,
        tx: &mut Tx,
        id: EntryId,
        entry: &Entry,
        bytes: &[u8],
    ) -> Result<(), Refusal> {
        if let Act::Release { release, clip, recording, .. } = &entry.act {
            let is_theirs = everywhere::is_theirs(tx, self.client, RevokeOn::Clip(*clip)).await?;
            let clip = store::clips::by_id(tx, *clip).await?.ok_or(Refusal::NotFound)?;
            let known = store::releases::by_id(tx, *release).await?;
            let is_anothers = known.is_some_and(|known| known.client != self.client);
            if !is_theirs || clip.recording != *recording || is_anothers {
                return Err(Refusal::NotFound);
            }
        }
        let Proposer { device, staff, actor, payer: _ } = self.by;
        if !store::entries::insert(tx, self.client, id, bytes, device, staff, self.now).await? {
            // The ledger has brought it back before its device did.
            return Ok(());
        }
        audit::append(tx, &audited(self.practice, self.client, self.now, actor, id, &entry.act));
        if let Some(on) = wide(&entry.act) {
            everywhere::note(tx, self.client, id, on, self.now, self.ground.entropy.bytes()).await?;
        }
        if is_kept_in_ledger(&entry.act) {
            tx.restrict(Restriction::Entry { client: self.client, id, bytes: bytes.to_vec() });
        }
        Ok(())
    }
}

/// An entry that is new, decoded where it can be read, and its bytes.
type NewEntry<'a> = (EntryId, Option<&'a Entry>, &'a [u8]);

/// Every decision that takes something away, amendments among them: which way one goes is not seen by looking at it.
const fn is_kept_in_ledger(act: &Act) -> bool {
    match act {
        Act::Hold { .. } | Act::Revoke { .. } | Act::Amend { .. } => true,
        Act::Release { .. } | Act::Lift { .. } | Act::Confirm { .. } => false,
    }
}

fn audited(
    practice: PracticeId,
    client: ClientId,
    now: Instant,
    actor: Actor,
    id: EntryId,
    act: &Act,
) -> AuditEntry {
    let (action, releases): (Action, Vec<_>) = match act {
        Act::Release { release, .. } => (Action::Release, vec![*release]),
        Act::Amend { release, .. } => (Action::AmendRelease, vec![*release]),
        Act::Hold { on: HoldOn::Release(release), .. } => (Action::PlaceHold, vec![*release]),
        Act::Hold { on: HoldOn::Shelf, hits, .. } => (Action::PlaceHold, hits.clone()),
        Act::Lift { .. } => (Action::LiftHold, Vec::new()),
        Act::Revoke { hits, .. } => (Action::RevokeRelease, hits.clone()),
        Act::Confirm { release, .. } => (Action::ConfirmRelease, vec![*release]),
    };
    let entry = AuditEntry::new(practice, now, actor, action).client(client).about(id);
    releases.into_iter().fold(entry, AuditEntry::about)
}
