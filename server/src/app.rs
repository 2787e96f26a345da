//! The app: everything that a request needs, opened once.

mod watching;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use sync_core::{id::IncarnationId, instant::Instant};
use thiserror::Error;
use tokio::sync::{Mutex, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    disks::Disks,
    domain::{
        callers::{set_up::SetUp, waits::Waits},
        clips::upload_budget::UploadBudget,
        credentials::password::{HashFailed, Passwords},
        documents::binder::Binders,
        jobs::{
            beginning::{self, NotHere, Said},
            filling,
            marks::{self, Leave},
            restore::{self, Checked, Verdict, When},
        },
        leases::rotations,
        people::push_subscriptions,
        records::failed_tries,
    },
    ground::Ground,
    keys::{self, KeyError, Keys, MasterKey, PushKey},
    ledger::{Ledger, LedgerError, Mark},
    nouns::{
        clock::Clock,
        entropy::Entropy,
        hindrances::{Hindrance, Hindrances},
        settings::Settings,
    },
    objects::{ObjectError, Objects},
    push::{Push, sender::NoClient},
    store::{
        Committer, Db, StoreError, Urgency, audit,
        committer::{Destination, Doubt},
        ledger_positions, practices,
        presence::Presence,
    },
    turns::Door,
};

/// What the configuration says.
pub struct AppSettings {
    /// `sqlite://path` or `postgres://…`.
    pub database_url: String,
    /// Which of the servers on this database this is: one ledger file each. `main` where there is one.
    pub server: String,
    /// The ledger file, on another disk than the database where possible, and in another backup always.
    pub ledger_path: PathBuf,
    /// The folder of `master.key`, `vapid.key` and the authorities' keys.
    pub key_dir: PathBuf,
    /// The master key, where it does not come from the key directory.
    pub master_key: Option<MasterKey>,
    /// A folder, `file:///…` or `s3://bucket/prefix`.
    pub objects_url: String,
    /// What is taken as now.
    pub clock: Clock,
    /// Where random bytes come from.
    pub entropy: Entropy,
    /// Limits and addresses.
    pub settings: Settings,
    /// What the operator says about this start.
    pub said: Said,
}

