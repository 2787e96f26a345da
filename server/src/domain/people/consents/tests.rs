//! Whose word counts: the newest, and of them all the person's own.

use sync_core::instant::Span;

use super::*;
use crate::{
    domain::people::{
        participants::{self, NewParticipant},
        recordings::NewRecording,
    },
    nouns::participant_kind::ParticipantKind,
    testing::{for_each_database, number, therapy::Therapy},
};

const ANNA: ParticipantId = ParticipantId::from_bytes([1; 16]);

fn event(n: u8, kind: ConsentKind, at: i64, valid_until: Option<i64>) -> ConsentEvent {
    ConsentEvent {
        id: ConsentId::from_bytes([n; 16]),
        recording: RecordingId::from_bytes([9; 16]),
        participant: ANNA,
        purpose: Purpose::ReleaseToClient,
        kind,
        form: None,
        at: Instant::from_millis(at),
        valid_until: valid_until.map(Instant::from_millis),
        recorded_by: Some(StaffId::from_bytes([8; 16])),
    }
}

fn own(n: u8, at: i64) -> ConsentEvent {
    ConsentEvent { recorded_by: None, ..event(n, ConsentKind::Withdrawn, at, None) }
}

fn says(events: &[ConsentEvent]) -> Option<ConsentKind> {
    newest(events, ANNA, Purpose::ReleaseToClient).map(|event| event.kind)
}

#[test]
fn who_was_never_asked_has_said_nothing() {
    assert_eq!(says(&[]), None);
    let given = [event(1, ConsentKind::Given, 1, None)];
    assert!(newest(&given, ANNA, Purpose::Training).is_none());
    assert!(newest(&given, ParticipantId::from_bytes([2; 16]), Purpose::ReleaseToClient).is_none());
}

#[test]
fn the_newest_event_counts_and_a_withdrawal_of_the_same_instant_wins() {
    use ConsentKind::{Given, Withdrawn};
    assert_eq!(says(&[event(1, Given, 1, None)]), Some(Given));
    assert_eq!(says(&[event(1, Given, 1, None), event(2, Withdrawn, 2, None)]), Some(Withdrawn));
    assert_eq!(says(&[event(1, Given, 3, None), event(2, Withdrawn, 2, None)]), Some(Given));
    assert_eq!(says(&[event(9, Given, 2, None), event(1, Withdrawn, 2, None)]), Some(Withdrawn));
}

#[test]
fn what_a_person_withdraws_themself_outranks_every_consent_that_staff_enter() {
    use ConsentKind::{Given, Withdrawn};
    for at in [1, 2, 3] {
        assert_eq!(says(&[own(1, 2), event(2, Given, at, None)]), Some(Withdrawn), "given at {at}");
        assert_eq!(says(&[event(9, Given, at, None), own(1, 2)]), Some(Withdrawn), "given at {at}");
    }
    let spoken = [own(1, 2), event(2, Withdrawn, 3, None), event(3, Given, 4, None)];
    assert_eq!(says(&spoken), Some(Withdrawn));
}

const EVENTS: &str = "SELECT COUNT(*) FROM consent_event";

/// Ada enters a paper for somebody.
async fn enter(
    therapy: &Therapy,
    participant: ParticipantId,
    purpose: Purpose,
    at: Option<Instant>,
) -> Result<Vec<ConsentId>, Refusal> {
    let purposes = [purpose].into();
    let new = NewConsent { participant, purposes, form: therapy.form, at, valid_until: None };
    give(&therapy.app.ground, therapy.ada, therapy.recording, new).await
}

