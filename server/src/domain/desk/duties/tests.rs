//! Every kind of duty, and whose it is.

mod order;

use std::sync::Arc;

use sync_core::{
    documents::{Kind, Letter, append},
    id::DeviceId,
    lease::ReceiptKind,
    orders::{Act, RevokeOn},
    policy::Role,
};

use super::*;
use crate::{
    app::App,
    domain::{
        people::{clients, devices},
        sync::tests::{Device, write_as},
    },
    nouns::callers::DeviceCaller,
    store::{
        StoreError,
        devices::Person,
        push_subscriptions::{self, PushSubscription},
    },
    testing::{
        execute, for_each_database,
        therapy::{FIRST, Phone, Therapy, damage, employ, end_care, write},
    },
};

async fn all(app: &Arc<App>, caller: StaffCaller, since: Option<Instant>) -> Vec<What> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let Page { duties, next, .. } = page(&app.ground, caller, since, after).await.unwrap();
        assert!(duties.len() <= PAGE && duties.is_sorted_by_key(|duty| duty.place));
        found.extend(duties.into_iter().map(|duty| duty.what));
        after = next;
        if after.is_none() {
            return found;
        }
    }
}

/// What waits for Ada.
async fn waits(therapy: &Therapy) -> Vec<What> {
    all(&therapy.app, therapy.ada, None).await
}

async fn letters(therapy: &Therapy, since: Instant) -> Vec<(EntryId, Option<Says>, Instant)> {
    let all = all(&therapy.app, therapy.ada, Some(since)).await;
    let letters = all.into_iter().filter_map(|what| match what {
        What::ReadLetter { client, letter, says, received_at } if client == therapy.client => {
            Some((letter, says, received_at))
        }
        _ => None,
    });
    letters.collect()
}

/// Writes something about a phone's subscription.
macro_rules! written {
    ($therapy:expr, |$tx:ident| $work:expr) => {{
        let done: Result<(), StoreError> = $therapy
            .app
            .ground
            .committer
            .commit(store::Urgency::Grant, move |$tx| Box::pin(async move { $work.await }))
            .await;
        done.unwrap();
    }};
}

/// Letters that a phone writes, and that the server receives now.
async fn send(therapy: &Therapy, phone: &Phone, letters: &[Letter]) -> Vec<EntryId> {
    let caller = DeviceCaller::Companion(phone.caller);
    let mut device = Device::connect(therapy, caller, &[Kind::Journal]).await;
    device.exchange().await.unwrap();
    let id = || EntryId::from_bytes(therapy.app.ground.entropy.bytes());
    let written: Vec<_> = letters.iter().map(|letter| (id(), letter.encode())).collect();
    append(device.documents.values_mut().next().unwrap(), &written).unwrap();
    device.exchange().await.unwrap();
    assert!(device.refusals.is_empty());
    written.into_iter().map(|(id, _)| id).collect()
}

/// Another client of Ada's, with a phone.
async fn another(therapy: &Therapy) -> (Therapy, Phone) {
    let client = clients::add(&therapy.app.ground, therapy.ada, "Somebody").await.unwrap().id;
    let other = Therapy { client, ..therapy.at(&therapy.app) };
    let phone = other.phone().await;
    (other, phone)
}

fn stopped(therapy: &Therapy, release: ReleaseId) -> Letter {
    Letter::Return { release, at: therapy.now() }
}

fn asks(therapy: &Therapy) -> Letter {
    Letter::Request { release: None, at: therapy.now(), words: "May I stop?".into() }
}

