//! The vet of a batch of changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use automerge::{
    ActorId, Change, ChangeHash, ObjId, ReadDoc, ScalarValue, Value,
    legacy::{Key, ObjectId, Op, OpType},
};

use super::{Denied, Right, Writer, denied::MAX_OPS, naming::Names, room::Room};
use crate::{
    documents::{Document, Kind, Letter, Note, OpenError, PlayKey, entries_object, plays_object, readable},
    id::{DeviceId, EntryId},
    orders::{Author, Entry},
};

/// The greatest count of plays on one day that is believed.
pub(crate) const MAX_PLAYS: i64 = 10_000;

/// Whose each known actor of a document is, and the number of its last change. No device means the server.
pub type Actors = BTreeMap<ActorId, (Option<DeviceId>, u64)>;

/// A batch that may be applied, and what it brings. Printed it says how much, never what.
#[derive(Default)]
pub struct Vetted {
    /// The changes that were not known yet, in an order in which each follows what it depends on.
    pub changes: Vec<Change>,
    /// New entries, in the order of the changes.
    pub entries: Vec<(EntryId, Vec<u8>)>,
    /// Actors that are the caller's from now on.
    pub new_actors: BTreeSet<ActorId>,
}

impl fmt::Debug for Vetted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vetted({} changes, {} entries)", self.changes.len(), self.entries.len())
    }
}

/// Asks whether a caller may apply these changes to this document.
///
/// # Errors
/// The first reason against it: then nothing of the batch is to be applied.
pub fn vet(
    document: &Document,
    kind: Kind,
    actors: &Actors,
    writer: Writer,
    changes: Vec<Change>,
) -> Result<Vetted, Denied> {
    let mut vetting = Vetting::begin(document, kind, actors, writer)?;
    for change in changes {
        let hash = change.hash();
        if vetting.max_ops.contains_key(&hash) || document.get_change_meta_by_hash(&hash).is_some() {
            continue;
        }
        vetting.change(change)?;
    }
    Ok(vetting.vetted)
}

struct Vetting<'a> {
    document: &'a Document,
    kind: Kind,
    actors: &'a Actors,
    writer: Writer,
    entries: ObjId,
    plays: Option<ObjId>,
    names: Names,
    room: Room,
    written: BTreeSet<EntryId>,
    /// The last operation of each change of this batch.
    max_ops: BTreeMap<ChangeHash, u64>,
    /// The last operation that anybody has written.
    max_op: u64,
    /// Counts written in this batch: what a later one of them may take the place of.
    counted: BTreeMap<PlayKey, BTreeSet<(u64, ActorId)>>,
    last_seq: BTreeMap<ActorId, u64>,
    vetted: Vetted,
}

impl<'a> Vetting<'a> {
    fn begin(document: &'a Document, kind: Kind, actors: &'a Actors, writer: Writer) -> Result<Self, Denied> {
        if writer.right(kind) != Right::Append {
            return Err(Denied::NotWritable);
        }
        if readable(document) == Err(OpenError::Newer) {
            return Err(Denied::NewerVersion);
        }
        Ok(Self {
            document,
            kind,
            actors,
            writer,
            entries: entries_object(document).ok_or(Denied::BadDocument)?,
            plays: if kind == Kind::Journal { plays_object(document) } else { None },
            names: Names::default(),
            room: Room::left_in(document, kind),
            written: BTreeSet::new(),
            max_ops: BTreeMap::new(),
            max_op: max_op(document),
            counted: BTreeMap::new(),
            last_seq: BTreeMap::new(),
            vetted: Vetted::default(),
        })
    }

    fn change(&mut self, change: Change) -> Result<(), Denied> {
        self.actor(&change)?;
        self.place(&change)?;
        if change.message().is_some_and(|message| !message.is_empty())
            || !change.extra_bytes().is_empty()
            || change.author().is_some()
            || !change.other_actor_ids().iter().all(|actor| self.is_actor(actor))
        {
            return Err(Denied::Extras);
        }
        // Counted before the operations are spelled out: a short column may stand for very many of them.
        if change.is_empty() || change.len() > MAX_OPS {
            return Err(Denied::OpCount);
        }
        for (op, counter) in change.decode().operations.into_iter().zip(change.start_op().get()..) {
            self.op(op, (counter, change.actor_id()))?;
        }
        self.max_op = self.max_op.max(change.max_op());
        self.max_ops.insert(change.hash(), change.max_op());
        self.vetted.changes.push(change);
        Ok(())
    }

    /// A change follows what it depends on, and counts its operations on from there.
    ///
    /// One without dependencies would write into a map that does not exist yet, for whoever reads it first. One whose
    /// count leaps ahead would leave no numbers for anybody after it: they end at 2³².
    fn place(&self, change: &Change) -> Result<(), Denied> {
        let mut after = 0;
        for dep in change.deps() {
            let known = self.max_ops.get(dep).copied();
            let known = known.or_else(|| self.document.get_change_meta_by_hash(dep).map(|meta| meta.max_op));
            after = known.ok_or(Denied::MissingDependency)?.max(after);
        }
        if change.deps().is_empty() {
            return Err(Denied::MissingDependency);
        }
        let start = change.start_op().get();
        if start <= after || start > self.max_op + 1 { Err(Denied::Sequence) } else { Ok(()) }
    }

