//! A running server looks at these again and again: its place on the database, room on its disks, the object store.

use std::sync::atomic::Ordering;

use super::{App, StartError};
use crate::{domain::jobs::marks::Leave, ground::Ground, nouns::hindrances::Hindrance, store::StoreError};

impl App {
    /// Takes this server's place on the database again, where the connection for that was lost.
    ///
    /// # Errors
    /// When another server has its name now, or the database cannot be reached.
    pub async fn keep_place(&self) -> Result<(), StoreError> {
        match &mut *self.presence.lock().await {
            Some(presence) => presence.keep().await,
            None => Ok(()),
        }
    }

    /// Looks whether restrictions find room, and makes room for them again where it was used up.
    pub async fn watch_room(&self) {
        self.disks.look(&self.ground.hindrances);
        if !self.ground.hindrances.has(Hindrance::Ledger) {
            return;
        }
        // Only a line that was written shows that lines can be written again.
        if self.ledger.keep_room().await.is_ok() {
            let _ = self.leave_mark(Leave::Always).await;
        }
    }

    /// Proves the object store before anything is served. One that is away is waited for while the server runs.
    ///
    /// # Errors
    /// What it does not do, and will not do later either.
    pub async fn prove_objects(&self) -> Result<(), StartError> {
        let proof = self.ground.objects.prove(&self.ground.entropy).await;
        self.objects_are_proved.store(proof.is_ok(), Ordering::Relaxed);
        self.ground.hindrances.note(Hindrance::Objects, proof.is_err());
        match proof {
            Err(error) if error.may_pass() => {
                tracing::error!(%error, "the object store could not be proved");
                Ok(())
            }
            proof => Ok(proof?),
        }
    }

    /// Looks whether the object store answers, and proves it where that is still to be done.
    pub async fn watch_objects(&self) {
        let Ground { objects, entropy, hindrances, .. } = &self.ground;
        let found = if self.objects_are_proved.load(Ordering::Relaxed) {
            objects.look(entropy).await
        } else {
            let proof = objects.prove(entropy).await;
            self.objects_are_proved.store(proof.is_ok(), Ordering::Relaxed);
            proof
        };
        if let Err(error) = &found
            && !hindrances.has(Hindrance::Objects)
        {
            tracing::error!(%error, "objects");
        }
        hindrances.note(Hindrance::Objects, found.is_err());
    }
}
