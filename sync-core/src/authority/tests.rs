//! Invariant I5: which peer may write. Every change here is a real automerge change.

mod denied;
mod journal;

use automerge::{
    ActorId, Automerge, Change, ExpandedChange, ObjId, ROOT, ScalarValue, transaction::Transactable,
};

use super::*;
use crate::{
    documents::{Document, Letter, append, create, entries_object},
    fixtures::*,
    id::EntryId,
    orders::{Act, Entry, HoldOn, RevokeOn},
    vocabulary::Vocabulary,
};

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 16])
}

/// A document as the server has it, and whose its actors are: the server's is 1, device 1's is 11.
struct Server {
    document: Document,
    actors: Actors,
    kind: Kind,
}

const THERAPIST: Writer = Writer::Console(device(1));

impl Server {
    fn new(kind: Kind) -> Self {
        let document = create(kind, actor(1)).unwrap();
        Self { document, actors: Actors::from([(actor(1), (None, 1))]), kind }
    }

    /// Orders that device 1 wrote two releases to.
    fn with_releases() -> Self {
        let mut server = Self::new(Kind::Orders);
        let mut replica = server.replica(11);
        write(&mut replica, &[(entry(1), released(1, &[])), (entry(2), released(2, &[]))]);
        server.take(&replica);
        server
    }

    fn replica(&self, n: u8) -> Document {
        self.document.fork().with_actor(actor(n))
    }

    fn vet(&self, writer: Writer, changes: Vec<Change>) -> Result<Vetted, Denied> {
        vet(&self.document, self.kind, &self.actors, writer, changes)
    }

    /// Takes a replica's changes as device 1's, as a server does.
    fn take(&mut self, replica: &Document) -> Vetted {
        let vetted = self.vet(THERAPIST, self.news(replica)).unwrap();
        for change in &vetted.changes {
            self.actors.insert(change.actor_id().clone(), (Some(device(1)), change.seq()));
        }
        self.document.apply_changes(vetted.changes.clone()).unwrap();
        vetted
    }

    fn news(&self, replica: &Document) -> Vec<Change> {
        replica.get_changes(&self.document.get_heads())
    }

    fn denied(&self, replica: &Document) -> Denied {
        self.vet(THERAPIST, self.news(replica)).unwrap_err()
    }

    /// What is said to the one change of a replica, twisted.
    fn twisted(&self, replica: &Document, twist: impl FnOnce(&mut ExpandedChange)) -> Result<Vetted, Denied> {
        let mut expanded = self.news(replica).pop().unwrap().decode();
        twist(&mut expanded);
        self.vet(THERAPIST, vec![Change::from(expanded)])
    }
}

fn write(replica: &mut Document, new: &[(EntryId, Entry)]) {
    let new: Vec<_> = new.iter().map(|(id, entry)| (*id, entry.encode())).collect();
    append(replica, &new).unwrap();
}

fn in_one_change(
    replica: &mut Automerge,
    change: impl FnOnce(&mut automerge::transaction::Transaction<'_>, &ObjId),
) {
    let entries = entries_object(replica).unwrap();
    replica
        .transact::<_, _, automerge::AutomergeError>(|tx| {
            change(tx, &entries);
            Ok(())
        })
        .unwrap();
}

#[test]
fn i5_whole_new_entries_of_ones_own_are_taken() {
    let mut server = Server::with_releases();
    let mut replica = server.replica(11);
    write(&mut replica, &[(entry(3), revoked(RevokeOn::Release(release(1)), &[release(1)]))]);
    let vetted = server.take(&replica);
    assert_eq!(vetted.entries, [(entry(3), revoked(RevokeOn::Release(release(1)), &[release(1)]).encode())]);
    assert!(vetted.new_actors.is_empty());
    let mut restarted = server.replica(12);
    write(&mut restarted, &[(entry(4), held(HoldOn::Shelf, None, &[]))]);
    assert_eq!(server.take(&restarted).new_actors, [actor(12)].into());
    assert_eq!(crate::documents::entries(&server.document).len(), 4);
}

/// Who made the document may be known by nothing but what they made: a snapshot has no rows of its writers.
#[test]
fn i5_an_entry_names_the_maker_of_its_document_whoever_that_was() {
    for kind in [Kind::Orders, Kind::Journal] {
        let mut server = Server::new(kind);
        server.actors.clear();
        let mut replica = server.replica(11);
        let (writer, bytes) = match kind {
            Kind::Orders => (THERAPIST, released(1, &[]).encode()),
            _ => (Writer::Companion(device(1)), Letter::Return { release: release(1), at: NOON }.encode()),
        };
        append(&mut replica, &[(entry(1), bytes)]).unwrap();
        assert_eq!(server.vet(writer, server.news(&replica)).unwrap().entries.len(), 1);
    }
}

#[test]
fn i5_a_later_entry_may_name_an_earlier_one_of_the_same_batch() {
    let mut server = Server::new(Kind::Orders);
    let mut replica = server.replica(11);
    write(&mut replica, &[(entry(9), released(1, &[]))]);
    write(
        &mut replica,
        &[(entry(1), by(device(1), Act::Confirm { release: release(1), seen: vec![entry(9)] }))],
    );
    assert_eq!(server.take(&replica).changes.len(), 2);
}

#[test]
fn i5_changes_that_are_known_or_come_twice_bring_nothing() {
    let mut server = Server::with_releases();
    let mut replica = server.replica(11);
    write(&mut replica, &[(entry(3), held(HoldOn::Shelf, None, &[]))]);
    let twice = [replica.get_changes(&[]), replica.get_changes(&[])].concat();
    let own: Vec<_> = twice.into_iter().filter(|change| change.actor_id() == &actor(11)).collect();
    assert_eq!(server.vet(THERAPIST, own).unwrap().changes.len(), 1);
    server.take(&replica);
    assert!(server.vet(THERAPIST, replica.get_changes(&[])).unwrap().changes.is_empty());
}

#[test]
fn i5_each_role_has_its_rights_and_no_more() {
    let (console, companion) = (Writer::Console(device(1)), Writer::Companion(device(2)));
    let rights = |writer: Writer| Kind::all().map(|kind| writer.right(kind)).collect::<Vec<_>>();
    assert_eq!(rights(console), [Right::Append, Right::Read, Right::None, Right::Append]);
    assert_eq!(rights(companion), [Right::None, Right::Read, Right::Append, Right::None]);
    for writer in [console, companion] {
        for kind in Kind::all() {
            let server = Server::new(kind);
            let empty = server.vet(writer, Vec::new());
            assert_eq!(empty.is_ok(), writer.right(kind) == Right::Append);
        }
    }
}

#[test]
fn i5_a_restriction_is_found_in_a_batch_that_is_refused() {
    let server = Server::with_releases();
    let mut replica = server.replica(11);
    write(&mut replica, &[(entry(3), released(1, &[]))]);
    write(
        &mut replica,
        &[
            (entry(4), revoked(RevokeOn::Clip(clip(1)), &[release(9)])),
            (entry(5), by(device(2), Act::Revoke { on: RevokeOn::Shelf, hits: vec![] })),
            (entry(6), by(device(1), Act::Lift { holds: vec![] })),
            (entry(7), held(HoldOn::Shelf, None, &[])),
        ],
    );
    assert_eq!(server.denied(&replica), Denied::UnknownName);
    let found = restrictions(device(1), &server.news(&replica));
    let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [entry(4), entry(7)]);
}
