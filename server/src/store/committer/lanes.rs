//! The lanes of waiting work: its payers, and their order.
//!
//! There are three lanes: restrictions by staff, restrictions by phones, and grants. Staff go first,
//! but starve no lane: after [`STAFF_IN_A_ROW`] pieces the others have a turn.
//!
//! Within a lane, payers take turns ([`crate::turns`]), and a full queue refuses its payer alone.

use std::{collections::VecDeque, time::Duration};

use super::job::{Job, Turn};
use crate::turns::{Lane, Payer};

/// How many pieces the lane of staff has in a row while others wait.
const STAFF_IN_A_ROW: u32 = 4;

/// The waiting work.
#[derive(Default)]
pub(super) struct Lanes {
    /// Work that runs beside nothing else.
    alone: VecDeque<Box<dyn Job>>,
    staff: Lane<Box<dyn Job>>,
    phones: Lane<Box<dyn Job>>,
    grants: Lane<Box<dyn Job>>,
    /// How many pieces of staff have gone in a row.
    in_a_row: u32,
    /// Whether grants go before phones the next time: the two take turns.
    grants_next: bool,
}

impl Lanes {
    /// Lets work wait; gives it back if its payer has as much waiting as may be.
    pub(super) fn push(&mut self, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
        match self.of(job.turn(), job.payer()) {
            Some(lane) => lane.push(job.payer(), job),
            None => {
                self.alone.push_back(job);
                Ok(())
            }
        }
    }

    /// The work that goes next.
    pub(super) fn pop(&mut self) -> Option<Box<dyn Job>> {
        self.alone.pop_front().or_else(|| self.pop_shared())
    }

    /// The work that goes next, if it may share a transaction.
    pub(super) fn pop_shared(&mut self) -> Option<Box<dyn Job>> {
        // What must run alone is not put off for ever by what comes after it.
        if !self.alone.is_empty() {
            return None;
        }
        if self.in_a_row < STAFF_IN_A_ROW
            && let Some(job) = self.pop_staff()
        {
            self.in_a_row += 1;
            return Some(job);
        }
        self.in_a_row = 0;
        self.pop_others().or_else(|| self.pop_staff())
    }

    /// The next thing that staff take away.
    pub(super) fn pop_staff(&mut self) -> Option<Box<dyn Job>> {
        self.staff.pop().map(|(_, job)| job)
    }

    /// A piece of work is done, after so long: its payer may have the next one.
    pub(super) fn done(&mut self, turn: Turn, payer: Payer, took: Duration) {
        if let Some(lane) = self.of(turn, payer) {
            lane.done(payer, took);
        }
    }

    /// Whether nothing waits, not even behind work that is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.alone.is_empty() && [&self.staff, &self.phones, &self.grants].iter().all(|lane| lane.is_empty())
    }

    fn pop_others(&mut self) -> Option<Box<dyn Job>> {
        let job = if self.grants_next {
            self.grants.pop().or_else(|| self.phones.pop())
        } else {
            self.phones.pop().or_else(|| self.grants.pop())
        };
        self.grants_next = !self.grants_next;
        job.map(|(_, job)| job)
    }

    /// None for what runs alone.
    fn of(&mut self, turn: Turn, payer: Payer) -> Option<&mut Lane<Box<dyn Job>>> {
        match (turn, payer) {
            (Turn::Alone, _) => None,
            (Turn::Restriction, Payer::Staff(_) | Payer::Server) => Some(&mut self.staff),
            (Turn::Restriction, _) => Some(&mut self.phones),
            (Turn::Grant, _) => Some(&mut self.grants),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use sync_core::id::{ClientId, StaffId};

    use super::*;
    use crate::store::{StoreError, Tx};

    const LONG: Duration = Duration::from_secs(1);

    struct Slip(Turn, Payer, usize);

    impl Job for Slip {
        fn turn(&self) -> Turn {
            self.0
        }
        fn payer(&self) -> Payer {
            self.1
        }
        fn run<'t>(&'t mut self, _: &'t mut Tx) -> BoxFuture<'t, bool> {
            Box::pin(std::future::ready(true))
        }
        fn fail(&mut self, _: StoreError) {}
        fn answer(self: Box<Self>) {}
        fn number(&self) -> usize {
            self.2
        }
    }

    fn client(n: u8) -> Payer {
        Payer::Client(ClientId::from_bytes([n; 16]))
    }

    fn staff(n: u8) -> Payer {
        Payer::Staff(StaffId::from_bytes([n; 16]))
    }

    fn push(lanes: &mut Lanes, turn: Turn, payer: Payer, number: usize) -> bool {
        lanes.push(Box::new(Slip(turn, payer, number))).is_ok()
    }

    /// Does the next piece of work, which takes so long.
    fn serve(lanes: &mut Lanes, took: Duration) -> Option<usize> {
        let job = lanes.pop()?;
        lanes.done(job.turn(), job.payer(), took);
        Some(job.number())
    }

    fn order(lanes: &mut Lanes) -> Vec<usize> {
        std::iter::from_fn(|| serve(lanes, LONG)).collect()
    }

    #[test]
    fn a_full_queue_refuses_its_payer_alone() {
        let mut lanes = Lanes::default();
        for turn in [Turn::Restriction, Turn::Grant] {
            for payer in [client(1), staff(1)] {
                while push(&mut lanes, turn, payer, 0) {}
            }
            assert!(push(&mut lanes, turn, client(2), 0));
            assert!(push(&mut lanes, turn, staff(2), 0));
        }
    }

    #[test]
    fn staff_go_first_and_starve_no_lane() {
        let mut lanes = Lanes::default();
        for number in 0..3 {
            push(&mut lanes, Turn::Grant, client(1), 200 + number);
            push(&mut lanes, Turn::Restriction, client(2), 100 + number);
        }
        for number in 0..9 {
            push(&mut lanes, Turn::Restriction, staff(1), number);
        }
        push(&mut lanes, Turn::Restriction, staff(2), 50);
        assert_eq!(order(&mut lanes), [0, 50, 1, 2, 100, 3, 4, 5, 6, 200, 7, 8, 101, 201, 102, 202]);
    }

    #[test]
    fn work_that_runs_alone_shares_no_transaction() {
        let mut lanes = Lanes::default();
        push(&mut lanes, Turn::Restriction, staff(1), 1);
        push(&mut lanes, Turn::Alone, Payer::Server, 9);
        assert!(
            lanes.pop_shared().is_none(),
            "what came before it waits, so that it is not put off for ever"
        );
        assert_eq!(order(&mut lanes), [9, 1]);
    }
}
