//! Where duties stand, and how they come in pages.

use super::*;
use crate::app::App;

#[tokio::test]
async fn of_forty_one_clients_the_last_ones_return_is_the_first_duty() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        for _ in 0..39 {
            therapy.pass(Span::from_millis(1));
            let client = clients::add(&app.ground, therapy.ada, "Somebody").await.unwrap().id;
            Therapy { client, ..therapy.at(&app) }.unseen_phone().await;
        }
        therapy.pass(Span::from_hours(1));
        let (last, phone) = another(&therapy).await;
        let release = ReleaseId::new(therapy.now(), app.ground.entropy.bytes());
        let [letter] = send(&last, &phone, &[stopped(&last, release)]).await.try_into().unwrap();
        let Page { duties, next, .. } = page(&app.ground, therapy.ada, None, None).await.unwrap();
        assert!(duties.len() == 40 && next.is_none());
        assert!(matches!(duties[0].what, What::ReadLetter { client, letter: found, .. }
            if (client, found) == (last.client, letter)));
    })
    .await;
}

#[tokio::test]
async fn duties_stand_by_urgency_and_then_by_how_long_they_have_waited() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, holder) = Therapy::held(&app).await;
        let (other, phone) = another(&therapy).await;
        // Nothing to be done about: his clip has ended, and the phone has not said that it is gone.
        therapy.revoke(RevokeOn::Release(release)).await;
        let minute = || therapy.pass(Span::from_secs(60));
        minute();
        let unseen = other.unseen_phone().await;
        minute();
        send(&other, &phone, &[asks(&other)]).await;
        minute();
        let first = send(&therapy, &holder, &[stopped(&therapy, release)]).await;
        minute();
        let second = send(&other, &phone, &[stopped(&other, release)]).await;
        execute(&app, "UPDATE practice SET held_at = 7").await;
        let Page { duties, .. } = page(&app.ground, therapy.ada, None, None).await.unwrap();
        let [one, two, three, four, five, six] = duties.as_slice() else { panic!("{}", duties.len()) };
        let is_letter = |duty: &Duty, wanted: &[EntryId]| {
            matches!(duty.what, What::ReadLetter { letter, .. }
            if wanted == [letter])
        };
        assert!(is_letter(one, &first) && is_letter(two, &second));
        assert!(matches!(three.what, What::ConfirmRestore { .. }));
        assert!(matches!(four.what, What::ConfirmDevice { device, .. } if device == unseen.caller.device));
        assert!(matches!(five.what, What::ReadLetter { says: Some(Says::Request { .. }), .. }));
        assert!(matches!(six.what, What::AwaitWipe { .. }));
        let urgencies: Vec<_> = duties.iter().map(|duty| duty.what.urgency()).collect();
        let (now, normal) = (Urgency::Now, Urgency::Normal);
        assert_eq!(urgencies, [now, now, Urgency::High, normal, normal, Urgency::Low]);
        // A phone may name whatever release it pleases: the title of another client's is not told.
        let titles: Vec<_> = duties.iter().map(|duty| duty.title.as_deref()).collect();
        assert_eq!(titles, [Some("Breathing"), None, None, None, None, Some("Breathing")]);
    })
    .await;
}

#[tokio::test]
async fn nothing_that_waits_all_the_time_is_skipped_while_pages_are_read_and_others_work() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (other, phone) = another(&therapy).await;
        let letters: Vec<_> = (0..PAGE + 20).map(|_| asks(&other)).collect();
        let mut waits = send(&other, &phone, &letters).await;
        let Page { duties, next, .. } = page(&app.ground, therapy.ada, None, None).await.unwrap();
        let letter = |duty: &Duty| match &duty.what {
            What::ReadLetter { letter, .. } => *letter,
            _ => panic!("something else"),
        };
        let mut found: Vec<_> = duties.iter().map(letter).collect();
        // Half of what was told is read, and something more urgent comes.
        let read: std::collections::BTreeSet<_> = found.iter().step_by(2).copied().collect();
        readings::mark(&app.ground, therapy.ada, other.client, read).await.unwrap();
        let release = ReleaseId::new(therapy.now(), app.ground.entropy.bytes());
        send(&other, &phone, &[stopped(&other, release)]).await;
        let rest = page(&app.ground, therapy.ada, None, next).await.unwrap();
        assert!(rest.next.is_none());
        found.extend(rest.duties.iter().map(letter));
        found.sort_unstable();
        waits.sort_unstable();
        assert_eq!(found, waits);
        let again = page(&app.ground, therapy.ada, None, None).await.unwrap();
        assert_eq!(again.duties[0].what.urgency(), Urgency::Now, "what came is found from the beginning");
    })
    .await;
}

#[tokio::test]
async fn duties_come_in_pages_and_none_is_missed_or_told_twice() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        // One client with more than a page, in the middle of others.
        let mut expected = 0;
        for n in 0..43 {
            let client = clients::add(&app.ground, therapy.ada, "Somebody").await.unwrap().id;
            let count = if n == 5 { PAGE + 30 } else { n % 2 };
            add_devices(&app, &therapy, client, count).await;
            // Ids are in the order of their instants.
            therapy.pass(Span::from_millis(1));
            expected += count;
        }
        let found = waits(&therapy).await;
        let mut devices: Vec<_> = found
            .iter()
            .filter_map(|what| match what {
                What::ConfirmDevice { device, .. } => Some(*device),
                _ => None,
            })
            .collect();
        // Nothing is folded for those whose releases wait for nothing.
        assert_eq!(devices.len(), expected);
        devices.sort_unstable();
        devices.dedup();
        assert_eq!(devices.len(), expected);
        let first = page(&app.ground, therapy.ada, None, None).await.unwrap();
        assert_eq!(first.duties.len(), PAGE);
        let place = first.next.unwrap();
        assert_eq!(Cursor::parse(&place.to_text()), Some(place));
        for wrong in ["", "x", &place.to_text()[1..], &format!("{}AA", place.to_text())] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    })
    .await;
}

async fn add_devices(app: &Arc<App>, therapy: &Therapy, client: ClientId, count: usize) {
    let (practice, at, entropy, keys) =
        (therapy.practice, therapy.now(), app.ground.entropy.clone(), app.ground.keys.clone());
    let done: Result<(), Refusal> = app
        .ground
        .committer
        .commit(store::Urgency::Grant, move |tx| {
            Box::pin(async move {
                let key = keys.practice(tx, practice).await?;
                for _ in 0..count {
                    let [exchange_key, signing_key]: [[u8; 16]; 2] = [entropy.bytes(), entropy.bytes()];
                    let id = DeviceId::new(at, entropy.bytes());
                    let row = store::devices::NewDevice {
                        id,
                        practice,
                        person: Person::Client(client),
                        name_sealed: &key.seal(&format!("device.name_sealed/{id}"), b"Phone"),
                        exchange_key: &exchange_key,
                        signing_key: &signing_key,
                        paired_at: at,
                        confirmed_at: None,
                    };
                    store::devices::insert(tx, &row).await?;
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
}
