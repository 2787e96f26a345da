//! May this play? What do a thousand entries say?

use std::hint::black_box;

use automerge::ActorId;
use criterion::{BatchSize, Criterion};
use sync_core::{
    clock::Now,
    documents::{Document, Shelf, append, entries},
    instant::Span,
    orders::Orders,
    policy::{Holding, access},
};

use super::world::{NOON, five_years, header, one_more, orders, shelf};

pub(crate) fn all(criterion: &mut Criterion) {
    let lease = header(1);
    let holding = Holding { lease: &lease, spent: Span::ZERO, plays_today: 1, ended: false, held: false };
    let now = Now::Trusted(NOON + Span::from_hours(12));
    criterion.bench_function("access decision", |bench| {
        bench.iter(|| access(black_box(&holding), black_box(now)))
    });

    let mut encoded: Vec<_> = five_years().iter().map(|(id, entry)| (*id, entry.encode())).collect();
    println!("orders of five years: {} entries", encoded.len());
    let (id, entry) = one_more();
    encoded.push((id, entry.encode()));
    criterion.bench_function("fold of five years and one entry", |bench| {
        bench.iter(|| Orders::fold_encoded(encoded.iter().map(|(id, bytes)| (*id, bytes.as_slice()))));
    });

    let base = orders();
    let mut ahead = base.fork().with_actor(ActorId::from([2; 16]));
    append(&mut ahead, &[(id, entry.encode())]).unwrap();
    let change = ahead.get_last_local_change().unwrap();
    criterion.bench_function("merge of one entry into orders of five years", |bench| {
        bench.iter_batched(
            || base.clone(),
            |mut document| document.apply_changes([change.clone()]),
            BatchSize::SmallInput,
        );
    });
    criterion
        .bench_function("read every entry of five years", |bench| bench.iter(|| entries(black_box(&base))));

    let saved = shelf(260, 20).save();
    println!("shelf of five years: {} bytes", saved.len());
    criterion.bench_function("open a shelf of five years", |bench| {
        bench.iter(|| Shelf::read(&Document::load(black_box(&saved)).unwrap()));
    });
}
