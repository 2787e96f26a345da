//! The server's automerge documents, and one connection's talk about them, cut off anywhere.
//!
//! Both ends are `sync-core`'s own: [`Peer`] speaks, `authority` vets. Accepted changes go through
//! the clinic's commit, and the peer hears of committed changes only.

use std::collections::BTreeSet;

use anyhow::Context;
use automerge::ActorId;
use rand::{RngExt, rngs::StdRng};
use sync_core::{
    authority::{self, Actors, Vetted, Writer, restrictions, vet},
    documents::{Document, DocumentId, Kind, append, create, entries},
    id::{DeviceId, EntryId},
    instant::Instant,
    orders::Entry,
    sync::{Access, Heard, Peer, PeerName},
};

use crate::clinic::{Clinic, Refused};

/// The one client's documents.
#[derive(Clone)]
pub struct Papers {
    /// What therapists want.
    pub orders: Document,
    /// What the client sees of it.
    pub shelf: Document,
    actors: Actors,
}

/// What the network does to a connection.
#[derive(Debug, Clone, Copy)]
pub struct Wire {
    /// After how many frames it breaks.
    pub breaks_after: usize,
    /// How often, of a thousand frames, one is doubled or comes late.
    pub bends: u32,
}

/// How a talk went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Talk {
    /// Both have said all that they had to say.
    Done,
    /// The connection broke.
    Broken,
    /// The server has refused something, with this code: the device must fetch the document afresh.
    Refused(String),
}

const ORDERS: DocumentId = DocumentId::from_bytes([1; 16]);
const SHELF: DocumentId = DocumentId::from_bytes([2; 16]);

/// An actor that nobody had before.
pub fn fresh_actor(rng: &mut StdRng) -> ActorId {
    let bytes: [u8; 16] = rng.random();
    ActorId::from(bytes)
}

impl Papers {
    /// Empty documents, made by a server's first run.
    ///
    /// # Errors
    /// When automerge fails.
    pub fn new(rng: &mut StdRng) -> anyhow::Result<Self> {
        let actor = fresh_actor(rng);
        let orders = create(Kind::Orders, actor.clone())?;
        let shelf = create(Kind::Shelf, actor.clone())?;
        let mut papers = Self { orders, shelf, actors: Actors::new() };
        papers.note_own();
        Ok(papers)
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
        let there: std::collections::BTreeSet<_> =
            entries(&self.orders).into_iter().map(|(id, _)| id).collect();
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

    /// Whether a copy of the shelf has everything that the server has. A frame that came late or twice may end a talk early.
    #[must_use]
    pub fn is_shelf_in(&self, copy: &Document) -> bool {
        self.shelf.get_heads().iter().all(|head| copy.get_change_meta_by_hash(head).is_some())
    }

    /// A companion reads the shelf.
    ///
    /// # Errors
    /// When an end breaks the protocol, which is a violation.
    pub fn read_shelf(&self, copy: &mut Document, wire: Wire, rng: &mut StdRng) -> anyhow::Result<Talk> {
        if copy.get_heads() == self.shelf.get_heads() {
            // They would greet one another, and part.
            return Ok(if wire.breaks_after == 0 { Talk::Broken } else { Talk::Done });
        }
        let mut shelf = self.shelf.clone();
        let serve = |peer: &mut Peer, frame: &[u8]| -> anyhow::Result<Served> {
            let Heard::Message { message, .. } = peer.hear(frame)? else {
                return Ok(Served::Says(Vec::new()));
            };
            peer.absorb(SHELF, &mut shelf, *message, Access::Read)?;
            Ok(Served::Says(peer.tell(SHELF, &shelf, Access::Read).into_iter().collect()))
        };
        talk(SHELF, copy, wire, rng, serve)
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
                Err(error) => return Ok(Served::Refuses(error.code())),
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
                    return Ok(Served::Refuses(code));
                }
            }
            peer.absorb(ORDERS, &mut self.orders.clone(), *message, Access::Write)?;
            Ok(Served::Says(peer.tell(ORDERS, &self.orders, Access::Write).into_iter().collect()))
        };
        talk(ORDERS, copy, wire, rng, serve)
    }

    fn write(
        &mut self,
        console: DeviceId,
        changes: Vec<automerge::Change>,
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

/// What a server does with a frame.
enum Served {
    /// It answers.
    Says(Vec<Vec<u8>>),
    /// It refuses what came, by this code.
    Refuses(&'static str),
}

/// Lets both ends say what they have to say, until neither has anything, or the wire breaks.
fn talk(
    id: DocumentId,
    copy: &mut Document,
    wire: Wire,
    rng: &mut StdRng,
    mut serve: impl FnMut(&mut Peer, &[u8]) -> anyhow::Result<Served>,
) -> anyhow::Result<Talk> {
    let name = |name: &str| PeerName::new(name).context("a name that is none");
    let (mut device, join) = Peer::initiate(name("device")?);
    let mut server = Peer::accept(name("server")?, "storage".to_owned());
    if let Heard::Greeted(Some(answer)) = server.hear(&join)? {
        device.hear(&answer)?;
    }
    let access = Access::Write;
    let mut up: Vec<Vec<u8>> = device.tell(id, copy, access).into_iter().collect();
    let mut down: Vec<Vec<u8>> = Vec::new();
    let mut frames = 0;
    while !(up.is_empty() && down.is_empty()) {
        for frame in bent(std::mem::take(&mut up), wire, rng) {
            frames += 1;
            if frames > wire.breaks_after {
                return Ok(Talk::Broken);
            }
            match serve(&mut server, &frame)? {
                Served::Says(answers) => down.extend(answers),
                Served::Refuses(code) => down.extend(server.refuse(code)),
            }
        }
        for frame in bent(std::mem::take(&mut down), wire, rng) {
            frames += 1;
            if frames > wire.breaks_after {
                return Ok(Talk::Broken);
            }
            match device.hear(&frame)? {
                Heard::Message { message, .. } => {
                    device.absorb(id, copy, *message, access)?;
                    up.extend(device.tell(id, copy, access));
                }
                Heard::Refused(code) => return Ok(Talk::Refused(code)),
                Heard::Unavailable(_) | Heard::Nothing | Heard::Greeted(_) | Heard::Left => {}
            }
        }
        anyhow::ensure!(frames < 400, "the two never stop talking");
    }
    Ok(Talk::Done)
}

/// A network that doubles a frame now and then, or brings two in the other order.
fn bent(mut frames: Vec<Vec<u8>>, wire: Wire, rng: &mut StdRng) -> Vec<Vec<u8>> {
    if wire.bends > 0 && !frames.is_empty() && rng.random_range(0..1_000) < wire.bends {
        let last = frames.len() - 1;
        if last > 0 && rng.random() {
            frames.swap(0, last);
        } else {
            frames.push(frames[last].clone());
        }
    }
    frames
}
