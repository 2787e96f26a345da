//! A schedule: everything that goes wrong over some weeks, drawn from one seed.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use sync_core::{
    id::ReleaseId,
    instant::{Instant, Span},
};

use super::{
    Happened,
    case::{Case, Post},
    talk::Wire,
};
use crate::{
    cast::{self, DAWN},
    desk::{Offer, Wish},
    phone::DiesAfter,
    sealing::Sealing,
};

/// How many clips a practice has.
const CLIPS: u16 = 2;
/// How many releases it makes at most.
const RELEASES: u16 = 6;

/// What a schedule is like.
struct Weather {
    days: u64,
    /// Of a thousand.
    loses: u32,
    doubles: u32,
    breaks: u32,
    bends: u32,
    dies: u32,
    delay: Span,
    /// Whether somebody sets clocks.
    sets_clocks: bool,
    /// Whether the server is restored now and then.
    restores: bool,
}

/// Runs one schedule; what happened in it.
///
/// # Errors
/// The rule that was broken.
pub fn run(seed: u64) -> anyhow::Result<Happened> {
    let rng = &mut StdRng::seed_from_u64(seed);
    // One in 512 is a large one: two dozen practices, each with devices of its own.
    let practices: u16 = if seed % 512 == 511 { 24 } else { rng.random_range(1..3) };
    let sealing = if seed.is_multiple_of(16) { Sealing::Hpke } else { Sealing::Open };
    let weather = Weather::draw(rng);
    let mut cases = Vec::new();
    for practice in 0..practices {
        let people = (CLIPS, rng.random_range(1..3), rng.random_range(1..4));
        cases.push(Case::new(practice, people, sealing, DAWN, rng)?);
    }
    let mut now = DAWN;
    let end = DAWN + Span::from_days(weather.days);
    let mut happened = Happened { schedules: 1, practices: practices.into(), ..Happened::default() };
    while now < end {
        let gap = Span::from_millis(rng.random_range(1_000..12 * 3_600_000) / u64::from(practices));
        let next = cases.iter().filter_map(Case::next_mail).min().map_or(now + gap, |due| due.min(now + gap));
        let gap = next.since(now).as_millis().max(1);
        now = now + Span::from_millis(gap);
        for handset in cases.iter_mut().flat_map(|case| &mut case.phones) {
            handset.pass(Span::from_millis(gap));
        }
        for case in &mut cases {
            if case.next_mail().is_some_and(|due| due <= now) {
                case.deliver(now, weather.post(), weather.death(rng), rng)?;
            }
        }
        let chosen = rng.random_range(0..cases.len());
        step(&mut cases[chosen], now, &weather, rng, &mut happened)?;
        happened.steps += 1;
    }
    if rng.random_range(0..3) == 0 {
        now = sleep_a_year(&mut cases, now, &weather, rng)?;
    }
    for case in &mut cases {
        case.settle_up(now, rng)?;
        happened.devices += case.phones.len() + case.desks.len();
        happened.wiped += case.phones.iter().filter(|handset| handset.has_wiped()).count();
        happened.leases += case.clinic.db.leases.len();
    }
    Ok(happened)
}

impl Weather {
    fn draw(rng: &mut StdRng) -> Self {
        Self {
            days: rng.random_range(5..16),
            loses: rng.random_range(0..400),
            doubles: rng.random_range(0..200),
            breaks: rng.random_range(0..400),
            bends: rng.random_range(0..50),
            dies: rng.random_range(0..200),
            delay: Span::from_secs(rng.random_range(1..180)),
            sets_clocks: rng.random_range(0..3) == 0,
            restores: rng.random_range(0..2) == 0,
        }
    }

    const fn post(&self) -> Post {
        Post { loses: self.loses, doubles: self.doubles, delay: self.delay }
    }

    fn wire(&self, rng: &mut StdRng) -> Wire {
        let breaks = rng.random_range(0..1_000) < self.breaks;
        let breaks_after = if breaks { rng.random_range(0..8) } else { 400 };
        Wire { breaks_after, bends: self.bends }
    }

    fn death(&self, rng: &mut StdRng) -> DiesAfter {
        (rng.random_range(0..1_000) < self.dies).then(|| rng.random_range(0..8))
    }
}

