//! The server's automerge documents, and what it answers on a connection.
//!
//! Both ends are `sync-core`'s own: [`Peer`] and a companion's [`Connection`] speak, `authority`
//! vets. Accepted changes go through the clinic's commit, and the peer hears of committed changes
//! only.

use std::collections::BTreeSet;

use automerge::{ActorId, Change};
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    authority::{self, Actors, Vetted, Writer, restrictions, vet},
    device::{Connection, Documents},
    documents::{self, Document, DocumentId, Kind, Plays, append, create, entries},
    id::{DeviceId, EntryId},
    instant::Instant,
    orders::Entry,
    sync::{Access, Heard, Peer},
};

use super::talk::{Replied, Served, Talk, Wire, name, talk};
use crate::clinic::{Clinic, Refused};

/// The one client's documents.
#[derive(Clone)]
pub struct Binder {
    orders: Document,
    shelf: Document,
    journal: Document,
    /// Who writes the orders.
    actors: Actors,
    /// Who writes the journal.
    writers: Actors,
}

const ORDERS: DocumentId = DocumentId::from_bytes([1; 16]);
/// Where a companion finds its shelf.
pub const SHELF: DocumentId = DocumentId::from_bytes([2; 16]);
/// Where it finds its journal.
pub const JOURNAL: DocumentId = DocumentId::from_bytes([3; 16]);

/// An actor that nobody had before.
pub fn fresh_actor(rng: &mut StdRng) -> ActorId {
    let bytes: [u8; 16] = rng.random();
    ActorId::from(bytes)
}

impl Binder {
    /// Empty documents, made by a server's first run.
    ///
    /// # Errors
    /// When automerge fails.
    pub fn new(rng: &mut StdRng) -> anyhow::Result<Self> {
        let actor = fresh_actor(rng);
        let orders = create(Kind::Orders, actor.clone())?;
        let shelf = create(Kind::Shelf, actor.clone())?;
        let journal = create(Kind::Journal, actor.clone())?;
        let last = journal.get_last_local_change().map_or(0, |change| change.seq());
        let writers = Actors::from([(actor, (None, last))]);
        let mut binder = Self { orders, shelf, journal, actors: Actors::new(), writers };
        binder.note_own();
        Ok(binder)
    }

    /// The server runs anew: as another actor, from what was durable.
    pub fn run_anew(&mut self, rng: &mut StdRng) {
        let actor = fresh_actor(rng);
        self.orders.set_actor(actor.clone());
        self.shelf.set_actor(actor);
    }

    /// Brings the documents level with the rows.
    ///
    /// # Errors
    /// When automerge fails.
    pub fn level(&mut self, clinic: &Clinic) -> anyhow::Result<()> {
        let there: BTreeSet<_> = entries(&self.orders).into_iter().map(|(id, _)| id).collect();
        let missing: Vec<_> = clinic.db.entries.iter().filter(|(id, _)| !there.contains(id)).collect();
        for (id, bytes) in missing {
            append(&mut self.orders, &[(*id, bytes.clone())])?;
        }
        self.note_own();
        clinic.db.shelf.write(&mut self.shelf)?;
        Ok(())
    }

    fn note_own(&mut self) {
        let actor = self.orders.get_actor().clone();
        let last = self.orders.get_last_local_change().map_or(0, |change| change.seq());
        self.actors.insert(actor, (None, last));
    }

    /// Whether a companion's copy of the shelf has everything that the server has. A frame that came late or twice may end
    /// a talk early.
    #[must_use]
    pub fn is_shelf_in(&self, copy: &Documents) -> bool {
        let is_in = |head| copy.shelf_document().get_change_meta_by_hash(head).is_some();
        self.shelf.get_heads().iter().all(is_in)
    }

    /// The letters that have arrived.
    #[must_use]
    pub fn letters(&self) -> BTreeSet<EntryId> {
        entries(&self.journal).into_iter().map(|(id, _)| id).collect()
    }

    /// The plays that have arrived.
    #[must_use]
    pub fn plays(&self) -> Plays {
        documents::plays(&self.journal)
    }

    /// A companion reads the shelf, and writes its letters and counts into the journal.
    ///
    /// # Errors
    /// When an end breaks the protocol, which is a violation.
    pub fn sync_phone(
        &mut self,
        copy: &mut Documents,
        phone: DeviceId,
        wire: Wire,
        rng: &mut StdRng,
    ) -> anyhow::Result<Talk> {
        if self.is_level(copy) {
            // They would greet one another, and part.
            return Ok(if wire.breaks_after == 0 { Talk::Broken } else { Talk::Done });
        }
        let (mut connection, join) = Connection::open(name("device")?);
        let mut refused = String::new();
        let hear = |frame: &[u8]| -> anyhow::Result<Replied> {
            let told = connection.hear(copy, frame)?;
            if let Some(code) = told.refused {
                // Which document it is about follows.
                refused = code;
            }
            Ok(if told.greeted.is_some() {
                Replied::Says(connection.tell(copy))
            } else if told.withheld {
                Replied::Parts(std::mem::take(&mut refused))
            } else {
                Replied::Says(told.frames)
            })
        };
        let serve = |peer: &mut Peer, frame: &[u8]| self.serve_phone(phone, peer, frame);
        talk(join, wire, rng, hear, serve)
    }

