//! Every state of every scope; and what the checker finds when a rule is broken on purpose.

use proofs::{
    clinic,
    model::{
        Checked, Scope, check,
        replicas::{self, Rules},
    },
    phone,
};

fn assert_kept(checked: &Checked) {
    println!("{checked}");
    assert!(checked.is_kept(), "{checked}");
}

/// The checker names this rule, and a way there.
fn assert_broken(checked: &Checked, rule: &str) {
    let found = checked.broken.iter().any(|(broken, path)| broken.starts_with(rule) && !path.is_empty());
    println!("{checked}");
    assert!(found, "{rule} should be found broken: {checked}");
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
fn i3_two_servers_over_one_database() {
    assert_kept(&replicas::check(Rules::Kept));
}

#[test]
fn without_locks_a_lease_is_issued_after_a_withdrawal_and_a_generation_given_twice() {
    let checked = replicas::check(Rules::WithoutLocks);
    assert_broken(&checked, "I3");
    assert_broken(&checked, "no generation is given twice");
}

#[test]
fn without_comparing_versions_what_was_acknowledged_is_written_over() {
    assert_broken(&replicas::check(Rules::WithoutVersions), "what was acknowledged is in the document");
}

#[test]
fn locks_out_of_order_wait_in_a_circle() {
    assert_broken(&replicas::check(Rules::LocksOutOfOrder), "they never wait in a circle");
}

#[test]
fn a_restore_without_its_ledger_brings_back_what_was_revoked() {
    let fault = Some(clinic::Fault::LedgerNotReplayed);
    assert_broken(&check(Scope { clinic_fault: fault, ..Scope::restores(0) }), "I1: what was taken back");
}

#[test]
fn a_gate_that_does_not_ask_for_consent_issues_a_lease_after_a_withdrawal() {
    let fault = Some(clinic::Fault::ConsentNotAsked);
    assert_broken(&check(Scope { clinic_fault: fault, ..Scope::endings(0) }), "I3: no lease is issued");
}

#[test]
fn a_server_that_denies_nothing_leaves_clips_playing_after_contact() {
    let fault = Some(clinic::Fault::EndsNotTold);
    assert_broken(
        &check(Scope { clinic_fault: fault, ..Scope::messages(0) }),
        "I2: nothing plays after contact",
    );
}

#[test]
fn a_receipt_before_the_key_is_gone_is_found() {
    let fault = Some(phone::Fault::ReceiptFirst);
    assert_broken(&check(Scope { phone_fault: fault, ..Scope::phones(0) }), "I7: what a receipt calls gone");
}
