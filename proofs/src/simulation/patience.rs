//! Months of a patchy network: a client who is entitled can play.
//!
//! **The promise.** If in every span of half of `offline_for` there are two hours, anywhere in it,
//! in which the app runs and messages get through, then a clip that was ready once plays until its
//! date, without a gap; and until then no device says that it has ended. Two hours, because a
//! device that has asked in vain for a while asks no more often than every 75 minutes. Outside of
//! these hours the network may lose any message, the phone may be restarted at any time, and its
//! clock may be wrong by any constant.

use anyhow::{Context, ensure};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sync_core::{
    instant::{Instant, Span},
    policy::Access,
};

use super::{
    Happened,
    case::{Case, Post},
    talk::Wire,
};
use crate::{
    cast::{self, DAWN},
    desk::{Offer, Wish},
    sealing::Sealing,
};

/// How often the app runs.
const TICK: Span = Span::from_mins(30);
/// How long messages get through.
const WINDOW: Span = Span::from_hours(2);
const CALM: Wire = Wire { breaks_after: 400, bends: 0 };

/// Runs one schedule.
///
/// # Errors
/// When the promise is broken.
pub fn run(seed: u64) -> anyhow::Result<Happened> {
    let rng = &mut StdRng::seed_from_u64(seed ^ 0x7061_7469_656e_6365);
    let mut case = Case::new(0, (1, 1, 1), Sealing::Open, DAWN, rng)?;
    let offline_for = Span::from_hours(rng.random_range(12..120));
    let ends_at = DAWN + Span::from_days(rng.random_range(60..120));
    let release = cast::release(0, 1);
    let offer = Offer { expires_at: ends_at, offline_for, daily_limit: None, quiet: None };
    case.write(0, &Wish::Release(release, cast::clip(0, 0), cast::recording(0, 0), offer), DAWN);
    case.sync_desk(0, DAWN, CALM, rng)?;
    // Its clock is wrong, and stays as wrong.
    let skew = Span::from_hours(rng.random_range(0..100));
    let phone = &mut case.phones[0].phone;
    phone.wall = if rng.random() { phone.wall + skew } else { phone.wall - skew };
    let mut happened = Happened { schedules: 1, practices: 1, devices: 2, ..Happened::default() };
    let mut now = DAWN;
    let mut window = Window { opens_at: DAWN };
    let mut ready = false;
    while now < ends_at {
        now = now + TICK;
        case.phones[0].pass(TICK);
        happened.steps += 1;
        if rng.random_range(0..200) == 0 {
            case.phones[0].phone.restart(None)?;
        }
        window.advance(now, offline_for, rng);
        let open = now >= window.opens_at;
        // Outside of the window it is often there and carries nothing.
        case.phones[0].online = open || rng.random_range(0..3) == 0;
        let post = Post { loses: if open { 0 } else { 1_000 }, doubles: 0, delay: Span::from_secs(20) };
        let wire = if open { CALM } else { Wire { breaks_after: rng.random_range(0..3), bends: 0 } };
        case.wake(0, now, (wire, post), None, rng)?;
        for _ in 0..3 {
            // A question, its answer, and the receipts that follow.
            let Some(due) = case.next_mail() else { break };
            case.phones[0].pass(due.since(now));
            now = now.max(due);
            case.deliver(now, post, None, rng)?;
        }
        case.wake(0, now, (wire, post), None, rng)?;
        let access = case.phones[0].phone.access(release);
        let plays = matches!(access, Access::Playable { .. });
        ready |= plays;
        if ready && now < ends_at {
            let day = now.since(DAWN).as_millis() / 86_400_000;
            ensure!(plays, "{access:?} on day {day}, with {offline_for:?} offline");
            if rng.random_range(0..20) == 0 {
                let heard = case.phones[0].phone.play(release, None)?;
                happened.plays += usize::from(heard.is_some());
            }
        }
    }
    ensure!(ready, "it never became ready");
    case.phones[0].pass(TICK);
    let access = case.phones[0].phone.access(release);
    ensure!(!matches!(access, Access::Playable { .. }), "it plays after its date");
    happened.leases = case.clinic.db.leases.len();
    let wished = ends_at.since(DAWN).as_millis() / offline_for.as_millis();
    let least = usize::try_from(wished).context("a number of leases")?;
    ensure!(happened.leases >= least, "fewer leases than it takes");
    Ok(happened)
}

/// The next two hours in which messages get through.
struct Window {
    opens_at: Instant,
}

impl Window {
    /// When these are over, draws the next: so that every span of half of `offline_for` holds two hours whole.
    fn advance(&mut self, now: Instant, offline_for: Span, rng: &mut StdRng) {
        if now < self.opens_at + WINDOW + TICK {
            return;
        }
        let half = offline_for.as_millis() / 2;
        let taken = 2 * (WINDOW.as_millis() + TICK.as_millis());
        let gap = half.saturating_sub(taken).max(1);
        self.opens_at = now + Span::from_millis(rng.random_range(0..gap));
    }
}
