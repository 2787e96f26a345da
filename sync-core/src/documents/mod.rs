//! The automerge documents of a client, as typed views: transport for facts, never the place where they are judged.
//!
//! Orders, journal and casebook share one shape: a root that the server made, `{ v: 1, entries: Map }`, in which every
//! fact is one key that is written once. The journal also holds `plays`. The shelf is a projection that only the server
//! writes, in plain maps that any automerge reader understands. Each root says its format version; one of a newer
//! version rests as a whole. A document that has grown with the years gets a [`successor`].

pub(crate) mod casebook;
pub(crate) mod entries;
mod id;
pub(crate) mod journal;
mod plays;
mod projection;
mod shelf;
mod successor;
mod values;
mod version;

use automerge::{ActorId, AutomergeError, ObjType, ROOT, transaction::Transactable};
use strum::{IntoStaticStr, VariantArray};

pub use automerge::Automerge as Document;
pub use casebook::{MAX_NOTE_BYTES, Note, NoteError, Observation, ObservationKind, Words};
pub use entries::{append, entries, entries_object};
pub use id::DocumentId;
pub use journal::{Letter, LetterError};
pub use plays::{PartOfDay, PlayKey, Plays, plays, plays_object, record_plays};
pub use projection::{Look, project};
pub use shelf::{Shelf, ShelfItem, ShelfState};
pub use successor::{copy_plays, late_plays, succeeding, successor};
pub use values::{Loaded, Values, bytes_copied, load, operations};
pub use version::{OpenError, VERSION, open, readable};

/// Which of a client's documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// What therapists want.
    Orders,
    /// What the client may see of it.
    Shelf,
    /// The client's letters, and plays while they are shared.
    Journal,
    /// The therapists' words and observations. No client device ever receives it.
    Casebook,
}

/// Makes a document with its root maps, as the server does once for each client and kind.
///
/// Two devices that each made a root map would hide one another's entries, so nobody else does.
///
/// # Errors
/// [`AutomergeError`] if the transaction fails.
pub fn create(kind: Kind, actor: ActorId) -> Result<Document, AutomergeError> {
    let mut document = Document::new().with_actor(actor);
    document
        .transact::<_, _, AutomergeError>(|tx| {
            tx.put(ROOT, "v", VERSION)?;
            match kind {
                Kind::Shelf => {
                    tx.put_object(ROOT, "releases", ObjType::Map)?;
                }
                Kind::Orders | Kind::Casebook => {
                    tx.put_object(ROOT, "entries", ObjType::Map)?;
                }
                Kind::Journal => {
                    tx.put_object(ROOT, "entries", ObjType::Map)?;
                    tx.put_object(ROOT, "plays", ObjType::Map)?;
                }
            }
            Ok(())
        })
        .map_err(|failure| failure.error)?;
    Ok(document)
}

#[cfg(test)]
mod tests;
