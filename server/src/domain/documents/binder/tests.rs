//! Documents that a disk has damaged: restrictions go on without them.

use sync_core::{
    documents::{ObservationKind, entries},
    id::EntryId,
    lease::{DenialKind, Marks},
    orders::RevokeOn,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    domain::{
        decisions::restrictions,
        desk::{
            casebook::NewObservation,
            releases::{self, NewRelease, NewRevocation},
        },
        documents::notes::ReleaseWords,
        sync::tests::Device,
    },
    nouns::callers::DeviceCaller,
    testing::{
        execute, for_each_database, for_sqlite,
        therapy::{FIRST, Therapy, damage},
    },
};

#[tokio::test]
async fn i5_no_damaged_document_holds_up_a_revocation() {
    for kind in Kind::all() {
        for_each_database(|database| async move {
            let app = database.app().await;
            let therapy = Therapy::consented(&app).await;
            let (release, phone) = (therapy.release().await, therapy.phone().await);
            assert!(phone.ask().await.lease(release).is_some());
            damage(&app, therapy.client, kind).await;
            app.binders.of(therapy.client).await.unwrap().forget().await;
            therapy.revoke(RevokeOn::Release(release)).await;
            let answer = phone.ask().await;
            assert_eq!(answer.denied(release), [(DenialKind::Ended, FIRST)], "{kind:?}");
            assert!(answer.is_empty(), "{kind:?}");
            if kind != Kind::Shelf {
                assert_eq!(
                    therapy.item(release).await.unwrap().state,
                    sync_core::documents::ShelfState::Ended
                );
            }
            if kind != Kind::Orders {
                assert_eq!(entries(&therapy.document(Kind::Orders).await).len(), 2, "{kind:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_revocation_is_written_without_its_note_where_the_casebook_is_damaged_and_says_so() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        phone.ask().await;
        damage(&app, therapy.client, Kind::Casebook).await;
        let observation = NewObservation { kind: ObservationKind::Fixation, reason: "Every night.".into() };
        let new = NewRevocation { on: RevokeOn::Release(release), observation: Some(observation) };
        let told = releases::revoke(&app.binders, therapy.ada, therapy.client, new).await;
        assert!(matches!(told, Err(Refusal::NoteNotKept)), "{told:?}");
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_made_without_the_casebook_and_not_without_its_words() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let words = ReleaseWords {
            note: None,
            marks: Marks::default(),
            parting_note: "See you on Monday.".to_owned(),
        };
        let new =
            NewRelease { clip: therapy.clip, terms: therapy.terms(), seen: Vec::new(), words: Some(words) };
        let release = releases::release(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        let phone = therapy.phone().await;
        damage(&app, therapy.client, Kind::Casebook).await;
        assert!(phone.ask().await.lease(release).is_some(), "its words stand in a row");
        // A default in the place of what the therapist wrote would be a lie.
        execute(&app, "UPDATE note SET sealed = X'00'").await;
        assert!(phone.ask().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_connection_goes_on_with_the_documents_that_are_whole() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let laptop = DeviceCaller::Console(therapy.laptop().await);
        damage(&app, therapy.client, Kind::Casebook).await;
        let mut device = Device::connect(&therapy, laptop, &[Kind::Orders, Kind::Casebook]).await;
        device.exchange().await.unwrap();
        assert_eq!(device.withheld.len(), 1);
        therapy.release().await;
        device.hear_of(&therapy).await.unwrap();
        let orders = device.documents.values().find(|document| entries(document).len() == 1);
        assert!(orders.is_some(), "the orders are told beside a damaged casebook");
    })
    .await;
}

#[tokio::test]
async fn i5_a_laptop_takes_away_although_the_orders_are_damaged() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone, laptop) =
            (therapy.release().await, therapy.phone().await, therapy.laptop().await);
        phone.ask().await;
        damage(&app, therapy.client, Kind::Orders).await;
        app.binders.of(therapy.client).await.unwrap().forget().await;
        let act = sync_core::orders::Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] };
        let by = sync_core::orders::Author::Device(laptop.device);
        let entry = sync_core::orders::Entry { by, at: therapy.now(), act };
        let new = vec![(EntryId::from_bytes([5; 16]), entry.encode())];
        restrictions::take(&app.binders, laptop, therapy.client, new).await.unwrap();
        assert_eq!(phone.ask().await.denied(release), [(DenialKind::Ended, FIRST)]);
    })
    .await;
}
