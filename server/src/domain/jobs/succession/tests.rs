//! Devices that come late to documents that have been replaced.

use automerge::ActorId;
use std::collections::BTreeMap;
use sync_core::{
    documents as views,
    documents::{Document, Letter, PlayKey, ShelfState, entries, plays, record_plays},
    id::{EntryId, ReleaseId},
    lease::DenialKind,
    orders::{Act, Orders},
    terms::TermsChange,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    domain::{
        decisions::commit::tests::{doom, lift_doom, second_server},
        documents,
        people::care,
        sync::tests::{Device, encoded, release_of, revocation, write_as},
    },
    nouns::callers::{ConsoleCaller, DeviceCaller},
    testing::{
        for_each_database, for_postgres, number,
        therapy::{FIRST, Therapy, end_care},
    },
};

mod aged;
mod restored;

/// Far beyond what is kept.
const LONG: Span = Span::from_days(100);

/// The ids of a client's documents that are in use.
async fn ids(therapy: &Therapy) -> BTreeMap<Kind, DocumentId> {
    let mut tx = therapy.app.ground.db.read().await.unwrap();
    store::documents::ids_of_client(&mut tx, therapy.client).await.unwrap().into_iter().collect()
}

/// Does what the worker would if these had grown.
async fn replace(therapy: &Therapy, kinds: &[Kind]) {
    let ids = ids(therapy).await;
    let grown = kinds.iter().map(|kind| (*kind, ids[kind])).collect();
    succeed(&therapy.app.binders, therapy.client, grown).await.unwrap();
}

/// A console that is level with the orders as they are now.
async fn level(therapy: &Therapy, laptop: ConsoleCaller) -> Device {
    let mut device = Device::connect(therapy, DeviceCaller::Console(laptop), &[Kind::Orders]).await;
    device.exchange().await.unwrap();
    device
}

/// The device comes back with what it has, on a new connection.
async fn reconnect(therapy: &Therapy, caller: DeviceCaller, device: Device) -> Device {
    Device::connect_with(therapy, caller, device.documents).await
}

/// Writes acts on the device's copy, each in a change of its own.
fn write(therapy: &Therapy, laptop: ConsoleCaller, device: &mut Device, acts: Vec<Act>) -> Vec<EntryId> {
    let written = acts.into_iter().map(|act| {
        let entry = encoded(laptop, therapy, act);
        views::append(device.only(), std::slice::from_ref(&entry)).unwrap();
        entry.0
    });
    written.collect()
}

/// The fold of the document in use: what consoles show.
async fn folded(therapy: &Therapy) -> Orders {
    let entries = entries(&therapy.document(Kind::Orders).await);
    Orders::fold_encoded(entries.iter().map(|(id, bytes)| (*id, bytes.as_slice())))
}

fn longer(therapy: &Therapy, release: ReleaseId, over: Vec<EntryId>) -> Act {
    let expires_at = Some(therapy.now() + Span::from_days(365));
    Act::Amend { release, set: TermsChange { expires_at, ..TermsChange::default() }, over }
}

