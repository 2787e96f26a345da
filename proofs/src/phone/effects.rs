//! How a platform carries out effects, and what it sees of itself while it does.

use sync_core::{
    cbor::Map,
    device::Effect,
    id::{ReceiptId, ReleaseId},
};

use super::{DiesAfter, Fault, Lives, Phone, Question};
use crate::cast::sixteen;

impl Phone {
    /// Carries out effects and what follows from them, in their order, until the process dies.
    pub(super) fn perform(&mut self, effects: Vec<Effect>, dies_after: DiesAfter) -> anyhow::Result<Lives> {
        let mut left = dies_after;
        let mut queue: Vec<Effect> = effects.into_iter().rev().collect();
        while let Some(effect) = queue.pop() {
            if left == Some(0) {
                self.restart(None)?;
                return Ok(Lives::No);
            }
            left = left.map(|left| left - 1);
            let more = self.one(effect);
            queue.extend(more.into_iter().rev());
        }
        Ok(Lives::Yes)
    }

    fn one(&mut self, effect: Effect) -> Vec<Effect> {
        let reading = self.reading();
        match effect {
            Effect::Save => {
                self.disk.saved = self.machine.save();
                self.machine.saved();
                Vec::new()
            }
            Effect::Ask { nonce, step, holding, removed, denials } => {
                self.out.question =
                    Some(Question { nonce, step, holding, removed, denials, ..Question::default() });
                Vec::new()
            }
            Effect::OpenBatch { enc, info, items } => {
                self.opening = Some((enc, info, items));
                Vec::new()
            }
            Effect::Fetch(release) => {
                self.out.fetches.insert(release);
                Vec::new()
            }
            Effect::Discard(release) => {
                self.disk.files.remove(&release);
                Vec::new()
            }
            Effect::ReadBack(release) => {
                let plays = self.disk.keys.contains_key(&release) && self.disk.files.contains(&release);
                let id = self.receipt_id();
                self.machine.read_back(release, plays, id, reading)
            }
            Effect::EraseKey(release) => {
                self.disk.keys.remove(&release);
                Vec::new()
            }
            Effect::Erase(release) => {
                let id = self.receipt_id();
                if self.fault == Some(Fault::ReceiptFirst) {
                    let more = self.machine.erased(release, id, reading);
                    return more;
                }
                self.disk.keys.remove(&release);
                self.disk.files.remove(&release);
                self.machine.erased(release, id, reading)
            }
            Effect::Sign { n, message } => {
                let more = self.machine.signed(n, self.keys.sign(&message));
                self.look_at_receipts();
                more
            }
            Effect::SendReceipts => {
                self.out.receipts = true;
                Vec::new()
            }
        }
    }

    /// A receipt that says that a clip is gone must find neither key nor ciphertext of that lease.
    fn look_at_receipts(&mut self) {
        for receipt in self.machine.receipts() {
            let Ok(mut body) = Map::read(&receipt.body) else { continue };
            let (Ok(kind), Ok(release), Ok(generation)) =
                (body.text("kind"), body.id::<ReleaseId>("rel"), body.integer::<u64>("gen"))
            else {
                continue;
            };
            if kind != "wiped" && kind != "lapsed" {
                continue;
            }
            let gone = self.witness.gone.entry(release).or_insert(0);
            *gone = (*gone).max(generation);
            let key = self.disk.keys.get(&release).is_some_and(|of| *of <= generation);
            let file = self.disk.files.contains(&release) && self.machine.held(release).is_none();
            if key || file {
                self.broken("I7: a receipt says that a clip is gone, and it is not");
            }
        }
    }

    fn receipt_id(&mut self) -> ReceiptId {
        self.receipts += 1;
        ReceiptId::from_bytes(sixteen("receipt", &[self.device.as_bytes(), &self.receipts.to_be_bytes()]))
    }
}
