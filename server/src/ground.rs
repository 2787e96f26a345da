//! The ground on which the domain stands: database, keys, objects, time and randomness. It knows nothing of the domain.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use sync_core::id::IncarnationId;
use tokio::sync::{Notify, watch};

use crate::{
    keys::Keys,
    nouns::{clock::Clock, entropy::Entropy, settings::Settings},
    objects::Objects,
    store::{Committer, Db, StoreError, Tx, Urgency},
};

/// What every piece of work needs. A clone is another handle to the same.
#[derive(Clone)]
pub struct Ground {
    /// The database, for reading.
    pub db: Db,
    /// The only way to write.
    pub committer: Committer,
    /// What is taken as now.
    pub clock: Clock,
    /// Where random bytes come from.
    pub entropy: Entropy,
    /// All keys.
    pub keys: Keys,
    /// Where ciphertext lies.
    pub objects: Objects,
    /// Limits and addresses.
    pub settings: Arc<Settings>,
    /// Wakes workers.
    pub bell: Bell,
    /// Which life of the database this is, as of the last comparison with the ledger.
    incarnation: watch::Receiver<IncarnationId>,
    heavy: Arc<Mutex<()>>,
}

impl Ground {
    #[allow(clippy::too_many_arguments, reason = "each is another thing, and it is made in one place")]
    pub(crate) fn new(
        db: Db,
        committer: Committer,
        clock: Clock,
        entropy: Entropy,
        keys: Keys,
        objects: Objects,
        settings: Settings,
        incarnation: watch::Receiver<IncarnationId>,
    ) -> Self {
        let (settings, bell, heavy) = (Arc::new(settings), Bell::default(), Arc::default());
        Self { db, committer, clock, entropy, keys, objects, settings, bell, incarnation, heavy }
    }

    /// Commits work that needs the ground, too.
    ///
    /// # Errors
    /// As [`Committer::commit`].
    pub async fn commit<T, E, F>(&self, urgency: Urgency, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t Self, &'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let ground = self.clone();
        self.committer.commit(urgency, move |tx| Box::pin(async move { work(&ground, tx).await })).await
    }

    /// The turn of heavy work, on a thread that may block: documents that have grown must not take every core and much
    /// memory at once.
    #[must_use]
    pub fn heavy(&self) -> Arc<Mutex<()>> {
        Arc::clone(&self.heavy)
    }

    /// Which life of the database this is: goes into every lease and denial. Where it must not be late, read
    /// `store::incarnations::current` in the transaction.
    #[must_use]
    pub fn incarnation(&self) -> IncarnationId {
        *self.incarnation.borrow()
    }

    /// Tells of new incarnations from now on: what a peer knows of the old one must begin afresh.
    #[must_use]
    pub fn incarnations(&self) -> watch::Receiver<IncarnationId> {
        let mut incarnations = self.incarnation.clone();
        // A clone has not seen what its original has not seen, and would tell of the present one at once.
        incarnations.mark_unchanged();
        incarnations
    }
}

/// Wakes workers after a commit. Without it they look every few seconds.
#[derive(Clone, Default)]
pub struct Bell {
    work: Arc<Notify>,
    wake_ups: Arc<Notify>,
}

impl Bell {
    /// A decision has left work.
    pub fn ring_for_work(&self) {
        self.work.notify_one();
    }

    /// A wake-up can be sent.
    pub fn ring_for_wake_ups(&self) {
        self.wake_ups.notify_one();
    }

    /// Waits for work.
    pub async fn work(&self) {
        self.work.notified().await;
    }

    /// Waits for a wake-up.
    pub async fn wake_ups(&self) {
        self.wake_ups.notified().await;
    }
}