#[tokio::test]
async fn who_reads_an_old_document_is_sent_to_the_list_and_finds_the_new_one_there() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone, laptop) =
            (therapy.release().await, therapy.phone().await, therapy.laptop().await);
        let companion = DeviceCaller::Companion(phone.caller);
        let kinds = [Kind::Shelf, Kind::Journal];
        let mut there = Device::connect(&therapy, companion, &kinds).await;
        there.exchange().await.unwrap();
        let old = ids(&therapy).await;
        let shelf = therapy.shelf().await;
        replace(&therapy, &[Kind::Shelf, Kind::Journal]).await;

        let new = ids(&therapy).await;
        let differs = Kind::all().filter(|kind| old[kind] != new[kind]).collect::<Vec<_>>();
        assert_eq!(differs, [Kind::Orders, Kind::Shelf, Kind::Journal], "not the casebook");
        assert_eq!(therapy.shelf().await, shelf);
        let listed: BTreeMap<_, _> =
            documents::for_companion(&app.ground, therapy.client).await.unwrap().into_iter().collect();
        assert_eq!(listed, kinds.map(|kind| (kind, new[&kind])).into());
        let listed = care::documents_of(&app.ground, therapy.ada, therapy.client).await.unwrap();
        assert_eq!(listed.into_iter().collect::<BTreeMap<_, _>>(), new);

        // Whoever has found the old one in use a moment ago is not given the new one under its id.
        let binder = app.binders.of(therapy.client).await.unwrap();
        let open = binder.open(&app.ground).await.unwrap();
        let shelf_under = |id| open.contents().unwrap().sheet_under(Kind::Shelf, id).is_ok();
        assert!(!shelf_under(old[&Kind::Shelf]) && shelf_under(new[&Kind::Shelf]));
        drop(open);

        // A connection that is open hears it at once, one that comes later when it asks.
        there.hear_of(&therapy).await.unwrap();
        assert_eq!(there.withheld.len(), 2);
        let mut late = reconnect(&therapy, companion, there).await;
        late.exchange().await.unwrap();
        assert_eq!((late.withheld.len(), late.refusals.len()), (2, 0));
        // Who has nothing yet is told nothing of the old ones.
        for (caller, kinds) in
            [(companion, &kinds[..]), (DeviceCaller::Console(laptop), &[Kind::Orders, Kind::Shelf])]
        {
            let empty = kinds.iter().map(|kind| (old[kind], Document::new())).collect();
            let mut fresh = Device::connect_with(&therapy, caller, empty).await;
            fresh.exchange().await.unwrap();
            assert_eq!(fresh.withheld.len(), 2);
            assert!(fresh.documents.values().all(Document::is_empty));
            let mut fresh = Device::connect(&therapy, caller, kinds).await;
            fresh.exchange().await.unwrap();
            assert_eq!(fresh.withheld, []);
            assert!(fresh.documents.values().all(|document| !document.is_empty()));
        }
        // Life goes on in the new ones.
        write_as(&therapy, laptop, vec![revocation(release)]).await;
        assert_eq!(therapy.item(release).await.unwrap().state, ShelfState::Ended);
    })
    .await;
}

#[tokio::test]
async fn i5_what_a_late_console_takes_back_on_the_old_orders_ends_the_clip() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone, laptop) =
            (therapy.release().await, therapy.phone().await, therapy.laptop().await);
        phone.ask().await;
        let (first, second) = (level(&therapy, laptop).await, level(&therapy, laptop).await);
        let (mut third, console) = (level(&therapy, laptop).await, DeviceCaller::Console(laptop));
        // The chain of its ids has several links: both lead to its end.
        replace(&therapy, &[Kind::Orders]).await;
        let mut late = reconnect(&therapy, console, first).await;
        let hold = Act::Hold { on: sync_core::orders::HoldOn::Release(release), until: None, hits: vec![] };
        let held = write(&therapy, laptop, &mut late, vec![hold]);
        late.exchange().await.unwrap();
        assert!(late.went_through(), "{late:?}");
        assert_eq!(therapy.truth(release).await.holds, held);
        replace(&therapy, &[Kind::Shelf]).await;
        let mut late = reconnect(&therapy, console, second).await;
        let ended = write(&therapy, laptop, &mut late, vec![revocation(release)]);
        late.exchange().await.unwrap();
        assert!(late.went_through(), "{late:?}");
        assert!(phone.ask().await.denied(release).contains(&(DenialKind::Ended, FIRST)));
        let there: Vec<_> =
            entries(&therapy.document(Kind::Orders).await).into_iter().map(|(id, _)| id).collect();
        assert!(there.contains(&held[0]) && there.contains(&ended[0]));
        assert_eq!(therapy.item(release).await.unwrap().state, ShelfState::Ended);

        // One that is connected all the while, and does not listen, goes on writing on the old one: nothing is lost.
        for _ in 0..2 {
            let again = write(&therapy, laptop, &mut third, vec![release_of(&therapy, therapy.clip)]);
            third.exchange().await.unwrap();
            assert!(third.refusals.is_empty() && third.is_acknowledged(), "{third:?}");
            let there = entries(&therapy.document(Kind::Orders).await);
            assert!(there.iter().any(|(id, _)| *id == again[0]));
        }
        assert_eq!(phone.ask().await.batch.items.len(), 2, "and what it released plays");
    })
    .await;
}