    /// Whether somebody has written here: a name that nobody bears would stay in the document for good.
    fn is_actor(&self, actor: &ActorId) -> bool {
        let made = |object: &ObjId| matches!(object, ObjId::Id(_, maker, _) if maker == actor);
        self.actors.contains_key(actor)
            || self.last_seq.contains_key(actor)
            || made(&self.entries)
            || self.plays.as_ref().is_some_and(made)
    }

    fn actor(&mut self, change: &Change) -> Result<(), Denied> {
        let actor = change.actor_id();
        let last = match (self.last_seq.get(actor), self.actors.get(actor)) {
            (Some(seq), _) => *seq,
            (None, Some((owner, seq))) if *owner == Some(self.writer.device()) => *seq,
            (None, Some(_)) => return Err(Denied::NotYourActor),
            (None, None) => {
                self.vetted.new_actors.insert(actor.clone());
                0
            }
        };
        if last.checked_add(1) != Some(change.seq()) {
            return Err(Denied::Sequence);
        }
        self.last_seq.insert(actor.clone(), change.seq());
        Ok(())
    }

    fn op(&mut self, op: Op, id: (u64, &ActorId)) -> Result<(), Denied> {
        let Op { action: OpType::Put(value), obj, key: Key::Map(key), pred, insert: false } = op else {
            return Err(Denied::NotANewEntry);
        };
        if is_object(&obj, &self.entries) {
            if pred.iter().next().is_some() {
                return Err(Denied::NotANewEntry);
            }
            let ScalarValue::Bytes(bytes) = value else { return Err(Denied::NotANewEntry) };
            return self.entry(&key, bytes);
        }
        match self.plays.clone() {
            Some(plays) if is_object(&obj, &plays) => {
                let over = pred.iter().map(|op| (op.counter(), op.actor().clone())).collect();
                self.play(&plays, &key, &value, &over, id)
            }
            _ => Err(Denied::NotANewEntry),
        }
    }

    fn entry(&mut self, key: &str, bytes: Vec<u8>) -> Result<(), Denied> {
        let id = EntryId::parse(key).map_err(|_| Denied::BadEntry)?;
        let there = self.document.get_all(&self.entries, key).map_err(|_| Denied::BadDocument)?;
        let is_same = |value: &Value<'_>| value.as_bytes() == Some(bytes.as_slice());
        if !there.iter().all(|(value, _)| is_same(value)) || !self.written.insert(id) {
            return Err(Denied::NotANewEntry);
        }
        let is_back = !there.is_empty();
        self.room.take(bytes.len())?;
        match self.kind {
            Kind::Orders => {
                let entry = Entry::decode(&bytes).map_err(|_| Denied::BadEntry)?;
                if entry.by != Author::Device(self.writer.device()) {
                    return Err(Denied::NotYourself);
                }
                // The ledger after a restore, or the old document after a successor, has brought it here before its device
                // did: the same entry, twice written. Refusing it would strand everything that was written since.
                if is_back {
                    return Ok(());
                }
                self.names.check(self.document, id, &entry.act)?;
            }
            Kind::Casebook if is_back => return Err(Denied::NotANewEntry),
            Kind::Journal if is_back => return Ok(()),
            Kind::Journal => {
                Letter::decode(&bytes).map_err(|_| Denied::BadEntry)?;
            }
            Kind::Casebook => {
                Note::decode(&bytes).map_err(|_| Denied::BadEntry)?;
            }
            Kind::Shelf => return Err(Denied::NotWritable),
        }
        self.vetted.entries.push((id, bytes));
        Ok(())
    }

    /// A device may count its own plays again, so these keys may have predecessors: values of the same key.
    fn play(
        &mut self,
        plays: &ObjId,
        key: &str,
        value: &ScalarValue,
        over: &BTreeSet<(u64, ActorId)>,
        id: (u64, &ActorId),
    ) -> Result<(), Denied> {
        let parsed = PlayKey::parse(key).ok_or(Denied::BadEntry)?;
        if parsed.device != self.writer.device() {
            return Err(Denied::NotYourself);
        }
        // Only integers: whatever else automerge can make a number of is not what this field is.
        let count = match value {
            ScalarValue::Int(count) => *count,
            ScalarValue::Uint(count) => i64::try_from(*count).map_err(|_| Denied::BadEntry)?,
            _ => return Err(Denied::BadEntry),
        };
        if !(0..=MAX_PLAYS).contains(&count) {
            return Err(Denied::BadEntry);
        }
        let there = self.document.get_all(plays, key).map_err(|_| Denied::BadDocument)?;
        let there = there.into_iter().filter_map(|(_, id)| match id {
            ObjId::Id(counter, actor, _) => Some((counter, actor)),
            ObjId::Root => None,
        });
        let mut there: BTreeSet<_> = there.collect();
        let counted = self.counted.entry(parsed).or_default();
        there.extend(counted.iter().cloned());
        if !over.is_subset(&there) {
            return Err(Denied::NotANewEntry);
        }
        counted.insert((id.0, id.1.clone()));
        self.room.take(0)
    }
}

/// The number of the last operation in a document: that of one of its heads.
fn max_op(document: &Document) -> u64 {
    let heads = document.get_heads();
    heads
        .iter()
        .filter_map(|head| document.get_change_meta_by_hash(head))
        .map(|meta| meta.max_op)
        .max()
        .unwrap_or(0)
}

fn is_object(named: &ObjectId, object: &ObjId) -> bool {
    match (named, object) {
        (ObjectId::Id(id), ObjId::Id(counter, actor, _)) => id.counter() == *counter && id.actor() == actor,
        _ => false,
    }
}
