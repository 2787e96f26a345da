//! Schedules in which everything goes wrong, and months of a patchy network.

use proofs::simulation::{Kind, run, run_all};

/// How many schedules every run of the tests goes through.
const SCHEDULES: u64 = 1_000;
/// How many `cargo xtask test --long` goes through; `cargo xtask simulate --seeds N` goes through any number.
const LONG_SCHEDULES: u64 = 10_000;

fn schedules() -> u64 {
    let is_long = std::env::var_os("REFRAIN_TEST_LONG").is_some_and(|value| value == "1");
    if is_long { LONG_SCHEDULES } else { SCHEDULES }
}

fn assert_kept(kind: Kind, seeds: u64) {
    let ran = run_all(kind, 0..seeds);
    assert!(ran.is_ok(), "{}", ran.map_or_else(|failure| failure.to_string(), |_| String::new()));
}

#[test]
fn i1_i2_i3_i7_and_i10_hold_in_every_schedule() {
    assert_kept(Kind::Schedule, schedules());
}

#[test]
fn who_is_entitled_can_play_through_months_of_a_patchy_network() {
    assert_kept(Kind::Patience, 20);
}

#[test]
fn a_seed_is_one_schedule() {
    for seed in 0..10 {
        assert_eq!(run(Kind::Schedule, seed), run(Kind::Schedule, seed), "seed {seed}");
    }
}
