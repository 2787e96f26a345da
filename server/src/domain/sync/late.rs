//! Changes from a device for a document that a successor has replaced.
//!
//! The device may have been away for years, and may have written letters there that must arrive. So
//! its changes are taken like any: vetted by the old document, which keeps them, and in the same
//! transaction entered by id into the successor. Both sync until they are level, so that the device
//! hears that its changes are durable: a stock client waits for nothing else. Then it is told that
//! the document is not to be had. It asks for the list, goes on with the successor, and finds its
//! own entries there by id. A device that brings nothing is told the latter at once, and nothing of
//! the old document is read out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sync_core::{
    documents::{DocumentId, Kind},
    id::{ClientId, PracticeId},
    sync::{Access, ProtocolError},
};

use super::{Close, Connection, has_written, writing::Target};
use crate::domain::documents::{self, sheet::Sheet};

impl Connection {
    /// Takes a message about an old document that its device may write.
    pub(super) async fn late(
        &mut self,
        document: DocumentId,
        (client, kind): (ClientId, Kind),
        mut message: automerge::sync::Message,
    ) -> Result<Vec<Vec<u8>>, Close> {
        let binder = self.binders.of(client).await.map_err(|_| Close::Retry)?;
        let old = self.predecessor((binder.practice, client), document).await?;
        // A damaged one takes nothing: what the device has not been told to be durable it brings to the successor itself.
        let brings = |old: &Sheet| self.late.contains(&document) || has_written(&message, &old.document);
        let Some(mut old) = old.filter(brings) else {
            return Ok(self.peer.withhold(document).into_iter().collect());
        };
        self.late.insert(document);
        let mut out = Vec::new();
        let refused = match self.changes_of(document, &old.document, &mut message) {
            Err(code) => Some(code),
            Ok(changes) if changes.is_empty() => None,
            Ok(changes) => {
                let refused = self.write(&binder, Target::Succeeded(document), kind, changes).await?;
                old = self.predecessor((binder.practice, client), document).await?.ok_or(Close::Retry)?;
                refused
            }
        };
        if let Some(code) = refused {
            self.late.remove(&document);
            out.extend(self.peer.refuse(code));
            out.extend(self.peer.withhold(document));
            return Ok(out);
        }
        let peer = &mut self.peer;
        let mut copy = old.document.clone();
        let absorbed =
            catch_unwind(AssertUnwindSafe(|| peer.absorb(document, &mut copy, message, Access::Write)));
        absorbed.unwrap_or(Err(ProtocolError::Message)).map_err(Close::Protocol)?;
        out.extend(self.peer.tell(document, &old.document, Access::Write));
        if self.peer.is_level(document, &old.document) {
            self.late.remove(&document);
            out.extend(self.peer.withhold(document));
        }
        Ok(out)
    }

    async fn predecessor(
        &self,
        (practice, client): (PracticeId, ClientId),
        document: DocumentId,
    ) -> Result<Option<Sheet>, Close> {
        let mut tx = self.binders.ground.db.read().await.map_err(|_| Close::Retry)?;
        let read = documents::read_predecessor(&self.binders.ground, &mut tx, practice, document).await;
        drop(tx);
        match read.map_err(|_| Close::Retry)? {
            Some(packed) => packed.open(&self.binders.ground, client).await.map_err(|_| Close::Retry),
            None => Ok(None),
        }
    }
}
