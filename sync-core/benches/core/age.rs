//! The cost of a client's documents after 1, 5 and 20 years of heavy use, and of their successors.
//!
//! Heavy is: four releases a month, each amended, half of them held and lifted, all taken back
//! after four weeks; ten plays a day, each counted in a change of its own, and a rating a day.

use std::time::Duration;
use sync_core::vocabulary::Vocabulary;

use automerge::{ActorId, Change};
use criterion::{BatchSize, BenchmarkGroup, Criterion, measurement::WallTime};
use sync_core::{
    documents::{
        Document, Kind, Letter, PlayKey, Shelf, ShelfItem, ShelfState, append, create, entries, plays,
        record_plays, successor,
    },
    id::RecordingId,
    instant::{Instant, Span},
    orders::{Act, Author, Entry, HoldOn, Orders, RevokeOn},
    terms::{QuietHours, Terms, TermsChange},
};

use super::{
    wire::Connection,
    world::{DEVICE, NOON, clip, entry, release, sixteen},
};

const YEARS: [u64; 3] = [1, 5, 20];
const KINDS: [Kind; 3] = [Kind::Orders, Kind::Shelf, Kind::Journal];

pub(crate) fn all(criterion: &mut Criterion) {
    for kind in KINDS {
        let mut group = criterion.benchmark_group(format!("{} with age", kind.as_str()));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        for years in YEARS {
            let old = grown(kind, years);
            measure(&mut group, kind, &format!("{years} years"), &old);
            if years == 20 {
                let fresh = successor(kind, &old, NOON - Span::from_days(60), NOON, actor(8)).unwrap();
                measure(&mut group, kind, &format!("successor of {years} years"), &fresh);
            }
        }
        if kind != Kind::Shelf {
            let largest = largest(kind);
            group.bench_function("before its successor: open and read", |bench| {
                let saved = largest.save();
                bench.iter(|| read(kind, &Document::load(&saved).unwrap()));
            });
        }
        group.finish();
    }
}

/// As large as a document is before the server replaces it: 4,096 changes, a megabyte.
fn largest(kind: Kind) -> Document {
    let mut document = create(kind, actor(1)).unwrap();
    for n in 0..4_096 {
        append(&mut document, &[(entry(n), vec![7; 250])]).unwrap();
    }
    document
}

fn actor(n: u8) -> ActorId {
    ActorId::from([n; 16])
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, kind: Kind, age: &str, document: &Document) {
    let saved = document.save();
    let mut connection = Connection::new();
    connection.run(document);
    assert_eq!(connection.replica.get_heads(), document.get_heads());
    println!(
        "{}, {age}: {} bytes saved; first sync {} bytes to the device, {} back",
        kind.as_str(),
        saved.len(),
        connection.to_device,
        connection.to_server
    );
    group.bench_function(format!("{age}: open and read"), |bench| {
        bench.iter(|| read(kind, &Document::load(&saved).unwrap()));
    });
    let change = one_more(kind, document);
    group.bench_function(format!("{age}: merge one more"), |bench| {
        bench.iter_batched(
            || document.clone(),
            |mut document| document.apply_changes([change.clone()]),
            BatchSize::LargeInput,
        );
    });
    group.bench_function(format!("{age}: first sync, both ends"), |bench| {
        bench.iter_batched(Connection::new, |mut connection| connection.run(document), BatchSize::LargeInput);
    });
}

fn read(kind: Kind, document: &Document) -> usize {
    match kind {
        Kind::Shelf => Shelf::read(document).0.len(),
        Kind::Journal => entries(document).len() + plays(document).len(),
        Kind::Orders | Kind::Casebook => {
            let found = entries(document);
            Orders::fold_encoded(found.iter().map(|(id, bytes)| (*id, bytes.as_slice()))).releases.len()
        }
    }
}

