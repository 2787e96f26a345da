//! Intake: entries, consents, withdrawals, removals, destructions, receipts.

use anyhow::{Context, ensure};
use sync_core::{
    id::{ClipId, DenialId, DeviceId, EntryId},
    instant::Instant,
    lease::{DenialKind, Receipt, Signed},
    orders::{Act, Entry},
    settlement::everywhere::wide,
};

use super::{Clinic, ConsentEvent, Fault, Restriction, StoredDenial};
use crate::cast::{device_keys, sixteen};

/// Nothing of a batch of entries was written: one of them names a clip that is not this client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl Clinic {
    /// Commits entries, all or none, and what follows from them.
    ///
    /// # Errors
    /// [`Refused`] when a release names what does not exist.
    pub fn enter(&mut self, new: &[(EntryId, Vec<u8>)], now: Instant) -> Result<(), Refused> {
        let before = self.orders();
        let mut clips = before.clips();
        let mut decoded = Vec::with_capacity(new.len());
        for (id, bytes) in new {
            let entry = Entry::decode(bytes).map_err(|_| Refused)?;
            if let Act::Release { clip, recording, .. } = &entry.act {
                let known = self.db.clips.get(clip).ok_or(Refused)?;
                if known.recording != *recording {
                    return Err(Refused);
                }
                clips.insert((*recording, *clip));
            }
            decoded.push((*id, entry, bytes));
        }
        self.bring(&before, &clips, now);
        for (id, entry, bytes) in decoded {
            if self.db.entries.contains_key(&id) {
                continue;
            }
            self.db.entries.insert(id, bytes.clone());
            self.db.decided_after = Some(self.db.batches);
            if let Some(on) = wide(&entry.act) {
                self.db.taken_back.insert(id, on);
            }
            if matches!(entry.act, Act::Hold { .. } | Act::Revoke { .. } | Act::Amend { .. }) {
                self.ledger.push(Restriction::Entry(id, bytes.clone()));
            }
        }
        self.settle(now);
        Ok(())
    }

    /// Enters a consent.
    pub fn consent(&mut self, event: ConsentEvent) {
        self.db.consents.push(event);
        if event.valid_until.is_some() {
            self.ledger.push(Restriction::ConsentEnd(event));
        }
    }

    /// Enters a withdrawal: one row, and every gate denies from now on. Telling the devices is the settlement's part,
    /// which comes later.
    pub fn withdraw(&mut self, event: ConsentEvent) {
        self.db.consents.push(event);
        self.ledger.push(Restriction::Withdrawal(event));
    }

    /// Destroys a clip: its key goes first.
    pub fn destroy(&mut self, clip: ClipId, now: Instant) {
        let keeps = self.has(Fault::KeyKept);
        if let Some(row) = self.db.clips.get_mut(&clip) {
            if !keeps {
                row.key = None;
            }
            row.destroyed_at.get_or_insert(now);
            self.ledger.push(Restriction::Destroy(clip, now));
        }
        self.settle(now);
    }

    /// Removes a device, and leaves a denial of everything for it.
    pub fn unpair(&mut self, device: DeviceId, now: Instant) {
        let Some(row) = self.db.devices.get_mut(&device) else { return };
        if row.removed_at.is_some() {
            return;
        }
        row.removed_at = Some(now);
        self.ledger.push(Restriction::Unpair(device, now));
        let newest = self.db.leases.iter().filter(|lease| lease.device == device);
        let upto_generation = newest.map(|lease| lease.generation).max().unwrap_or(0);
        self.db.denials.push(StoredDenial {
            id: DenialId::from_bytes(sixteen("unpaired", &[device.as_bytes()])),
            device,
            release: None,
            upto_generation,
            kind: DenialKind::Unpaired,
            at: now,
            told: false,
            done: false,
        });
    }

    /// Takes receipts, a removed device's too; gives the number of the last one taken.
    ///
    /// # Errors
    /// When one is not this device's own word, or says under a known number what was not said before: no device here is
    /// copied, so that is a violation.
    pub fn take_receipts(
        &mut self,
        device: DeviceId,
        receipts: &[Signed],
        now: Instant,
    ) -> anyhow::Result<u64> {
        let key = device_keys(device)?.verifying;
        let mut upto = 0;
        for signed in receipts {
            let receipt = Receipt::open(signed, &key).context("a receipt that its device did not sign")?;
            upto = upto.max(receipt.n);
            if let Some(known) = self.db.receipts.get(&(device, receipt.n)) {
                ensure!(*known == signed.body, "two receipts of one number: {receipt:?}");
                continue;
            }
            self.db.receipts.insert((device, receipt.n), signed.body.clone());
            if receipt.kind.is_gone() {
                let is_gone = |generation| generation <= receipt.generation;
                for lease in self.db.leases.iter_mut().filter(|lease| {
                    lease.device == device && lease.release == receipt.release && is_gone(lease.generation)
                }) {
                    lease.voided_at.get_or_insert(now);
                }
                for denial in self.db.denials.iter_mut().filter(|denial| {
                    denial.device == device
                        && denial.release == Some(receipt.release)
                        && is_gone(denial.upto_generation)
                }) {
                    denial.done = true;
                }
            }
        }
        Ok(upto)
    }
}
