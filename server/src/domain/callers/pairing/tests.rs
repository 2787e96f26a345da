use p256::{ecdsa::SigningKey, elliptic_curve::Generate};

use super::*;
use crate::{
    app::App,
    domain::decisions::commit::tests::second_server,
    nouns::entropy::Entropy,
    testing::{for_each_database, for_postgres, number, therapy::Therapy},
};

const PHONES: &str = "SELECT COUNT(*) FROM device WHERE client IS NOT NULL AND removed_at IS NULL";

/// A therapy in a practice that has a name, and numbers to call.
async fn begin(app: &std::sync::Arc<App>) -> Therapy {
    let therapy = Therapy::begin(app).await;
    let practice = therapy.practice;
    let done: Result<(), Refusal> = app
        .ground
        .commit(Urgency::Grant, move |ground, tx| {
            Box::pin(async move {
                let key = ground.keys.practice(tx, practice).await?;
                let contact = Contact { practice: "+41 44 000 00 00".into(), crisis: "143".into() };
                let contact = serde_json::to_vec(&contact).unwrap();
                let name = key.seal(&format!("practice.name_sealed/{practice}"), b"Practice");
                let contact = key.seal(&format!("practice.contact_sealed/{practice}"), &contact);
                Ok(store::practices::set_words(tx, practice, &name, &contact).await?)
            })
        })
        .await;
    done.unwrap();
    therapy
}

fn phone() -> NewDevice {
    let key = || {
        let key = SigningKey::generate_from_rng(&mut Entropy::System);
        key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    };
    NewDevice { name: "Mia's phone".into(), exchange_key: key(), signing_key: key() }
}

async fn code(therapy: &Therapy) -> Zeroizing<String> {
    invite(&therapy.app.ground, therapy.ada, therapy.client).await.unwrap().code
}

async fn try_pair(app: &App, code: &str) -> Result<DeviceId, Refusal> {
    pair(&app.ground, std::net::Ipv4Addr::LOCALHOST.into(), code, phone()).await.map(|paired| paired.device)
}

async fn confirm(therapy: &Therapy, device: DeviceId) {
    therapy.confirm(device).await.unwrap();
}

#[track_caller]
fn assert_too_many<T>(outcome: Result<T, Refusal>) {
    assert!(matches!(outcome.err(), Some(Refusal::DevicesTooMany)));
}

#[tokio::test]
async fn two_phones_of_a_client_wait_for_a_yes_and_no_third() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = begin(&app).await;
        let codes = [code(&therapy).await, code(&therapy).await, code(&therapy).await];
        let first = try_pair(&app, &codes[0]).await.unwrap();
        try_pair(&app, &codes[1]).await.unwrap();
        assert_too_many(try_pair(&app, &codes[2]).await);
        assert_too_many(invite(&app.ground, therapy.ada, therapy.client).await);
        // The code is not used up by that.
        confirm(&therapy, first).await;
        try_pair(&app, &codes[2]).await.unwrap();
        therapy.pass(sync_core::policy::UNCONFIRMED_FOR);
        // Those that waited too long make room at once.
        try_pair(&app, &code(&therapy).await).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_client_has_five_phones_and_one_that_is_removed_makes_room() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = begin(&app).await;
        let early = [code(&therapy).await, code(&therapy).await];
        let mut phones = Vec::new();
        for _ in 0..5 {
            phones.push(therapy.phone().await.caller);
        }
        assert_too_many(invite(&app.ground, therapy.ada, therapy.client).await);
        assert_too_many(invite_next(&app.ground, phones[0]).await);
        assert_too_many(try_pair(&app, &early[0]).await);
        devices::remove(&app.binders, therapy.ada, therapy.client, phones[4].device).await.unwrap();
        assert!(invite_next(&app.ground, phones[0]).await.is_ok());
        try_pair(&app, &early[0]).await.unwrap();
        assert_too_many(try_pair(&app, &early[1]).await);
    })
    .await;
}

#[tokio::test]
async fn phones_that_come_at_once_to_two_servers_are_counted_one_after_the_other() {
    for_postgres(|database| async move {
        let (one, two) = (database.app().await, second_server(&database).await);
        let therapy = begin(&one).await;
        therapy.unseen_phone().await;
        // Made before, and on one of the client's own phones, too: then that phone is locked as well.
        let own = therapy.phone().await.caller;
        let mut codes = vec![invite_next(&one.ground, own).await.unwrap().code];
        for _ in 0..7 {
            codes.push(code(&therapy).await);
        }
        let before = number(&one, PHONES).await;
        let attempts = codes.iter().enumerate().map(|(n, code)| {
            let app = if n % 2 == 0 { &one } else { &two };
            try_pair(app, code)
        });
        let outcomes = futures_util::future::join_all(attempts).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        outcomes.into_iter().filter(Result::is_err).for_each(assert_too_many);
        assert_eq!(number(&one, PHONES).await, before + 1);
        two.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_waits_for_one_that_is_being_paired_and_is_counted_after_it() {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for_postgres(|database| async move {
        let app = database.app().await;
        let therapy = begin(&app).await;
        therapy.unseen_phone().await;
        let code = code(&therapy).await;
        let mut other = app.ground.db.write().await.unwrap();
        store::clients::lock(&mut other, therapy.client).await.unwrap();
        let person = Person::Client(therapy.client);
        devices::insert(&app.ground, &mut other, therapy.practice, person, &phone()).await.unwrap();
        let late = {
            let app = std::sync::Arc::clone(&app);
            tokio::spawn(async move { try_pair(&app, &code).await })
        };
        while !late.is_finished() && number(&app, WAITING).await == 0 {
            tokio::task::yield_now().await;
        }
        other.commit().await.unwrap();
        assert_too_many(late.await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_member_of_staff_has_ten_devices() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = begin(&app).await;
        let mut last = None;
        for _ in 0..10 {
            last = Some(devices::add_own(&app.ground, therapy.ada, phone()).await.unwrap().device);
        }
        assert_too_many(devices::add_own(&app.ground, therapy.ada, phone()).await);
        devices::remove_own(&app.binders, therapy.ada, last.unwrap()).await.unwrap();
        assert!(devices::add_own(&app.ground, therapy.ada, phone()).await.is_ok());
        assert_too_many(devices::add_own(&app.ground, therapy.ada, phone()).await);
    })
    .await;
}

#[tokio::test]
async fn a_persons_phones_make_so_many_codes_an_hour() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = begin(&app).await;
        let phones = [therapy.phone().await.caller, therapy.phone().await.caller];
        for n in 0..usize::try_from(Counted::PairingCode.most()).unwrap() {
            invite_next(&app.ground, phones[n % 2]).await.unwrap();
        }
        for phone in phones {
            let refused = invite_next(&app.ground, phone).await.err();
            assert!(matches!(refused, Some(Refusal::TooManyRequests { .. })));
        }
        // The therapist still can.
        assert!(invite(&app.ground, therapy.ada, therapy.client).await.is_ok());
    })
    .await;
}
