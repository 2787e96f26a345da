//! One document in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Change, ReadDoc};
use sync_core::{
    authority::{Actors, Denied},
    documents::{Document, DocumentId, Values},
};

/// One document.
#[derive(Clone)]
pub struct Sheet {
    /// Its id.
    pub id: DocumentId,
    /// The document, with a random actor of this server's for this load: a reused one would break every peer that is
    /// ahead after a restore.
    pub document: Document,
    /// Whose each actor is.
    pub actors: Actors,
    /// How the document's values lie in memory.
    pub values: Values,
    /// About how many bytes are stored of it.
    pub bytes: usize,
    /// What was committed since the snapshot.
    pub since_snapshot: Since,
}

/// How much was committed since a document was stored whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Since {
    /// Changes.
    pub changes: usize,
    /// Their operations.
    pub ops: u64,
}

impl Sheet {
    /// The document under a fresh actor of this server's.
    #[must_use]
    pub fn with_actor(mut document: Document, id: DocumentId, actors: Actors, actor: [u8; 16]) -> Self {
        document.set_actor(ActorId::from(actor.as_slice()));
        Self { id, document, actors, values: Values::Together, bytes: 0, since_snapshot: Since::default() }
    }

    /// Applies changes, or says no more than that it cannot be done: automerge's code is not ours, and may panic.
    ///
    /// # Errors
    /// [`Denied::BadDocument`].
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), Denied> {
        let applied = catch_unwind(AssertUnwindSafe(|| self.values.apply(&mut self.document, changes)));
        if matches!(applied, Ok(Ok(()))) && self.document.get_missing_deps(&[]).is_empty() {
            Ok(())
        } else {
            Err(Denied::BadDocument)
        }
    }
}