/// One thing happens to one practice.
fn step(
    case: &mut Case,
    now: Instant,
    weather: &Weather,
    rng: &mut StdRng,
    happened: &mut Happened,
) -> anyhow::Result<()> {
    let phone = rng.random_range(0..case.phones.len());
    let desk = rng.random_range(0..case.desks.len());
    match rng.random_range(0..100) {
        0..12 => {
            if let Some(wish) = wish(case, desk, now, rng) {
                case.write(desk, &wish, now);
            }
        }
        12..24 => drop(case.sync_desk(desk, now, weather.wire(rng), rng)?),
        24..60 if case.phones[phone].off_until.is_none() => {
            let (wire, death) = (weather.wire(rng), weather.death(rng));
            case.wake(phone, now, (wire, weather.post()), death, rng)?;
        }
        60..72 => play(case, phone, now, weather, rng, happened)?,
        72..74 => put_away(case, phone, now, weather, rng, happened)?,
        74..77 => {
            let handset = &mut case.phones[phone];
            handset.online = !handset.online;
        }
        77..79 => {
            let back = now + Span::from_days(rng.random_range(1..9));
            case.phones[phone].off_until.get_or_insert(back);
        }
        79..82 if case.phones[phone].off_until.is_some_and(|until| until <= now) => {
            case.phones[phone].switch_on()?;
            case.check(phone, now)?;
        }
        82..84 => {
            case.phones[phone].phone.restart(weather.death(rng))?;
            case.check(phone, now)?;
        }
        84..87 if weather.sets_clocks => {
            let handset = &mut case.phones[phone];
            handset.honest = false;
            let by = Span::from_hours(rng.random_range(1..200));
            let wall = handset.phone.wall;
            handset.phone.wall = if rng.random() { wall - by } else { wall + by };
            case.check(phone, now)?;
        }
        87..89 => case.withdraw(rng.random_range(1..3), rng.random_range(0..CLIPS), now)?,
        89..91 => {
            let until = rng.random::<bool>().then(|| now + Span::from_days(rng.random_range(1..20)));
            case.consent(rng.random_range(1..3), rng.random_range(0..CLIPS), until, now)?;
        }
        91..93 => case.settle(now)?,
        93 if rng.random_range(0..2) == 0 => {
            case.take_back_elsewhere(rng.random_range(0..CLIPS), rng.random(), now)?;
        }
        94 if rng.random_range(0..3) == 0 => case.destroy(rng.random_range(0..CLIPS), now)?,
        95 if rng.random_range(0..4) == 0 => case.unpair(phone, now)?,
        96 => {
            case.die_while_syncing(desk, now, rng)?;
            happened.server_deaths += 1;
        }
        97 if weather.restores => case.back_up(),
        98 if weather.restores => {
            let lost = rng.random_range(0..4) == 0;
            happened.restores += usize::from(case.restore(lost, now, rng)?);
        }
        99 if case.clinic.db.awaits_confirmation => case.confirm_restore(now)?,
        _ => {}
    }
    Ok(())
}

/// A year passes in which no phone is switched on; then they are, and have heard of nothing.
fn sleep_a_year(
    cases: &mut [Case],
    now: Instant,
    weather: &Weather,
    rng: &mut StdRng,
) -> anyhow::Result<Instant> {
    let year = Span::from_days(400);
    let later = now + year;
    for case in cases {
        for n in 0..case.phones.len() {
            case.phones[n].off_until = Some(later);
            case.phones[n].pass(year);
            case.phones[n].switch_on()?;
            case.check(n, later)?;
            case.phones[n].phone.tick(weather.death(rng))?;
            case.check(n, later)?;
        }
    }
    Ok(later)
}

fn play(
    case: &mut Case,
    phone: usize,
    now: Instant,
    weather: &Weather,
    rng: &mut StdRng,
    happened: &mut Happened,
) -> anyhow::Result<()> {
    let handset = &mut case.phones[phone];
    let held: Vec<ReleaseId> = handset.phone.machine.releases().collect();
    if handset.off_until.is_some() || held.is_empty() {
        return Ok(());
    }
    let release = held[rng.random_range(0..held.len())];
    case.check(phone, now)?;
    for _ in 0..rng.random_range(1..6) {
        let heard = case.phones[phone].phone.play(release, weather.death(rng))?;
        if heard.is_some() {
            happened.plays += 1;
            case.phones[phone].count(release, now, rng)?;
        }
    }
    case.check(phone, now)
}

/// A person removes a clip from their phone, or wants one back.
fn put_away(
    case: &mut Case,
    phone: usize,
    now: Instant,
    weather: &Weather,
    rng: &mut StdRng,
    happened: &mut Happened,
) -> anyhow::Result<()> {
    let of = cast::release(case.practice, rng.random_range(1..=case.releases.max(1)));
    let handset = &mut case.phones[phone];
    if handset.off_until.is_some() {
        return Ok(());
    }
    if handset.phone.machine.held(of).is_none() {
        handset.phone.bring_back(of)?;
    } else if rng.random_range(0..2) == 0 {
        handset.write(of, now, rng)?;
        handset.phone.put_away(of, weather.death(rng))?;
        happened.letters += 1;
        happened.put_away += 1;
    }
    case.check(phone, now)
}

fn wish(case: &Case, desk: usize, now: Instant, rng: &mut StdRng) -> Option<Wish> {
    let orders = case.shown(desk);
    let of = cast::release(case.practice, rng.random_range(1..=case.releases.max(1)));
    let days = |days: u64| Span::from_days(days);
    let wish = match rng.random_range(0..20) {
        0..9 if case.releases < RELEASES => {
            let clip = rng.random_range(0..CLIPS);
            let offer = Offer {
                expires_at: now + days(rng.random_range(2..20)),
                offline_for: days(rng.random_range(1..6)),
                daily_limit: rng.random::<bool>().then(|| rng.random_range(1..4)),
                quiet: rng.random::<bool>().then_some((22 * 60, 6 * 60)),
            };
            let new = cast::release(case.practice, case.releases + 1);
            Wish::Release(
                new,
                cast::clip(case.practice, clip),
                cast::recording(case.practice, clip / 2),
                offer,
            )
        }
        9..11 => Wish::Move(of, now + days(rng.random_range(1..15))),
        11 => Wish::Offline(of, days(rng.random_range(1..6))),
        12 => Wish::Hold(of),
        13 => Wish::HoldShelf,
        14..16 => Wish::Lift(of),
        16 => Wish::Revoke(of),
        17 => Wish::RevokeClip(of),
        _ => Wish::Confirm(of),
    };
    wish.makes_sense(&orders, now).then_some(wish)
}
