//! How documents are kept: compacted without loss, and sealed where they hold words.

use automerge::ReadDoc;
use sync_core::{
    documents::{Letter, ObservationKind, entries},
    id::EntryId,
    orders::RevokeOn,
};

use super::{notes::ReleaseWords, *};
use crate::{
    app::App,
    domain::{
        desk::{
            casebook::NewObservation,
            releases::{self, NewRelease, NewRevocation},
        },
        sync::tests::Device,
    },
    nouns::callers::DeviceCaller,
    store::db::on_tx,
    testing::{for_each_database, number, therapy::Therapy},
};

#[tokio::test]
async fn compacting_keeps_contents_heads_and_whose_each_actor_is() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (phone, release) = (therapy.phone().await, therapy.release().await);
        let caller = DeviceCaller::Companion(phone.caller);
        let mut device = Device::connect(&therapy, caller, &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        let (&id, journal) = device.documents.iter_mut().next().unwrap();
        for n in 0..=u16::try_from(COMPACT_AFTER).unwrap() {
            let mut key = [0; 16];
            key[..2].copy_from_slice(&n.to_be_bytes());
            let letter = Letter::Rating { release, at: therapy.now(), value: 1 };
            views::append(journal, &[(EntryId::from_bytes(key), letter.encode())]).unwrap();
        }
        device.exchange().await.unwrap();
        assert_eq!(device.refusals, Vec::<String>::new());
        let journal = &device.documents[&id];
        let changes = "SELECT COUNT(*) FROM document_change c JOIN document d ON d.id = c.document \
                       WHERE d.kind = 'journal'";
        assert_eq!(number(&app, changes).await, 0);
        let stored = therapy.document(Kind::Journal).await;
        assert_eq!(stored.get_heads(), journal.get_heads());
        assert_eq!(entries(&stored).len(), COMPACT_AFTER + 1);
        assert_eq!(stored.get_changes(&[]).len(), journal.get_changes(&[]).len());

        // Another phone cannot go on under the first one's actor, which the snapshot still knows.
        let binder = app.binders.of(therapy.client).await.unwrap();
        let open = binder.open(&app.ground).await.unwrap();
        let sheet = open.contents().unwrap().sheet(Kind::Journal).unwrap();
        let (owner, seq) = sheet.actors[journal.get_actor()];
        assert_eq!((owner, seq), (Some(phone.caller.device), 257));
        drop(open);
        // And the first one goes on where it was.
        let letter = Letter::Return { release, at: therapy.now() };
        let journal = device.documents.get_mut(&id).unwrap();
        views::append(journal, &[(EntryId::from_bytes([9; 16]), letter.encode())]).unwrap();
        device.exchange().await.unwrap();
        assert_eq!(entries(&therapy.document(Kind::Journal).await).len(), COMPACT_AFTER + 2);
    })
    .await;
}

/// Every byte of every document and change.
async fn everything_stored(app: &App) -> Vec<u8> {
    let mut tx = app.ground.db.read().await.unwrap();
    let mut all = Vec::new();
    for sql in
        ["SELECT snapshot FROM document", "SELECT bytes FROM document_change", "SELECT bytes FROM entry"]
    {
        let rows: Vec<(Vec<u8>,)> = on_tx!(&mut tx, c => sqlx::query_as(sql).fetch_all(c).await).unwrap();
        all.extend(rows.into_iter().flat_map(|(bytes,)| bytes));
    }
    all
}

#[tokio::test]
async fn words_of_journal_and_casebook_are_nowhere_in_the_database() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let words = ReleaseWords {
            note: Some("Listen for your shoulders".into()),
            marks: sync_core::lease::Marks::default(),
            parting_note: "Until the lake freezes".into(),
        };
        let new =
            NewRelease { clip: therapy.clip, terms: therapy.terms(), seen: Vec::new(), words: Some(words) };
        let release = releases::release(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        let observation =
            NewObservation { kind: ObservationKind::Fixation, reason: "Leans on it at night".into() };
        let new = NewRevocation { on: RevokeOn::Release(release), observation: Some(observation) };
        releases::revoke(&app.binders, therapy.ada, therapy.client, new).await.unwrap();
        let phone = therapy.phone().await;
        let caller = DeviceCaller::Companion(phone.caller);
        let mut device = Device::connect(&therapy, caller, &[Kind::Journal]).await;
        device.exchange().await.unwrap();
        let words = "Can I have it longer?".to_owned();
        let letter = Letter::Request { release: Some(release), at: therapy.now(), words };
        let journal = device.documents.values_mut().next().unwrap();
        views::append(journal, &[(EntryId::from_bytes([3; 16]), letter.encode())]).unwrap();
        device.exchange().await.unwrap();

        let stored = everything_stored(&app).await;
        let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
        for words in ["shoulders", "lake freezes", "at night", "fixation", "Can I have it longer?", "return"]
        {
            assert!(!holds(words), "{words}");
        }
        // The orders are plain, so that this would have been seen.
        assert!(holds("revoke"));
        let casebook = therapy.document(Kind::Casebook).await;
        assert_eq!(entries(&casebook).len(), 2);
        assert_eq!(entries(&therapy.document(Kind::Journal).await).len(), 1);
        assert!(casebook.get(automerge::ROOT, "v").unwrap().is_some());
    })
    .await;
}