#[tokio::test]
async fn a_letter_is_a_duty_until_the_person_who_asks_has_read_it_themself() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let colleague = employ(&app, therapy.practice, Role::Therapist).await;
        let (client, staff, at) = (therapy.client, colleague.staff, therapy.now());
        write(&app, move |tx| {
            Box::pin(async move { store::clients::insert_care(tx, client, staff, at).await })
        })
        .await;
        therapy.pass(Span::from_secs(1));
        let letters = send(&therapy, &phone, &[stopped(&therapy, release), asks(&therapy)]).await;
        let waits_for = async |caller: StaffCaller| {
            let all = all(&app, caller, None).await;
            let mut found: Vec<_> = all
                .into_iter()
                .filter_map(|what| match what {
                    What::ReadLetter { letter, .. } => Some(letter),
                    _ => None,
                })
                .collect();
            found.sort_unstable();
            found
        };
        let mut both = letters.clone();
        both.sort_unstable();
        readings::mark(&app.ground, colleague, client, both.iter().copied().collect()).await.unwrap();
        assert!(waits_for(colleague).await.is_empty());
        assert_eq!(waits_for(therapy.ada).await, both, "what a colleague has read is not read by her");
        readings::mark(&app.ground, therapy.ada, client, [letters[0]].into()).await.unwrap();
        assert_eq!(waits_for(therapy.ada).await, [letters[1]]);
        // Who comes later has nothing to do with what was read before they came.
        therapy.pass(Span::from_secs(1));
        let late = employ(&app, therapy.practice, Role::Therapist).await;
        let (staff, at) = (late.staff, therapy.now());
        write(&app, move |tx| {
            Box::pin(async move { store::clients::insert_care(tx, client, staff, at).await })
        })
        .await;
        let unread = send(&therapy, &phone, &[stopped(&therapy, release)]).await;
        assert_eq!(waits_for(late).await, unread);
        therapy.pass(Span::from_days(400));
        assert!(waits_for(therapy.ada).await.contains(&unread[0]), "however long ago");
    })
    .await;
}

#[tokio::test]
async fn a_quiet_caseload_is_looked_at_by_rows_alone() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let rating = Letter::Rating { release, at: therapy.now(), value: 3 };
        send(&therapy, &phone, &[rating]).await;
        assert!(waits(&therapy).await.is_empty());
        // From now on nobody's journal is opened, and nobody's orders are folded.
        let mut tx = app.ground.db.read().await.unwrap();
        let StaffCaller { practice, staff, .. } = therapy.ada;
        let all = Instant::from_millis(0);
        let unread = store::duties::unread_letters(&mut tx, practice, staff, None, all).await.unwrap();
        let judged =
            store::duties::clients_to_judge(&mut tx, practice, staff, therapy.now(), None).await.unwrap();
        assert!(unread.is_empty() && judged.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_release_in_doubt_waits_with_what_its_confirmation_must_name() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        assert!(waits(&therapy).await.is_empty());
        therapy.revoke(RevokeOn::Clip(therapy.clip)).await;
        let release = ReleaseId::new(therapy.now(), app.ground.entropy.bytes());
        let laptop = therapy.laptop().await;
        let (clip, recording, terms) = (therapy.clip, therapy.recording, therapy.terms());
        let act = Act::Release { release, clip, recording, terms, seen: Vec::new() };
        write_as(&therapy, laptop, vec![act]).await;
        let found = waits(&therapy).await;
        let [What::ConfirmRelease { client, release: found, seen, .. }] = found.as_slice() else {
            panic!("{} duties", found.len())
        };
        assert_eq!((*client, *found, seen.len()), (therapy.client, release, 1));
        crate::domain::desk::releases::confirm(&app.binders, therapy.ada, release, seen.clone())
            .await
            .unwrap();
        assert!(waits(&therapy).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_release_waits_for_a_consent_until_it_is_given_and_not_once_it_has_ended() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let release = therapy.release().await;
        let found = waits(&therapy).await;
        let is_it = |what: &What| {
            matches!(what, What::AskConsent { client, release: found, clip, .. }
                if (*client, *found, *clip) == (therapy.client, release, therapy.clip))
        };
        assert!(found.len() == 1 && is_it(&found[0]));
        therapy.consent(therapy.mia, None).await;
        assert_eq!(waits(&therapy).await.len(), 1, "Tom was not asked");
        therapy.consent(therapy.tom, None).await;
        assert!(waits(&therapy).await.is_empty());
        therapy.withdraw(therapy.tom).await;
        therapy.settle().await;
        assert!(waits(&therapy).await.is_empty(), "what a withdrawal has ended waits for nobody");
    })
    .await;
}