#[tokio::test]
async fn i5_a_restriction_among_refused_late_changes_is_entered_all_the_same() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (release, laptop) = (therapy.release().await, therapy.laptop().await);
        let mut device = level(&therapy, laptop).await;
        let mut ended = level(&therapy, laptop).await;
        replace(&therapy, &[Kind::Orders]).await;
        let before = number(&app, "SELECT COUNT(*) FROM entry").await;
        write(&therapy, laptop, &mut device, vec![revocation(release), release_of(&therapy, other.clip)]);
        device.exchange().await.unwrap();
        assert_eq!(device.refusals, ["entry_names_unknown"]);
        assert!(therapy.truth(release).await.standing.has_ended());
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before + 1);

        // And of one whose part has ended: a hold comes first and a therapist decides, what gives counts not at all, and
        // nothing is told.
        let second = therapy.release().await;
        end_care(&app, therapy.client, laptop.staff).await;
        write(&therapy, laptop, &mut ended, vec![release_of(&therapy, therapy.clip), revocation(second)]);
        let heads = ended.only().get_heads();
        ended.exchange().await.unwrap();
        assert_eq!((ended.only().get_heads(), ended.is_acknowledged()), (heads, false));
        assert_eq!(therapy.item(second).await.unwrap().state, ShelfState::Paused);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before + 3);
    })
    .await;
}

#[tokio::test]
async fn i5_old_ids_of_others_are_refused_exactly_as_unknown_ones() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (laptop, phone) = (therapy.laptop().await, therapy.phone().await);
        let (asleep, now) = (ids(&other).await, ids(&therapy).await);
        replace(&other, &[Kind::Orders, Kind::Journal]).await;
        replace(&therapy, &[Kind::Orders, Kind::Journal]).await;
        let rows = "SELECT COUNT(*) FROM predecessor_actor";
        for (caller, kind, own) in [
            (DeviceCaller::Console(laptop), Kind::Orders, false),
            (DeviceCaller::Companion(phone.caller), Kind::Journal, false),
            (DeviceCaller::Console(laptop), Kind::Journal, true),
            (DeviceCaller::Companion(phone.caller), Kind::Orders, true),
        ] {
            let old = if own { now[&kind] } else { asleep[&kind] };
            for id in [old, DocumentId::new(app.ground.entropy.bytes())] {
                // With something to bring, under a guessed history.
                let mut guessed = views::create(kind, ActorId::from([3; 16])).unwrap();
                views::append(&mut guessed, &[(EntryId::from_bytes([4; 16]), vec![0xa0])]).unwrap();
                let mut device = Device::connect_with(&therapy, caller, [(id, guessed)].into()).await;
                device.exchange().await.unwrap();
                assert_eq!((device.withheld.as_slice(), device.refusals.len()), (&[id][..], 0));
                assert_eq!(number(&app, rows).await, 0);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn late_letters_and_counts_reach_the_successor_of_the_journal() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (release, phone) = (therapy.release().await, therapy.phone().await);
        let (companion, device) = (DeviceCaller::Companion(phone.caller), phone.caller.device);
        let letter = |value| Letter::Rating { release, at: therapy.now(), value }.encode();
        let key =
            |day: u64| PlayKey { device, release, day: therapy.now() - Span::from_days(day), part: None };
        let id = |n| EntryId::from_bytes([n; 16]);
        let mut away = Device::connect(&therapy, companion, &[Kind::Journal]).await;
        away.exchange().await.unwrap();
        views::append(away.only(), &[(id(1), letter(1))]).unwrap();
        record_plays(away.only(), key(0), 2).unwrap();
        record_plays(away.only(), key(200), 9).unwrap();
        away.exchange().await.unwrap();
        replace(&therapy, &[Kind::Journal]).await;
        assert_eq!(plays(&therapy.document(Kind::Journal).await), [(key(0), 2)].into());

        let mut late = reconnect(&therapy, companion, away).await;
        views::append(late.only(), &[(id(2), letter(2))]).unwrap();
        record_plays(late.only(), key(0), 3).unwrap();
        record_plays(late.only(), key(150), 4).unwrap();
        late.exchange().await.unwrap();
        assert!(late.went_through(), "{late:?}");
        let journal = therapy.document(Kind::Journal).await;
        assert_eq!(entries(&journal), [(id(1), letter(1)), (id(2), letter(2))]);
        assert_eq!(plays(&journal), [(key(0), 3), (key(150), 4)].into(), "what is late is news, however old");

        // The device goes on with the new one, and writes there again what it was not sure of.
        let mut there = Device::connect(&therapy, companion, &[Kind::Journal]).await;
        there.exchange().await.unwrap();
        views::append(there.only(), &[(id(2), letter(2)), (id(3), letter(3))]).unwrap();
        record_plays(there.only(), key(0), 4).unwrap();
        there.exchange().await.unwrap();
        assert!(there.refusals.is_empty() && there.is_acknowledged());
        let journal = therapy.document(Kind::Journal).await;
        assert_eq!((entries(&journal).len(), plays(&journal)[&key(0)]), (3, 4));
    })
    .await;
}