fn one_more(kind: Kind, document: &Document) -> Change {
    let mut ahead = document.fork().with_actor(actor(2));
    match kind {
        Kind::Shelf => {
            let mut shelf = Shelf::read(&ahead);
            shelf.0.insert(release(900_000), item(0, NOON, ShelfState::Live));
            shelf.write(&mut ahead).map(|_| ()).unwrap();
        }
        Kind::Journal => {
            let key =
                PlayKey { device: DEVICE, release: release(0), day: NOON + Span::from_days(1), part: None };
            record_plays(&mut ahead, key, 1).unwrap();
        }
        Kind::Orders | Kind::Casebook => {
            let act = Act::Revoke { on: RevokeOn::Shelf, hits: vec![] };
            append(&mut ahead, &[(entry(900_000), by_device(NOON, act))]).unwrap();
        }
    }
    ahead.get_last_local_change().unwrap()
}

fn by_device(at: Instant, act: Act) -> Vec<u8> {
    Entry { by: Author::Device(DEVICE), at, act }.encode()
}

/// When release `n` of so many years is made: four a month, the last of them at noon.
fn made_at(n: u64, years: u64) -> Instant {
    NOON - Span::from_days(years * 365) + Span::from_hours(n * 365 * 24 / 48)
}

fn item(n: u64, at: Instant, state: ShelfState) -> ShelfItem {
    ShelfItem {
        clip: clip(n as u32),
        state,
        not_before: None,
        ends_at: at + Span::from_days(28),
        offline_for: Span::from_days(3),
        daily_limit: Some(3),
    }
}

fn grown(kind: Kind, years: u64) -> Document {
    let mut document = create(kind, actor(1)).unwrap();
    match kind {
        Kind::Orders | Kind::Casebook => grow_orders(&mut document, years),
        Kind::Shelf => grow_shelf(&mut document, years),
        Kind::Journal => grow_journal(&mut document, years),
    }
    document
}

fn grow_orders(document: &mut Document, years: u64) {
    let mut count = 0;
    for n in 0..years * 48 {
        let (at, release) = (made_at(n, years), release(n as u32));
        let terms = Terms {
            not_before: None,
            expires_at: at + Span::from_days(28),
            offline_for: Span::from_days(3),
            daily_limit: Some(3),
            quiet_hours: QuietHours::NONE,
            planned_daily: Some(1),
        };
        let recording = RecordingId::from_bytes(sixteen(4, n as u32));
        let own = entry(count);
        let mut acts = vec![Act::Release { release, clip: clip(n as u32), recording, terms, seen: vec![] }];
        let set = TermsChange { daily_limit: Some(Some(2)), ..TermsChange::default() };
        acts.push(Act::Amend { release, set, over: vec![own] });
        if n % 2 == 0 {
            acts.push(Act::Hold { on: HoldOn::Release(release), until: None, hits: vec![] });
            acts.push(Act::Lift { holds: vec![entry(count + 2)] });
        }
        if at + Span::from_days(28) <= NOON {
            acts.push(Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] });
        }
        for act in acts {
            append(document, &[(entry(count), by_device(at, act))]).unwrap();
            count += 1;
        }
    }
}

fn grow_shelf(document: &mut Document, years: u64) {
    let mut shelf = Shelf::default();
    for n in 0..years * 48 {
        // As the server writes it: first the new one, then the end of the one before it that is four weeks old.
        shelf.0.insert(release(n as u32), item(n, made_at(n, years), ShelfState::Live));
        shelf.write(document).unwrap();
        if let Some(item) = n.checked_sub(4).and_then(|n| shelf.0.get_mut(&release(n as u32))) {
            item.state = ShelfState::Ended;
            shelf.write(document).unwrap();
        }
    }
}

fn grow_journal(document: &mut Document, years: u64) {
    for day in 0..years * 365 {
        let at = NOON - Span::from_days(years * 365) + Span::from_days(day + 1);
        for play in 0..10_u32 {
            // Two clips in turn.
            let release = release((day / 14) as u32 + play % 2);
            record_plays(document, PlayKey { device: DEVICE, release, day: at, part: None }, play / 2 + 1)
                .unwrap();
        }
        let letter = Letter::Rating { release: release((day / 14) as u32), at, value: 3 };
        append(document, &[(entry(day as u32), letter.encode())]).unwrap();
    }
}
