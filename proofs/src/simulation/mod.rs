//! The simulation: practices and devices over weeks of virtual time, everything from one seed.
//!
//! A seed is a schedule, and the same schedule every time. Devices are `sync-core`'s companion and
//! console, connections its `sync::Peer`, the server [`crate::clinic`] around its vet, fold, gate,
//! batches, denials and receipts. The network loses, doubles, delays and reorders. Devices and
//! server die at every boundary and return to their last durable state. The server is restored from
//! older backups, with its ledger or without; clocks are wrong; a phone comes back after a year.
//! After every step the truth ([`crate::truth`]) judges. ES256 is real in every schedule, HPKE in
//! one of sixteen.
//!
//! In [`schedule`] everything goes wrong, in [`patience`] only the network.

pub mod binder;
pub mod case;
pub mod patience;
pub mod schedule;
pub mod talk;

use std::{
    fmt,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// What happened in schedules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Happened {
    /// How many there were.
    pub schedules: usize,
    /// Practices in them.
    pub practices: usize,
    /// Devices in them.
    pub devices: usize,
    /// Things that happened.
    pub steps: usize,
    /// Leases that the servers knew of at the end.
    pub leases: usize,
    /// Minutes that were played.
    pub plays: usize,
    /// Phones that wiped something.
    pub wiped: usize,
    /// Clips that a person removed from a phone.
    pub put_away: usize,
    /// Letters that a person wrote.
    pub letters: usize,
    /// Deaths of a server between its ledger and its commit.
    pub server_deaths: usize,
    /// Restores of a server.
    pub restores: usize,
}

/// Which kind of schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything goes wrong.
    Schedule,
    /// Only the network does, for months.
    Patience,
}

/// A schedule in which a rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which kind.
    pub kind: Kind,
    /// Its seed.
    pub seed: u64,
    /// The rule.
    pub rule: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patience = if self.kind == Kind::Patience { " --patience" } else { "" };
        let Self { seed, rule, .. } = self;
        write!(f, "seed {seed}: {rule}\n  again: cargo xtask simulate --seed {seed}{patience}")
    }
}

/// Runs one schedule.
///
/// # Errors
/// The rule that was broken; a panic is one, too.
pub fn run(kind: Kind, seed: u64) -> Result<Happened, Failure> {
    let work = || match kind {
        Kind::Schedule => schedule::run(seed),
        Kind::Patience => patience::run(seed),
    };
    let failure = |rule: String| Failure { kind, seed, rule };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(happened)) => Ok(happened),
        Ok(Err(error)) => Err(failure(format!("{error:#}"))),
        Err(_) => Err(failure("a panic, told above".to_owned())),
    }
}

/// Runs schedules on every core, up to the first that breaks a rule.
///
/// # Errors
/// The failure with the smallest seed that was found.
pub fn run_all(kind: Kind, seeds: Range<u64>) -> Result<Happened, Failure> {
    let next = AtomicU64::new(seeds.start);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut happened = Happened::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(happened);
            }
            match run(kind, seed) {
                Ok(more) => happened.add(more),
                Err(failure) => {
                    // Nobody begins another.
                    next.store(seeds.end, Ordering::Relaxed);
                    return Err(failure);
                }
            }
        }
    };
    let results: Vec<Result<Happened, Failure>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let lost = || Failure { kind, seed: seeds.start, rule: "a thread was lost".to_owned() };
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(lost()))).collect()
    });
    let mut happened = Happened::default();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(more) => happened.add(more),
            Err(failure) => failures.push(failure),
        }
    }
    failures.sort_by_key(|failure| failure.seed);
    failures.into_iter().next().map_or(Ok(happened), Err)
}

impl Happened {
    fn add(&mut self, more: Self) {
        self.schedules += more.schedules;
        self.practices += more.practices;
        self.devices += more.devices;
        self.steps += more.steps;
        self.leases += more.leases;
        self.plays += more.plays;
        self.wiped += more.wiped;
        self.put_away += more.put_away;
        self.letters += more.letters;
        self.server_deaths += more.server_deaths;
        self.restores += more.restores;
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schedules,
            practices,
            devices,
            steps,
            leases,
            plays,
            wiped,
            put_away,
            letters,
            server_deaths,
            restores,
        } = self;
        write!(
            f,
            "{schedules} schedules: {practices} practices, {devices} devices, {steps} steps, {leases} leases, \
             {plays} minutes played, {wiped} phones wiped something, {put_away} clips removed by a person, {letters} letters written, {server_deaths} deaths and {restores} restores of \
             a server"
        )
    }
}