/// Why the server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The server may not begin here.
    #[error("{0}")]
    NotHere(#[from] NotHere),
    /// The ledger cannot be opened.
    #[error("the ledger (ledger.path) cannot be opened: {0}")]
    Ledger(#[from] LedgerError),
    /// The keys cannot be opened, or are not those that the database was sealed with.
    #[error("the keys (keys.dir) cannot be opened: {0}")]
    Keys(#[from] KeyError),
    /// The objects cannot be opened.
    #[error("{0}")]
    Objects(#[from] ObjectError),
    /// Passwords cannot be hashed with so much memory.
    #[error("passwords.memory_mib: no hash can be made with it")]
    Passwords(#[from] HashFailed),
    /// Pushes cannot be sent.
    #[error(transparent)]
    Push(#[from] NoClient),
}

/// A running server without its sockets. Only `http`, `workers`, `serve` and `cli` see it whole.
pub struct App {
    /// Database, keys, objects, time and randomness.
    pub ground: Ground,
    /// Clients' documents, in memory as last committed.
    pub binders: Binders,
    /// Whether the database may not have what the ledger has.
    pub doubt: Doubt,
    /// Checks passwords, a few at a time.
    pub passwords: Passwords,
    /// How long networks wait after failed sign-ins.
    pub waits: Waits,
    /// Bounds what uploads hold in memory.
    pub upload_budget: UploadBudget,
    /// Set-up in the browser, while there is no practice.
    pub set_up: SetUp,
    /// Sends pushes.
    pub push: Push,
    /// What callers with tokens pass first.
    pub door: Arc<Door>,
    /// Cancelled when the server stops: each socket is closed with a reason then.
    pub stop: CancellationToken,
    /// Every open socket: a stop ends when they have been told.
    pub sockets: TaskTracker,
    ledger: Ledger,
    server: String,
    incarnation: watch::Sender<IncarnationId>,
    disks: Disks,
    objects_are_proved: AtomicBool,
    /// Its place among the servers on the database, until it is closed.
    presence: Mutex<Option<Presence>>,
}

impl App {
    /// Opens everything, and makes the database level with the ledger before anything can be served.
    ///
    /// # Errors
    /// When anything is missing, unreadable, or does not belong together.
    pub async fn open(settings: AppSettings) -> Result<Arc<Self>, StartError> {
        let AppSettings {
            database_url,
            server,
            ledger_path,
            key_dir,
            master_key,
            objects_url,
            clock,
            entropy,
            settings,
            said,
        } = settings;
        let passwords = Passwords::new(&entropy, settings.password_memory_kib)?;
        let (upload_budget, push) = (UploadBudget::new(settings.clip_bytes), Push::new(&settings)?);
        let objects = Objects::open(&objects_url)?;
        let disks = Disks::of(&database_url, &ledger_path, &objects_url);
        let db = Db::open(&database_url).await?;
        let presence = Presence::take(&db, &server).await?;
        let has_keys_of_a_practice = keys::has_practice(&key_dir)?;
        let keys = open_keys(&db, &key_dir, master_key, said, &clock, &entropy).await?;
        let hindrances = Hindrances::default();
        // Before a ledger is made where there is none.
        if !ledger_path.exists() {
            let mut tx = db.read().await?;
            beginning::check(&mut tx, &server, None, said, has_keys_of_a_practice).await?;
        }
        let ledger = Ledger::open(&ledger_path, clock.now(), &entropy, &hindrances)?;
        let mut tx = db.read().await?;
        beginning::check(&mut tx, &server, Some(ledger.end()), said, has_keys_of_a_practice).await?;
        let newest = audit::newest(&mut tx).await?.into_iter().fold(ledger.written_at(), Instant::max);
        let database = ledger_positions::look(&mut tx).await?.clock;
        hindrances.note(Hindrance::Clock, clock.begin(database, newest, said.clock_is_right));
        drop(tx);
        let doubt = Doubt::of(&hindrances);
        let committer = Committer::start(Destination {
            db: db.clone(),
            ledger: ledger.clone(),
            server: server.clone(),
            clock: clock.clone(),
            audit_key: keys.audit_key(),
            replay: |tx, lines| Box::pin(restore::replay(tx, lines)),
            doubt: doubt.clone(),
        });
        let incarnation = watch::Sender::new(IncarnationId::from_bytes([0; 16]));
        let life = incarnation.subscribe();
        let ground = Ground::new(db, committer, clock, entropy, keys, objects, settings, hindrances, life);
        let app = Self {
            binders: Binders::new(ground.clone()),
            ground,
            doubt,
            passwords,
            waits: Waits::default(),
            upload_budget,
            set_up: SetUp::default(),
            push,
            door: Arc::default(),
            stop: CancellationToken::new(),
            sockets: TaskTracker::new(),
            ledger,
            server,
            incarnation,
            disks,
            objects_are_proved: AtomicBool::new(false),
            presence: Mutex::new(Some(presence)),
        };
        app.compare(When::Start { new_ledger: said.new_ledger }).await?;
        let Ground { db, committer, keys, clock, .. } = &app.ground;
        rotations::level(db, committer, keys, clock.now()).await?;
        filling::run(&app.ground).await?;
        push_subscriptions::note_push_key(&app.ground, said.new_push_key).await?;
        Ok(Arc::new(app))
    }

    #[cfg(test)]
    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Compares ledger and database while the server runs, and leaves a new mark in both. Called every few minutes (the
    /// shorter the time, the less of a restore can pass for a crash) and at once when there is a doubt.
    ///
    /// # Errors
    /// When the ledger or the database fails.
    pub async fn tick(&self) -> Result<Verdict, StoreError> {
        self.compare(When::Running).await
    }

    async fn compare(&self, when: When) -> Result<Verdict, StoreError> {
        let (ledger, server, now) = (self.ledger.clone(), self.server.clone(), self.ground.clock.now());
        let entropy = self.ground.entropy.clone();
        // Before anything is committed to a database that may be another: its data keys may be others, too.
        self.ground.keys.forget_data_keys();
        let checked: Result<Checked, StoreError> = self
            .ground
            .committer
            .commit_alone(move |tx| {
                Box::pin(async move { restore::check(tx, &ledger, &server, when, now, &entropy).await })
            })
            .await;
        let Checked { verdict, incarnation } = checked?;
        if !matches!(verdict, Verdict::Level) {
            tracing::warn!(?verdict, "ledger and database differed");
            self.ground.bell.ring_for_work();
        }
        if self.incarnation.send_if_modified(|current| std::mem::replace(current, incarnation) != incarnation)
        {
            // Memory is of another life of the database: its versions may come again with other contents.
            for binder in self.binders.all_in_use() {
                binder.forget().await;
            }
        }
        // At a start it is most likely that the database was exchanged before, or will be.
        let leave = if matches!(when, When::Start { .. }) { Leave::Always } else { Leave::IfNews };
        match self.leave_mark(leave).await {
            // The ledger's disk is full: what has ended is told all the same, and no lease is given.
            Err(error)
                if matches!(when, When::Start { .. }) && self.ground.hindrances.has(Hindrance::Ledger) =>
            {
                tracing::error!(%error, "no mark was left at the start");
            }
            left => left?,
        }
        if let Some(presence) = &mut *self.presence.lock().await {
            presence.has_compared().await?;
        }
        Ok(verdict)
    }

    /// Finishes what is being committed, leaves a last mark, and gives up the ledger and the database.
    pub async fn close(&self) {
        self.set_up.close();
        if let Err(error) = failed_tries::run_once(&self.ground, true).await {
            tracing::warn!(%error, "the last minute's failed tries were not written");
        }
        if let Err(error) = self.leave_mark(Leave::IfNews).await {
            tracing::warn!(%error, "no last mark was left");
        }
        self.ground.committer.close().await;
        self.ledger.close();
        self.presence.lock().await.take();
        self.ground.db.close().await;
    }

    /// The database first, committed, and only then the ledger: so that a crash cannot look like a restore.
    async fn leave_mark(&self, leave: Leave) -> Result<(), StoreError> {
        let (ledger, now, entropy) =
            (self.ledger.clone(), self.ground.clock.now(), self.ground.entropy.clone());
        let mark: Result<Option<Mark>, StoreError> = self
            .ground
            .committer
            .commit(Urgency::Restriction, move |tx| {
                Box::pin(async move { marks::add(tx, &ledger, leave, now, &entropy).await })
            })
            .await;
        let Some(mark) = mark? else { return Ok(()) };
        self.ground
            .committer
            .commit(Urgency::Restriction, move |tx| {
                Box::pin(async move {
                    tx.mark(mark);
                    Ok(())
                })
            })
            .await
    }
}

/// Finds the master key and opens the key directory; makes both where nothing has been sealed yet.
async fn open_keys(
    db: &Db,
    dir: &Path,
    configured: Option<MasterKey>,
    said: Said,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<Keys, StartError> {
    let mut tx = db.read().await?;
    let practice = practices::find_first(&mut tx).await?;
    let found = configured.map_or_else(|| MasterKey::read(dir), Ok);
    let master = match found {
        // Never where something is sealed already: a new key would open none of it.
        Err(KeyError::Missing) if practice.is_none() => MasterKey::create(dir, entropy)?,
        found => found?,
    };
    let push_key =
        if practice.is_none() || said.new_push_key { PushKey::MayBeMade } else { PushKey::IsThere };
    let keys = Keys::open(dir, master, clock.clone(), entropy.clone(), push_key)?;
    if let Some(practice) = practice {
        // Another master key than the one that sealed the database is found out now, not at the first request.
        keys.practice(&mut tx, practice).await?;
    }
    Ok(keys)
}

#[cfg(test)]
mod tests;