#[tokio::test]
async fn i6_a_successor_that_is_not_committed_is_told_to_nobody() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let release = therapy.release().await;
        therapy.pass(LONG);
        therapy.settle().await;
        let binder = app.binders.of(therapy.client).await.unwrap();
        let before = ids(&therapy).await;
        let of_memory = async || -> BTreeMap<Kind, DocumentId> {
            let open = binder.open(&app.ground).await.unwrap();
            open.contents().unwrap().sheets.iter().map(|(kind, sheet)| (*kind, sheet.id)).collect()
        };
        assert_eq!(of_memory().await, before);
        doom(&app, &database, "predecessor").await;
        let grown = vec![(Kind::Orders, before[&Kind::Orders])];
        let failed = succeed(&app.binders, therapy.client, grown.clone()).await;
        assert!(matches!(failed, Err(Refusal::Unavailable)), "{failed:?}");
        assert_eq!((ids(&therapy).await, of_memory().await), (before.clone(), before.clone()));
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry WHERE left_out_at IS NOT NULL").await, 0);
        lift_doom(&app, &database, "predecessor").await;
        succeed(&app.binders, therapy.client, grown.clone()).await.unwrap();
        let after = ids(&therapy).await;
        assert!(after != before && of_memory().await == after);
        // Another server that has found the same document grown is too late.
        succeed(&app.binders, therapy.client, grown).await.unwrap();
        assert_eq!(ids(&therapy).await, after);
        assert!(!folded(&therapy).await.releases.contains_key(&release));
    })
    .await;
}

#[tokio::test]
async fn two_servers_on_one_database_replace_and_take_what_is_late() {
    for_postgres(|database| async move {
        let one = database.app().await;
        let two = second_server(&database).await;
        let therapy = Therapy::consented(&one).await;
        let there = therapy.at(&two);
        let (release, laptop, phone) =
            (therapy.release().await, therapy.laptop().await, therapy.phone().await);
        let (console, companion) = (DeviceCaller::Console(laptop), DeviceCaller::Companion(phone.caller));
        let mut reading = Device::connect(&there, companion, &[Kind::Shelf]).await;
        reading.exchange().await.unwrap();
        let (first, second) = (level(&there, laptop).await, level(&therapy, laptop).await);
        replace(&therapy, &[Kind::Orders]).await;
        // Both servers have the old document in memory or had it; both take late changes to it, one after the other.
        let mut first = reconnect(&there, console, first).await;
        let mut second = reconnect(&therapy, console, second).await;
        let written = write(&there, laptop, &mut first, vec![release_of(&there, there.clip)]);
        let ended = write(&therapy, laptop, &mut second, vec![revocation(release)]);
        first.exchange().await.unwrap();
        second.exchange().await.unwrap();
        assert!(first.refusals.is_empty() && first.is_acknowledged());
        assert!(second.refusals.is_empty() && second.is_acknowledged());
        let entries: Vec<_> =
            entries(&there.document(Kind::Orders).await).into_iter().map(|(id, _)| id).collect();
        assert!(entries.contains(&written[0]) && entries.contains(&ended[0]));
        // The other server hears of it as of any change, and withholds the old shelf.
        let binder = two.binders.in_use(there.client).unwrap();
        binder.catch_up(&two.ground).await.unwrap();
        reading.hear_of(&there).await.unwrap();
        assert_eq!(reading.withheld.len(), 1);
        one.close().await;
        two.close().await;
    })
    .await;
}