#[tokio::test]
async fn a_device_waits_for_its_name_to_be_confirmed_or_for_its_removal() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (one, two) = (therapy.unseen_phone().await, therapy.unseen_phone().await);
        let device = |what: &What| match what {
            What::ConfirmDevice { device, .. } => *device,
            _ => DeviceId::from_bytes([0; 16]),
        };
        let mut expected = [one.caller.device, two.caller.device];
        expected.sort_unstable();
        assert_eq!(waits(&therapy).await.iter().map(device).collect::<Vec<_>>(), expected);
        therapy.confirm(one.caller.device).await.unwrap();
        devices::remove(&app.binders, therapy.ada, therapy.client, two.caller.device).await.unwrap();
        assert!(waits(&therapy).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_end_waits_for_every_device_until_it_says_that_the_clip_is_gone_or_is_dark() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let phones: [Phone; 2] = [therapy.phone().await, therapy.phone().await];
        for phone in &phones {
            phone.ask().await;
        }
        let dark = therapy.now() + Span::from_hours(72);
        therapy.revoke(RevokeOn::Release(release)).await;
        let pending = |what: &What| match what {
            What::AwaitWipe { release: of, device, dark_by, .. } if *of == release => {
                Some((*device, *dark_by))
            }
            _ => None,
        };
        let found: Vec<_> = waits(&therapy).await.iter().filter_map(pending).collect();
        let mut expected = phones.each_ref().map(|phone| (phone.caller.device, dark));
        expected.sort_unstable();
        assert_eq!(found, expected);
        let [one, two] = phones;
        one.hand_in(vec![one.receipt(1, ReceiptKind::Wiped, release, FIRST)]).await.unwrap();
        let found: Vec<_> = waits(&therapy).await.iter().filter_map(pending).collect();
        assert_eq!(found, [(two.caller.device, dark)]);
        therapy.pass(Span::from_hours(72));
        assert!(waits(&therapy).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn letters_count_from_their_arrival_and_their_words_are_not_told() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        let phone = therapy.phone().await;
        let began = therapy.now();
        therapy.pass(Span::from_hours(1));
        // Written long before it came.
        let at = began - Span::from_days(9);
        let sent = [
            Letter::Return { release, at },
            Letter::Request { release: None, at, words: "May I stop?".into() },
            Letter::Rating { release, at, value: 3 },
        ];
        send(&therapy, &phone, &sent).await;
        let mut found = letters(&therapy, began).await;
        found.sort_by_key(|(_, says, _)| matches!(says, Some(Says::Request { .. })));
        let says: Vec<_> = found.iter().map(|(_, says, at)| (*says, *at)).collect();
        let now = therapy.now();
        let expected =
            [Says::Return { release }, Says::Request { release: None }].map(|says| (Some(says), now));
        assert_eq!(says, expected);
        assert!(letters(&therapy, now + Span::from_millis(1)).await.is_empty());
        let next = page(&app.ground, therapy.ada, None, None).await.unwrap().letters_next;
        assert_eq!(letters(&therapy, next).await.len(), 2, "what came in this minute may be told twice");
        therapy.pass(COMMITTED_WITHIN.saturating_add(Span::from_millis(1)));
        let next = page(&app.ground, therapy.ada, None, None).await.unwrap().letters_next;
        assert!(letters(&therapy, next).await.is_empty());
        assert_eq!(waits(&therapy).await.len(), 2, "without an instant all count");
        // No journal is opened for them; and one whose words cannot be read is told all the same. Of the other two it is
        // known that nothing is to be read in them.
        damage(&app, therapy.client, Kind::Journal).await;
        assert_eq!(letters(&therapy, began).await.len(), 2);
        execute(&app, "UPDATE letter SET sealed = NULL").await;
        let found = letters(&therapy, began).await;
        assert!(found.len() == 2 && found.iter().all(|(_, says, _)| says.is_none()));
    })
    .await;
}

