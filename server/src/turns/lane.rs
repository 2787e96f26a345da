//! A lane: work waits, and payers take turns by the time that their work has taken.
//!
//! Each payer has a clock of its own, which the work of that payer moves on by the time that it
//! took. The payer whose clock shows the least goes next (start-time fair queueing, Goyal and
//! others, 1996). So a caller with one short piece of work goes before those that have kept the
//! server busy, however many they are. One payer has one piece of work under way.
//!
//! **A full queue refuses its payer alone.** Each payer has [`WAITING`] places.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use super::Payer;

/// How many pieces of work of one payer wait.
const WAITING: usize = 64;
/// How many payers without work are remembered before those who are level with the lane are forgotten.
const REMEMBERED: usize = 1_024;

/// Waiting work of many payers.
pub struct Lane<T> {
    /// The clock of the payer whose work went last.
    clock: Duration,
    /// Payers with work and none under way, by their clocks; of one clock, who came first goes first.
    turns: BTreeMap<(Duration, u64), Payer>,
    payers: HashMap<Payer, Account<T>>,
    came: u64,
}

/// What a lane knows of a payer.
struct Account<T> {
    clock: Duration,
    is_served: bool,
    waiting: VecDeque<T>,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { clock: Duration::ZERO, turns: BTreeMap::new(), payers: HashMap::new(), came: 0 }
    }
}

impl<T> Default for Account<T> {
    fn default() -> Self {
        Self { clock: Duration::ZERO, is_served: false, waiting: VecDeque::new() }
    }
}

impl<T> Lane<T> {
    /// Lets work wait.
    ///
    /// # Errors
    /// The work, if its payer has as much waiting as may be.
    pub fn push(&mut self, payer: Payer, work: T) -> Result<(), T> {
        if self.payers.len() >= REMEMBERED {
            let clock = self.clock;
            self.payers.retain(|_, account| {
                account.is_served || !account.waiting.is_empty() || account.clock > clock
            });
        }
        let account = self.payers.entry(payer).or_default();
        // What the server does for itself is bounded where it is done, and nobody could be told to come again.
        if account.waiting.len() >= WAITING && payer != Payer::Server {
            return Err(work);
        }
        account.waiting.push_back(work);
        if account.waiting.len() == 1 && !account.is_served {
            // Who has rested has saved nothing up.
            account.clock = account.clock.max(self.clock);
            self.take_turn(payer);
        }
        Ok(())
    }

    /// The work that goes next. Its payer has no other until [`Lane::done`].
    pub fn pop(&mut self) -> Option<(Payer, T)> {
        let ((clock, _), payer) = self.turns.pop_first()?;
        self.clock = self.clock.max(clock);
        let account = self.payers.get_mut(&payer)?;
        let work = account.waiting.pop_front()?;
        if payer == Payer::Server {
            // Its workers do different things, which do not wait for one another.
            self.take_turn(payer);
        } else {
            account.is_served = true;
        }
        Some((payer, work))
    }

    /// A payer's work is done, after so long: the next one may have its turn.
    pub fn done(&mut self, payer: Payer, took: Duration) {
        if let Some(account) = self.payers.get_mut(&payer)
            && account.is_served
        {
            account.is_served = false;
            account.clock += took;
            self.take_turn(payer);
        }
    }

    /// Whether nothing waits, not even behind work that is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payers.values().all(|account| account.waiting.is_empty())
    }

    fn take_turn(&mut self, payer: Payer) {
        let Some(account) = self.payers.get(&payer) else { return };
        if !account.waiting.is_empty() {
            self.turns.insert((account.clock, self.came), payer);
            self.came += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::id::ClientId;

    use super::*;

    const LONG: Duration = Duration::from_secs(1);

    fn client(n: u8) -> Payer {
        Payer::Client(ClientId::from_bytes([n; 16]))
    }

    /// Does the next piece of work, which takes so long.
    fn serve(lane: &mut Lane<usize>, took: Duration) -> Option<usize> {
        let (payer, number) = lane.pop()?;
        lane.done(payer, took);
        Some(number)
    }

    fn order(lane: &mut Lane<usize>) -> Vec<usize> {
        std::iter::from_fn(|| serve(lane, LONG)).collect()
    }

    #[test]
    fn payers_take_turns_however_much_one_of_them_has_waiting() {
        let mut lane = Lane::default();
        for number in 0..10 {
            lane.push(client(1), number).unwrap();
        }
        lane.push(client(2), 100).unwrap();
        assert_eq!(order(&mut lane)[..3], [0, 100, 1]);
    }

    #[test]
    fn a_short_piece_of_work_goes_before_all_that_have_kept_the_server_busy() {
        let mut lane = Lane::default();
        for number in 0..WAITING {
            for hostile in 1..=30 {
                lane.push(client(hostile), number).unwrap();
            }
        }
        // Each of them has had a long turn, and the first ones a second.
        for _ in 0..35 {
            serve(&mut lane, LONG);
        }
        lane.push(client(99), 7_777).unwrap();
        let waited = (0..).take_while(|_| serve(&mut lane, LONG) != Some(7_777)).count();
        assert!(waited <= 25, "only those whose clock shows the same went before: {waited}");
        // And its second piece waits for a turn of each of the others, at most.
        lane.push(client(98), 8_888).unwrap();
        lane.push(client(98), 8_889).unwrap();
        let second = (0..).take_while(|_| serve(&mut lane, LONG) != Some(8_889)).count();
        assert!(second <= 61, "{second}");
    }

    #[test]
    fn a_payer_has_one_piece_of_work_under_way() {
        let mut lane = Lane::default();
        lane.push(client(1), 1).unwrap();
        lane.push(client(1), 2).unwrap();
        let (payer, _) = lane.pop().unwrap();
        assert!(lane.pop().is_none());
        lane.done(payer, LONG);
        assert_eq!(order(&mut lane), [2]);
        lane.push(Payer::Server, 1).unwrap();
        lane.push(Payer::Server, 2).unwrap();
        assert!(lane.pop().is_some() && lane.pop().is_some(), "workers do different things");
    }

    #[test]
    fn a_full_queue_refuses_its_payer_alone() {
        let mut lane = Lane::default();
        for number in 0..WAITING {
            lane.push(client(1), number).unwrap();
        }
        assert_eq!(lane.push(client(1), 99), Err(99));
        lane.push(client(2), 0).unwrap();
        for number in 0..2 * WAITING {
            lane.push(Payer::Server, number).unwrap();
        }
    }

    #[test]
    fn payers_who_have_rested_are_forgotten() {
        let mut lane = Lane::default();
        for n in 0..2 * REMEMBERED as u128 {
            lane.push(Payer::Client(ClientId::from_bytes(n.to_be_bytes())), 0).unwrap();
            // The clock of the lane goes on with each.
            serve(&mut lane, Duration::ZERO);
        }
        assert!(lane.payers.len() <= REMEMBERED);
    }
}
