//! The history: the deeds that a client may read, and the reasons that no reader can infer from
//! them.

use std::sync::Arc;
use sync_core::{
    documents::{Kind, append},
    id::EntryId,
    instant::Span,
    orders::RevokeOn,
    terms::TermsChange,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    app::App,
    domain::{
        clips,
        desk::{
            On,
            casebook::NewObservation,
            releases::{self, Amendment, NewRevocation},
        },
        sync::tests::{Device, write_as},
    },
    nouns::callers::DeviceCaller,
    testing::{
        execute, for_each_database, for_sqlite,
        therapy::{NAME, Phone, Therapy},
    },
};

async fn told(app: &Arc<App>, phone: &Phone) -> Vec<Deed> {
    read(&app.ground, phone.caller).await.unwrap()
}

/// What was told of clips: on which day, and what.
async fn clips_told(app: &Arc<App>, phone: &Phone) -> Vec<(String, &'static str)> {
    let deed = |deed: Deed| {
        let word = match deed.what {
            What::Shared { .. } => "shared",
            What::Changed { .. } => "changed",
            What::Returned { .. } => "returned",
            What::PlayedTogether { .. } => "played",
            _ => return None,
        };
        Some((deed.day, word))
    };
    told(app, phone).await.into_iter().filter_map(deed).collect()
}

/// The clock of these tests begins on 2027-01-15 at 08:00.
fn day(n: u8) -> String {
    format!("2027-01-{:02}", 15 + n)
}

const NEXT_DAY: Span = Span::from_hours(24);

#[tokio::test]
async fn every_change_and_every_end_is_told_alike_and_by_its_day() {
    for_each_database(|database| async move {
        let app = database.app().await;
        for (n, kind) in
            ["end", "withdrawal", "destroyed", "pause", "taper", "quieter", "shelf"].into_iter().enumerate()
        {
            let (therapy, release, phone) = Therapy::held(&app).await;
            let came = therapy.now();
            // At another hour each.
            therapy.pass(Span::from_mins(24 * 60 + 7 * n as u64));
            match kind {
                "end" => therapy.revoke(RevokeOn::Release(release)).await,
                "withdrawal" => therapy.withdraw(therapy.tom).await,
                "destroyed" => clips::destroy(&app.ground, therapy.ada, therapy.clip).await.unwrap(),
                "pause" => drop(therapy.hold(release, None).await),
                "taper" => {
                    amend(
                        &therapy,
                        release,
                        TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() },
                    )
                    .await
                }
                "quieter" => {
                    let night = sync_core::terms::QuietHours::between(22 * 60, 6 * 60).unwrap();
                    amend(
                        &therapy,
                        release,
                        TermsChange { quiet_hours: Some(night), ..TermsChange::default() },
                    )
                    .await;
                }
                _ => {
                    let on = On::Shelf(therapy.client);
                    releases::hold(&app.binders, therapy.ada, on, None).await.unwrap();
                }
            }
            therapy.settle().await;
            let deeds = clips_told(&app, &phone).await;
            let (first, second) =
                (super::day(&app.ground, came).unwrap(), super::day(&app.ground, therapy.now()).unwrap());
            assert_eq!(deeds, [(second, "changed"), (first, "shared")], "{kind}");
        }
    })
    .await;
}

async fn amend(therapy: &Therapy, release: ReleaseId, set: TermsChange) {
    releases::amend(&therapy.app.binders, therapy.ada, release, Amendment { set, ..Amendment::default() })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_date_that_is_reached_is_told_like_any_other_end() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, _, phone) = Therapy::held(&app).await;
        therapy.pass(Span::from_days(7));
        therapy.settle().await;
        assert_eq!(clips_told(&app, &phone).await, [(day(7), "changed"), (day(0), "shared")]);
    })
    .await;
}

#[tokio::test]
async fn several_changes_of_a_day_are_one_and_what_is_over_changes_no_more() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        therapy.pass(NEXT_DAY);
        let hold = therapy.hold(release, None).await;
        therapy.pass(Span::from_hours(1));
        therapy.lift(hold).await;
        therapy.pass(Span::from_hours(1));
        amend(&therapy, release, TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() }).await;
        therapy.pass(NEXT_DAY);
        let on = RevokeOn::Release(release);
        let observation = NewObservation {
            kind: sync_core::documents::ObservationKind::Fixation,
            reason: "Leans on it at work.".into(),
        };
        let new = NewRevocation { on, observation: Some(observation) };
        releases::revoke(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        therapy.pass(NEXT_DAY);
        therapy.withdraw(therapy.tom).await;
        therapy.revoke(RevokeOn::Clip(therapy.clip)).await;
        // Written on a laptop that has not heard of the end.
        let set = TermsChange { offline_for: Some(Span::from_hours(1)), ..TermsChange::default() };
        let late = Act::Amend { release, set, over: Vec::new() };
        write_as(&therapy, therapy.laptop().await, vec![late]).await;
        therapy.settle().await;
        let expected = [(day(2), "changed"), (day(1), "changed"), (day(0), "shared")];
        assert_eq!(clips_told(&app, &phone).await, expected);
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_somebody_else_is_told_from_the_day_on_which_it_came() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let phone = therapy.phone().await;
        therapy.consent(therapy.mia, None).await;
        let release = therapy.release().await;
        amend(&therapy, release, TermsChange { daily_limit: Some(Some(1)), ..TermsChange::default() }).await;
        therapy.settle().await;
        assert_eq!(clips_told(&app, &phone).await, []);
        therapy.pass(NEXT_DAY);
        therapy.consent(therapy.tom, None).await;
        therapy.settle().await;
        assert_eq!(clips_told(&app, &phone).await, [(day(1), "shared")]);
        let shared = What::Shared { release, who: Some(NAME.into()) };
        assert!(told(&app, &phone).await.iter().any(|deed| deed.what == shared));
    })
    .await;
}