#[tokio::test]
async fn a_restore_waits_for_every_therapist_of_its_practice_and_for_nobody_else() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let admin = employ(&app, therapy.practice, Role::PracticeAdmin).await;
        let eva = employ(&app, therapy.practice, Role::Therapist).await;
        execute(&app, "UPDATE practice SET held_at = 7").await;
        for staff in [therapy.ada, eva] {
            let found = all(&app, staff, None).await;
            assert!(matches!(found.as_slice(), [What::ConfirmRestore { since }] if since.as_millis() == 7));
        }
        assert!(all(&app, admin, None).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn nothing_waits_for_who_does_not_treat_the_client() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        therapy.release().await;
        therapy.unseen_phone().await;
        let colleague = employ(&app, therapy.practice, Role::Therapist).await;
        let beside = Therapy::begin(&app).await;
        assert_eq!(waits(&therapy).await.len(), 2);
        for stranger in [colleague, beside.ada] {
            assert!(all(&app, stranger, Some(Instant::from_millis(0))).await.is_empty());
        }
        // Another practice's client is not told even if somebody put its therapist on the care team.
        let (client, staff, at) = (therapy.client, beside.ada.staff, therapy.now());
        write(&app, move |tx| {
            Box::pin(async move { store::clients::insert_care(tx, client, staff, at).await })
        })
        .await;
        assert!(all(&app, beside.ada, None).await.is_empty());
        end_care(&app, therapy.client, therapy.ada.staff).await;
        assert!(waits(&therapy).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_cannot_be_woken_is_told_until_it_subscribes_anew_or_its_person_does_not_want_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let phone = therapy.phone().await;
        let (device, now) = (phone.caller.device, app.ground.clock.now());
        let row = || PushSubscription { endpoint_sealed: vec![1], p256dh: vec![1], auth_sealed: vec![1] };
        let deaf = async || {
            let waits = waits(&therapy).await;
            let found = waits.into_iter().filter_map(|what| match what {
                What::NoteDeaf { client, device, since } => Some((client, device, since)),
                _ => None,
            });
            found.collect::<Vec<_>>()
        };
        let told = [(therapy.client, device, now)];
        written!(therapy, |tx| push_subscriptions::put(tx, device, &row(), &[1; 32], now));
        assert_eq!(deaf().await, []);
        for _ in 0..2 {
            written!(therapy, |tx| push_subscriptions::note_refused(tx, device, &[1], true, now));
        }
        assert_eq!(deaf().await, told);
        written!(therapy, |tx| push_subscriptions::put(tx, device, &row(), &[1; 32], now));
        assert_eq!(deaf().await, []);
        // Its push service does not know it any more.
        written!(therapy, |tx| push_subscriptions::end_exactly(tx, device, &[1], now));
        assert_eq!(deaf().await, told);
        written!(therapy, |tx| push_subscriptions::end(tx, device, now));
        assert_eq!(deaf().await, [], "its person does not want to be woken");
        // The server's own key was lost.
        written!(therapy, |tx| push_subscriptions::put(tx, device, &row(), &[1; 32], now));
        written!(therapy, |tx| push_subscriptions::note_push_key(tx, &[2; 32], true, now));
        assert_eq!(deaf().await, told);
        let page = page(&app.ground, therapy.ada, None, None).await.unwrap();
        assert!(page.duties.iter().all(|duty| duty.title.is_none()));
        // A removed phone is nothing that anybody could mend.
        devices::remove(&app.binders, therapy.ada, therapy.client, device).await.unwrap();
        assert_eq!(deaf().await, []);
    })
    .await;
}
