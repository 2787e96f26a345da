//! Every state of every scope; and the counterexamples that the checker finds if a rule is broken
//! on purpose.

use proofs::{
    clinic,
    model::{
        Checked, Left, Scope, check, check_until,
        replicas::{self, Rules},
    },
    phone,
};

fn assert_kept(checked: &Checked) {
    println!("{checked}");
    assert!(checked.is_kept(), "{checked}");
}

/// The checker names each of these rules, and a way there.
fn assert_broken(checked: &Checked, rules: &[&str]) {
    println!("{checked}");
    for rule in rules {
        let found = checked.broken.iter().any(|(broken, path)| broken.starts_with(rule) && !path.is_empty());
        assert!(found, "{rule} should be found broken: {checked}");
    }
}

/// A fault of the platform or the clinic breaks these rules.
fn breaks(scope: Scope, rules: &[&str]) {
    assert_broken(&check_until(scope, rules), rules);
}

/// Servers that do without one of their rules break these.
fn replicas_break(without: Rules, rules: &[&str]) {
    assert_broken(&replicas::check_until(without, rules), rules);
}

#[test]
fn i1_two_therapists_who_have_not_heard_of_one_another() {
    assert_kept(&check(Scope::decisions(0)));
}

#[test]
fn i1_a_clip_on_two_phones() {
    assert_kept(&check(Scope::phones(0)));
}

#[test]
fn i2_messages_lost_late_doubled_and_out_of_order() {
    assert_kept(&check(Scope::messages(0)));
}

#[test]
fn i3_every_way_in_which_a_release_ends() {
    assert_kept(&check(Scope::endings(0)));
}

#[test]
fn i7_deaths_at_every_boundary() {
    assert_kept(&check(Scope::deaths(0)));
}

#[test]
fn i7_a_server_that_goes_back_to_a_backup() {
    assert_kept(&check(Scope::restores(0)));
}

#[test]
fn i10_clocks_set_back_ahead_and_held_still() {
    assert_kept(&check(Scope::clocks(0)));
}

#[test]
fn i3_what_a_backup_has_forgotten_stays_over() {
    assert_kept(&check(Scope::forgotten(0)));
}

#[test]
fn i7_leases_that_a_backup_has_forgotten() {
    assert_kept(&check(Scope::lapses(0)));
}

#[test]
fn i2_a_budget_ends_what_a_stopped_clock_would_not() {
    assert_kept(&check(Scope::budget(0)));
}

#[test]
fn i3_a_clip_that_a_person_has_removed_is_leased_to_that_phone_no_more() {
    assert_kept(&check(Scope::put_away(0)));
}

#[test]
fn i1_a_clip_that_is_taken_back_on_another_clients_shelf_ends_here() {
    assert_kept(&check(Scope::everywhere(0)));
}

#[test]
fn i3_a_device_that_asks_and_asks_is_given_no_more_leases_and_every_denial() {
    assert_kept(&check(Scope::batches(0)));
}

#[test]
fn a_gate_that_does_not_ask_about_other_shelves_leases_what_was_taken_back_there() {
    let fault = Some(clinic::Fault::ElsewhereNotAsked);
    breaks(Scope { clinic_fault: fault, ..Scope::everywhere(0) }, &["I3: no lease is issued"]);
}

#[test]
fn a_server_that_does_not_count_batches_is_found() {
    let fault = Some(clinic::Fault::BatchesNotCounted);
    breaks(Scope { clinic_fault: fault, ..Scope::batches(0) }, &["I3: no lease is issued"]);
}

#[test]
fn i3_two_servers_over_one_database() {
    assert_kept(&replicas::check(Rules::Kept));
}

#[test]
fn without_locks_a_lease_is_issued_after_a_withdrawal_and_a_generation_given_twice() {
    replicas_break(Rules::WithoutLocks, &["I3", "no generation is given twice"]);
}

#[test]
fn without_comparing_versions_what_was_acknowledged_is_written_over() {
    replicas_break(Rules::WithoutVersions, &["what was acknowledged is in the document"]);
}

#[test]
fn locks_out_of_order_wait_in_a_circle() {
    replicas_break(Rules::LocksOutOfOrder, &["they never wait in a circle"]);
}

#[test]
fn a_restore_without_its_ledger_brings_back_what_was_revoked() {
    let fault = Some(clinic::Fault::LedgerNotReplayed);
    breaks(Scope { clinic_fault: fault, ..Scope::restores(0) }, &["I1: what was taken back"]);
}

#[test]
fn a_gate_that_does_not_ask_for_consent_issues_a_lease_after_a_withdrawal() {
    let fault = Some(clinic::Fault::ConsentNotAsked);
    breaks(Scope { clinic_fault: fault, ..Scope::endings(0) }, &["I3: no lease is issued"]);
}

#[test]
fn a_server_that_denies_nothing_leaves_clips_playing_after_contact() {
    let fault = Some(clinic::Fault::EndsNotTold);
    breaks(Scope { clinic_fault: fault, ..Scope::messages(0) }, &["I2: nothing plays after contact"]);
}

#[test]
fn a_server_that_leases_what_a_person_has_removed_is_found() {
    let fault = Some(clinic::Fault::RemovedLeased);
    breaks(Scope { clinic_fault: fault, ..Scope::put_away(0) }, &["I3: no lease is issued"]);
}

#[test]
fn a_receipt_before_the_key_is_gone_is_found() {
    let fault = Some(phone::Fault::ReceiptFirst);
    breaks(Scope { phone_fault: fault, ..Scope::phones(0) }, &["I7: what a receipt calls gone"]);
}

#[test]
fn a_restored_server_that_dates_releases_anew_leaves_what_was_withdrawn_on_a_phone() {
    let fault = Some(clinic::Fault::MadeForgotten);
    breaks(Scope { clinic_fault: fault, ..Scope::forgotten(0) }, &["one contact is enough"]);
}

#[test]
fn a_restored_server_that_counts_generations_on_gives_one_twice() {
    let fault = Some(clinic::Fault::GenerationsCounted);
    breaks(Scope { clinic_fault: fault, ..Scope::lapses(0) }, &["I7: what a receipt calls gone"]);
}

#[test]
fn a_platform_that_debits_after_decrypting_plays_beyond_the_budget() {
    let fault = Some(phone::Fault::DebitLast);
    breaks(Scope { phone_fault: fault, ..Scope::budget(0) }, &["I2: by any clock nothing plays"]);
}

#[test]
fn a_platform_that_forgets_the_time_it_has_seen_plays_what_had_lapsed() {
    let scope = Scope { phone_fault: Some(phone::Fault::FloorNotSaved), ..Scope::clocks(0) };
    let left = Left { deaths: 1, clocks: 2, days: 1, plays: 0, ..scope.left };
    breaks(Scope { left, ..scope }, &["I10: what lapsed"]);
}