#[tokio::test]
async fn after_a_withdrawal_on_ones_own_phone_staff_enter_no_consent_under_any_instant() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let signed = therapy.now();
        therapy.pass(Span::from_hours(1));
        withdraw_own(&app.ground, phone.caller, therapy.recording).await.unwrap();
        let withdrew = therapy.now();
        therapy.pass(Span::from_hours(1));
        let events = number(&app, EVENTS).await;
        let before = Some(signed - Span::from_days(9));
        for at in [None, before, Some(signed), Some(withdrew), Some(withdrew + Span::from_millis(1))] {
            // What she was never asked about is part of the session to which she has said no.
            for purpose in Purpose::all() {
                let refused = enter(&therapy, therapy.mia, purpose, at).await;
                assert!(matches!(refused, Err(Refusal::WithdrawnByPerson)), "{purpose:?} {at:?}");
            }
        }
        assert_eq!(number(&app, EVENTS).await, events, "nothing was half-done");
        // Her word is about her and this session: Tom signs, and she signs for another one.
        enter(&therapy, therapy.tom, Purpose::Training, None).await.unwrap();
        let new = NewRecording {
            client: therapy.client,
            recorded_at: therapy.now(),
            participants: [therapy.mia].into(),
        };
        let recording = recordings::add(&app.ground, therapy.ada, new).await.unwrap();
        let therapy = Therapy { recording, ..therapy };
        enter(&therapy, therapy.mia, Purpose::Record, None).await.unwrap();
        therapy.settle().await;
        assert!(phone.ask().await.lease(release).is_none());
    })
    .await;
}

#[tokio::test]
async fn a_spoken_withdrawal_that_staff_entered_may_be_followed_by_a_new_consent() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        therapy.withdraw(therapy.tom).await;
        therapy.pass(Span::from_secs(1));
        enter(&therapy, therapy.tom, Purpose::ReleaseToClient, None).await.unwrap();
        let (phone, release) = (therapy.phone().await, therapy.release().await);
        assert!(phone.ask().await.lease(release).is_some());
        // Until he, or in this case Mia, says it herself; then a spoken one after it changes nothing.
        withdraw_own(&app.ground, phone.caller, therapy.recording).await.unwrap();
        therapy.withdraw(therapy.mia).await;
        therapy.pass(Span::from_secs(1));
        let refused = enter(&therapy, therapy.mia, Purpose::ReleaseToClient, None).await;
        assert!(matches!(refused, Err(Refusal::WithdrawnByPerson)));
    })
    .await;
}

#[tokio::test]
async fn a_no_on_ones_own_phone_is_kept_where_nothing_stands_that_it_could_withdraw() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let phone = therapy.phone().await;
        therapy.withdraw(therapy.mia).await;
        let events = number(&app, EVENTS).await;
        for _ in 0..2 {
            withdraw_own(&app.ground, phone.caller, therapy.recording).await.unwrap();
            assert_eq!(number(&app, EVENTS).await, events + 1);
        }
        therapy.pass(Span::from_secs(1));
        // A paper that a computer had kept for later.
        let refused = enter(&therapy, therapy.mia, Purpose::Record, None).await;
        assert!(matches!(refused, Err(Refusal::WithdrawnByPerson)));
    })
    .await;
}

#[tokio::test]
async fn who_is_on_a_recording_under_two_ids_is_one_person() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let phone = therapy.phone().await;
        let (kind, client) = (ParticipantKind::Client, Some(therapy.client));
        let new = NewParticipant { kind, name: "Mia again".into(), client, staff: None };
        let again = participants::add(&app.ground, therapy.ada, new).await.unwrap();
        let participants = [therapy.mia, again, therapy.tom].into();
        let new = NewRecording { client: therapy.client, recorded_at: therapy.now(), participants };
        let recording = recordings::add(&app.ground, therapy.ada, new).await.unwrap();
        let therapy = Therapy { recording, ..therapy };
        enter(&therapy, therapy.mia, Purpose::Record, None).await.unwrap();
        withdraw_own(&app.ground, phone.caller, recording).await.unwrap();
        therapy.pass(Span::from_secs(1));
        for id in [therapy.mia, again] {
            let refused = enter(&therapy, id, Purpose::Record, None).await;
            assert!(matches!(refused, Err(Refusal::WithdrawnByPerson)));
        }
        enter(&therapy, therapy.tom, Purpose::Record, None).await.unwrap();
    })
    .await;
}
