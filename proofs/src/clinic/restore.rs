//! After a crash or a restore: the ledger is replayed before anything is served.

use sync_core::{
    instant::Instant,
    policy::{Recorded, is_narrowed},
};

use super::{Clinic, ConsentEvent, Database, Fault, Restriction};

impl Clinic {
    /// The server died and starts again on the same disk. The ledger may be ahead by what was not committed.
    pub fn restart(&mut self, now: Instant) {
        self.replay(now);
    }

    /// Goes back to a backup, in a new life. Where the ledger was lost too, or the backup is level with an older one that
    /// was, nothing plays until therapists confirm.
    pub fn restore(&mut self, backup: Database, ledger_lost: bool, now: Instant) {
        self.db = backup;
        self.lives += 1;
        if ledger_lost {
            self.ledger.clear();
            self.ledgers += 1;
        }
        if self.db.of_ledger != self.ledgers {
            self.db.of_ledger = self.ledgers;
            self.db.awaits_confirmation = true;
        }
        self.replay(now);
    }

    /// A therapist has looked at what is released.
    pub fn confirm_restore(&mut self, now: Instant) {
        self.db.awaits_confirmation = false;
        self.settle(now);
    }

    /// Enters a consent that ends in the place of an older one that ends later or never; says whether there was one.
    pub fn narrow(&mut self, event: ConsentEvent) -> bool {
        let said = self.said_by(event.participant, event.recording);
        let narrows = event.valid_until.is_some_and(|until| is_narrowed(said, event.at, until));
        if narrows {
            self.db.consents.push(event);
        }
        narrows
    }

    fn replay(&mut self, now: Instant) {
        if self.has(Fault::LedgerNotReplayed) {
            self.settle(now);
            return;
        }
        for line in self.ledger.clone() {
            match line {
                Restriction::Entry(id, bytes) => {
                    self.db.entries.entry(id).or_insert(bytes);
                }
                Restriction::Elsewhere(id, on) => {
                    self.db.taken_back.insert(id, on);
                }
                Restriction::Made(..) if self.has(Fault::MadeForgotten) => {}
                Restriction::Made(release, at) => {
                    let known = self.db.releases.entry(release);
                    let known = known.or_insert(Recorded { made_at: at, ended_at: None });
                    known.made_at = known.made_at.min(at);
                }
                Restriction::Withdrawal(event) => {
                    if !self.db.consents.contains(&event) {
                        self.db.consents.push(event);
                    }
                }
                Restriction::ConsentEnd(event) => {
                    self.narrow(event);
                }
                Restriction::Unpair(device, at) => {
                    if let Some(device) = self.db.devices.get_mut(&device) {
                        device.removed_at.get_or_insert(at);
                    }
                }
                Restriction::Destroy(clip, at) => {
                    if let Some(clip) = self.db.clips.get_mut(&clip) {
                        clip.key = None;
                        clip.destroyed_at.get_or_insert(at);
                    }
                }
            }
        }
        self.settle(now);
    }
}
