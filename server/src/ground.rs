//! The ground on which the domain stands: database, keys, objects, time and randomness. It knows nothing of the domain.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use sync_core::id::{ClientId, IncarnationId, StaffId};
use tokio::sync::{Notify, watch};

use crate::{
    keys::Keys,
    nouns::{
        clock::Clock, entropy::Entropy, failed_tries::FailedTries, hindrances::Hindrances,
        recently::Recently, settings::Settings,
    },
    objects::Objects,
    store::{Committer, Db, Order, StoreError, Tx},
    turns::{Once, Workbench},
};

/// Something that a member of staff was shown.
pub type Read = (StaffId, &'static str, Option<ClientId>, [u8; 16]);

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
    /// What keeps the server from deciding.
    pub hindrances: Hindrances,
    /// Wakes workers.
    pub bell: Bell,
    /// Counts what strangers try in vain.
    pub failed_tries: FailedTries,
    /// Which life of the database this is, as of the last comparison with the ledger.
    incarnation: watch::Receiver<IncarnationId>,
    /// Where documents that have grown are opened and written, a piece at a time.
    pub documents: Workbench,
    /// Where clips are sealed, one at a time: a few of the greatest would take every core.
    pub clips: Workbench,
    /// What staff were shown within the last hour: whom, what, of which client, which of its kind.
    pub read_lately: Arc<Recently<Read>>,
    /// Where the signatures of statements are checked, many at a time.
    pub signatures: Workbench,
    /// Where the one signature of a request is checked: it does not wait behind statements.
    pub proofs: Workbench,
    /// Which signed requests were taken lately.
    pub once: Arc<Once>,
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
        hindrances: Hindrances,
        incarnation: watch::Receiver<IncarnationId>,
    ) -> Self {
        let (settings, bell, failed_tries) = (Arc::new(settings), Bell::default(), FailedTries::default());
        let [documents, clips, signatures, proofs] = [(); 4].map(|()| Workbench::new(1));
        let (read_lately, once) = (Arc::default(), Arc::new(Once::new(clock.now())));
        Self {
            db,
            committer,
            clock,
            entropy,
            keys,
            objects,
            settings,
            hindrances,
            bell,
            failed_tries,
            incarnation,
            documents,
            clips,
            signatures,
            proofs,
            read_lately,
            once,
        }
    }

    /// Commits work that needs the ground, too.
    ///
    /// # Errors
    /// As [`Committer::commit`].
    pub async fn commit<T, E, F>(&self, order: impl Into<Order>, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t Self, &'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let ground = self.clone();
        self.committer.commit(order, move |tx| Box::pin(async move { work(&ground, tx).await })).await
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
    grown: Arc<Mutex<BTreeSet<ClientId>>>,
    wake_ups: Arc<Notify>,
}

impl Bell {
    /// A decision has left work.
    pub fn ring_for_work(&self) {
        self.work.notify_one();
    }

    /// A client's documents have become large.
    pub fn note_grown(&self, client: ClientId) {
        self.grown.lock().unwrap_or_else(PoisonError::into_inner).insert(client);
    }

    /// The clients whose documents have become large since this was asked last.
    #[must_use]
    pub fn grown(&self) -> BTreeSet<ClientId> {
        std::mem::take(&mut *self.grown.lock().unwrap_or_else(PoisonError::into_inner))
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
