//! Ten thousand schedules, and months of a patchy network.

use proofs::simulation::{Kind, run, run_all};

/// How many schedules one of the tests runs: four of them make ten thousand.
const EACH: u64 = 2_500;

fn assert_kept(kind: Kind, from: u64, seeds: u64) {
    let ran = run_all(kind, from..from + seeds);
    assert!(ran.is_ok(), "{}", ran.map_or_else(|failure| failure.to_string(), |_| String::new()));
}

#[test]
fn i1_i2_i3_i7_i10_hold_in_the_first_quarter_of_ten_thousand_schedules() {
    assert_kept(Kind::Schedule, 0, EACH);
}

#[test]
fn i1_i2_i3_i7_i10_hold_in_the_second_quarter() {
    assert_kept(Kind::Schedule, EACH, EACH);
}

#[test]
fn i1_i2_i3_i7_i10_hold_in_the_third_quarter() {
    assert_kept(Kind::Schedule, 2 * EACH, EACH);
}

#[test]
fn i1_i2_i3_i7_i10_hold_in_the_last_quarter() {
    assert_kept(Kind::Schedule, 3 * EACH, EACH);
}

#[test]
fn who_is_entitled_can_play_through_months_of_a_patchy_network() {
    assert_kept(Kind::Patience, 0, 50);
}

#[test]
fn a_seed_is_one_schedule() {
    for seed in 0..20 {
        assert_eq!(run(Kind::Schedule, seed), run(Kind::Schedule, seed), "seed {seed}");
    }
}