#[tokio::test]
async fn what_a_client_stops_themself_is_their_own_deed() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        therapy.pass(NEXT_DAY);
        let letter = Letter::Return { release, at: therapy.now() };
        let mut device =
            Device::connect(&therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        let id = EntryId::from_bytes([3; 16]);
        append(device.documents.values_mut().next().unwrap(), &[(id, letter.encode())]).unwrap();
        device.exchange().await.unwrap();
        assert_eq!(clips_told(&app, &phone).await, [(day(1), "returned"), (day(0), "shared")]);
        therapy.pass(NEXT_DAY);
        therapy.revoke(RevokeOn::Release(release)).await;
        let expected = [(day(2), "changed"), (day(1), "returned"), (day(0), "shared")];
        assert_eq!(clips_told(&app, &phone).await, expected);
    })
    .await;
}

#[tokio::test]
async fn of_consents_there_are_their_own_and_of_phones_all() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, _, phone) = Therapy::held(&app).await;
        therapy.pass(NEXT_DAY);
        therapy.withdraw(therapy.tom).await;
        therapy.pass(NEXT_DAY);
        let other = therapy.phone().await;
        therapy.withdraw(therapy.mia).await;
        crate::domain::people::devices::remove(
            &app.binders,
            therapy.ada,
            therapy.client,
            other.caller.device,
        )
        .await
        .unwrap();
        let purposes = |deed: &Deed| match &deed.what {
            What::Agreed { purposes } => Some((deed.day.clone(), true, purposes.len())),
            What::ChangedMind { purposes } => Some((deed.day.clone(), false, purposes.len())),
            _ => None,
        };
        let deeds = told(&app, &phone).await;
        let said: Vec<_> = deeds.iter().filter_map(purposes).collect();
        assert_eq!(said, [(day(2), false, Purpose::all().len()), (day(0), true, 2)]);
        let phones = |deed: &Deed| match &deed.what {
            What::PhoneAdded { .. } => Some((deed.day.clone(), true)),
            What::PhoneRemoved { .. } => Some((deed.day.clone(), false)),
            _ => None,
        };
        let phones: Vec<_> = deeds.iter().filter_map(phones).collect();
        assert_eq!(phones, [(day(2), true), (day(2), false), (day(0), true)]);
    })
    .await;
}

#[tokio::test]
async fn who_played_a_clip_in_the_room_is_told_once_a_day() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, _, phone) = Therapy::held(&app).await;
        for participant in [therapy.mia, therapy.tom] {
            let new = crate::domain::people::consents::NewConsent {
                participant,
                purposes: [Purpose::ReviewTogether].into(),
                form: therapy.form,
                at: None,
                valid_until: None,
            };
            crate::domain::people::consents::give(&app.ground, therapy.ada, therapy.recording, new)
                .await
                .unwrap();
        }
        for _ in 0..2 {
            let viewing = clips::viewing::open(&app.ground, therapy.ada, therapy.clip).await.unwrap();
            viewing.note(&app.ground).await.unwrap();
        }
        assert_eq!(clips_told(&app, &phone).await, [(day(0), "shared"), (day(0), "played")]);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_nobody_has_seen_is_told_nothing_nor_one_whose_letters_are_damaged() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let unseen = therapy.unseen_phone().await;
        assert!(matches!(read(&app.ground, unseen.caller).await, Err(Refusal::DeviceUnconfirmed)));
        let mut device =
            Device::connect(&therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        let letter = Letter::Return { release, at: therapy.now() }.encode();
        append(device.documents.values_mut().next().unwrap(), &[(EntryId::from_bytes([3; 16]), letter)])
            .unwrap();
        device.exchange().await.unwrap();
        crate::testing::therapy::damage(&app, therapy.client, Kind::Journal).await;
        assert!(read(&app.ground, phone.caller).await.is_ok(), "no journal is opened for it");
        execute(&app, "UPDATE letter SET sealed = NULL").await;
        // What a client has stopped themself would be told as somebody else's deed.
        assert!(matches!(read(&app.ground, phone.caller).await, Err(Refusal::Unavailable)));
    })
    .await;
}

#[tokio::test]
async fn no_more_is_told_than_two_hundred_the_newest_first() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (_, _, phone) = Therapy::held(&app).await;
        execute(
            &app,
            "INSERT INTO shelf_history (client, release, day, kind) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) \
             SELECT client, release, printf('20%02d-01-%02d', 30 + i / 28, 1 + i % 28), 'changed' \
             FROM n, shelf_history WHERE kind = 'came'",
        )
        .await;
        let deeds = told(&app, &phone).await;
        assert_eq!(deeds.len(), HISTORY_MAX);
        assert!(deeds.is_sorted_by(|one, other| one.day >= other.day));
        assert_eq!(deeds[0].day, "2044-01-09");
    })
    .await;
}