    fn is_level(&self, copy: &Documents) -> bool {
        copy.is_all_sent()
            && copy.shelf_document().get_heads() == self.shelf.get_heads()
            && copy.journal_document().get_heads() == self.journal.get_heads()
    }

    fn serve_phone(&mut self, phone: DeviceId, peer: &mut Peer, frame: &[u8]) -> anyhow::Result<Served> {
        let Heard::Message { document, mut message, .. } = peer.hear(frame)? else {
            return Ok(Served::Says(Vec::new()));
        };
        if document == SHELF {
            peer.absorb(SHELF, &mut self.shelf.clone(), *message, Access::Read)?;
            return Ok(Served::Says(peer.tell(SHELF, &self.shelf, Access::Read).into_iter().collect()));
        }
        let changes = match peer.take_changes(JOURNAL, &self.journal, &mut message) {
            Ok(changes) => changes,
            Err(error) => return Ok(Served::Refuses(JOURNAL, error.code())),
        };
        if let Err(denied) = self.write_journal(phone, changes)? {
            return Ok(Served::Refuses(JOURNAL, denied.code()));
        }
        peer.absorb(JOURNAL, &mut self.journal.clone(), *message, Access::Write)?;
        Ok(Served::Says(peer.tell(JOURNAL, &self.journal, Access::Write).into_iter().collect()))
    }

    fn write_journal(
        &mut self,
        phone: DeviceId,
        changes: Vec<Change>,
    ) -> anyhow::Result<Result<(), authority::Denied>> {
        let vetted = vet(&self.journal, Kind::Journal, &self.writers, Writer::Companion(phone), changes);
        let Vetted { changes, .. } = match vetted {
            Ok(vetted) => vetted,
            Err(denied) => return Ok(Err(denied)),
        };
        for change in &changes {
            self.writers.insert(change.actor_id().clone(), (Some(phone), change.seq()));
        }
        self.journal.apply_changes(changes)?;
        Ok(Ok(()))
    }

    /// A console reads the orders and sends what it has written, through the clinic's commit.
    ///
    /// # Errors
    /// When an end breaks the protocol, which is a violation.
    pub fn sync_orders(
        &mut self,
        copy: &mut Document,
        console: DeviceId,
        clinic: &mut Clinic,
        now: Instant,
        wire: Wire,
        rng: &mut StdRng,
    ) -> anyhow::Result<Talk> {
        let serve = |peer: &mut Peer, frame: &[u8]| -> anyhow::Result<Served> {
            let Heard::Message { mut message, .. } = peer.hear(frame)? else {
                return Ok(Served::Says(Vec::new()));
            };
            let changes = match peer.take_changes(ORDERS, &self.orders, &mut message) {
                Ok(changes) => changes,
                Err(error) => return Ok(Served::Refuses(ORDERS, error.code())),
            };
            if !changes.is_empty() {
                let offered = changes.clone();
                if let Err(code) = self.write(console, changes, clinic, now)? {
                    // A restriction is never lost, whatever comes with it.
                    let known: BTreeSet<_> = entries(&self.orders).into_iter().map(|(id, _)| id).collect();
                    let mut kept = restrictions(console, &offered);
                    kept.retain(|(id, _)| !known.contains(id));
                    let restricting = |(id, bytes): (EntryId, Vec<u8>)| {
                        let (id, entry) = Entry::decode(&bytes).ok()?.restricting(id)?;
                        (!known.contains(&id)).then(|| (id, entry.encode()))
                    };
                    let kept: Vec<_> = kept.into_iter().filter_map(restricting).collect();
                    let _ = clinic.enter(&kept, now);
                    self.level(clinic)?;
                    return Ok(Served::Refuses(ORDERS, code));
                }
            }
            peer.absorb(ORDERS, &mut self.orders.clone(), *message, Access::Write)?;
            Ok(Served::Says(peer.tell(ORDERS, &self.orders, Access::Write).into_iter().collect()))
        };
        let (mut peer, join) = Peer::initiate(name("device")?);
        let hear = |frame: &[u8]| -> anyhow::Result<Replied> {
            match peer.hear(frame)? {
                Heard::Message { message, .. } => peer.absorb(ORDERS, copy, *message, Access::Write)?,
                Heard::Refused(code) => return Ok(Replied::Parts(code)),
                Heard::Greeted(_) => {}
                Heard::Unavailable(_) | Heard::Nothing | Heard::Left => return Ok(Replied::Says(Vec::new())),
            }
            Ok(Replied::Says(peer.tell(ORDERS, copy, Access::Write).into_iter().collect()))
        };
        talk(join, wire, rng, hear, serve)
    }

    fn write(
        &mut self,
        console: DeviceId,
        changes: Vec<Change>,
        clinic: &mut Clinic,
        now: Instant,
    ) -> anyhow::Result<Result<(), &'static str>> {
        let vetted = vet(&self.orders, Kind::Orders, &self.actors, Writer::Console(console), changes);
        let Vetted { changes, entries, .. } = match vetted {
            Ok(vetted) => vetted,
            Err(denied) => return Ok(Err(denied.code())),
        };
        if let Err(Refused) = clinic.enter(&entries, now) {
            return Ok(Err(authority::Denied::UnknownName.code()));
        }
        for change in &changes {
            self.actors.insert(change.actor_id().clone(), (Some(console), change.seq()));
        }
        self.orders.apply_changes(changes)?;
        self.level(clinic)?;
        Ok(Ok(()))
    }
}
