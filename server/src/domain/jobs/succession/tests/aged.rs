//! Documents after years: which are replaced and when, late devices, and the cost.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sync_core::{
    documents as views,
    documents::{Document, ObservationKind},
    id::{DeviceId, EntryId},
    instant::Instant,
    orders::{Entry, RevokeOn},
    policy::standing,
    vocabulary::Vocabulary,
};

use super::*;
use crate::{
    domain::desk::{
        casebook::{self, NewObservation},
        device_state::Known,
    },
    nouns::Refusal,
    testing::{for_sqlite, therapy::damage},
};

/// Writes into a document as the server, without a device.
async fn grow(therapy: &Therapy, kind: Kind, grow: impl Fn(&mut Document) + Send + 'static) {
    let binder = therapy.app.binders.of(therapy.client).await.unwrap();
    let by = Proposer::server();
    let propose = move |contents: &Contents| {
        let mut proposal = Proposal::nothing();
        let mut sheet = contents.sheet(kind)?.clone();
        grow(&mut sheet.document);
        proposal.sheets.insert(kind, sheet);
        Ok(proposal)
    };
    commit::<(), Refusal, _>(&therapy.app.ground, &binder, Urgency::Grant, by, propose).await.unwrap();
}

fn count_plays(document: &mut Document, at: Instant, from: u32, to: u32) {
    let (device, release) = (DeviceId::from_bytes([1; 16]), ReleaseId::from_bytes([2; 16]));
    for n in from..to {
        let day = at + Span::from_days(u64::from(n / 10));
        record_plays(document, PlayKey { device, release, day, part: None }, n % 10 + 1).unwrap();
    }
}

fn note(n: u16, words: &str) -> (EntryId, Vec<u8>) {
    let letter = Letter::Request { release: None, at: Instant::from_millis(1), words: words.into() };
    let mut id = [9; 16];
    id[..2].copy_from_slice(&n.to_be_bytes());
    (EntryId::from_bytes(id), letter.encode())
}

#[tokio::test]
async fn only_what_has_grown_is_replaced_and_not_every_night() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        let (at, limit) = (therapy.now(), MAX_CHANGES);
        let replaced =
            |before: &BTreeMap<Kind, DocumentId>, after: &BTreeMap<Kind, DocumentId>| -> Vec<Kind> {
                Kind::all().filter(|kind| before[kind] != after[kind]).collect()
            };
        // One change made the journal: with these it has as many as it may have.
        grow(&therapy, Kind::Journal, move |journal| count_plays(journal, at, 0, limit - 1)).await;
        therapy.pass(REST_FOR);
        let (before, untouched) = (ids(&therapy).await, ids(&other).await);
        assert_eq!(run_once(&app.binders).await.unwrap(), 0);
        grow(&therapy, Kind::Journal, move |journal| count_plays(journal, at, limit - 1, limit)).await;
        assert_eq!(run_once(&app.binders).await.unwrap(), 1);
        assert_eq!(replaced(&before, &ids(&therapy).await), [Kind::Journal]);
        // What is large for what still counts is not replaced night after night.
        let (before, now) = (ids(&therapy).await, therapy.now());
        grow(&therapy, Kind::Journal, move |journal| count_plays(journal, now, 0, limit)).await;
        therapy.pass(REST_FOR.saturating_sub(Span::from_millis(1)));
        assert_eq!(run_once(&app.binders).await.unwrap(), 0);
        therapy.pass(Span::from_millis(1));
        assert_eq!(run_once(&app.binders).await.unwrap(), 1);
        assert_eq!(replaced(&before, &ids(&therapy).await), [Kind::Journal]);
        assert_eq!(ids(&other).await, untouched);
    })
    .await;
}

#[tokio::test]
async fn what_a_commit_has_left_large_is_replaced_soon_and_a_casebook_loses_no_note_by_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        therapy.pass(REST_SOON);
        for _ in 0..90 {
            let reason = BASE64_URL_SAFE_NO_PAD.encode(app.ground.entropy.bytes::<11_000>());
            let new = NewObservation { kind: ObservationKind::Other, reason };
            casebook::observe(&app.binders, therapy.ada, therapy.client, vec![], new).await.unwrap();
        }
        let before = ids(&therapy).await;
        let grown = app.ground.bell.grown();
        assert_eq!(grown, [therapy.client].into());
        assert_eq!(run_soon(&app.binders, grown).await.unwrap(), 1);
        let after = ids(&therapy).await;
        assert!(Kind::all().all(|kind| (before[&kind] == after[&kind]) == (kind != Kind::Casebook)));
        assert!(views::entries(&therapy.document(Kind::Casebook).await).len() < 45);
        let read = casebook::observations(&app.ground, therapy.ada, therapy.client).await.unwrap();
        assert_eq!(read.len(), 90, "the rows keep all of them");
        assert_eq!(app.ground.bell.grown(), [].into());
    })
    .await;
}

#[tokio::test]
async fn what_takes_up_much_is_replaced_and_one_that_is_damaged_keeps_nobody_from_theirs() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, other) = (Therapy::consented(&app).await, Therapy::consented(&app).await);
        for therapy in [&therapy, &other] {
            // Words that no packing makes shorter than a megabyte.
            let entropy = app.ground.entropy.clone();
            let words = move || BASE64_URL_SAFE_NO_PAD.encode(entropy.bytes::<1_050>());
            grow(therapy, Kind::Journal, move |journal| {
                let letters: Vec<_> = (0..1_100).map(|n| note(n, &words())).collect();
                views::append(journal, &letters).unwrap();
            })
            .await;
        }
        therapy.pass(LONG);
        let before = ids(&other).await;
        damage(&app, therapy.client, Kind::Journal).await;
        app.binders.of(therapy.client).await.unwrap().forget().await;
        assert_eq!(run_once(&app.binders).await.unwrap(), 1);
        let after = ids(&other).await;
        assert!(before[&Kind::Journal] != after[&Kind::Journal]);
        assert_eq!(before[&Kind::Orders], after[&Kind::Orders]);
        assert!(entries(&other.document(Kind::Journal).await).is_empty(), "they are of 1970");
    })
    .await;
}

/// One release that ended by its date and one that was taken back, both long ago; a console that knows them as live.
#[tokio::test]
async fn i1_what_comes_late_revives_nothing_that_a_successor_left_out() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (laptop, phone) = (therapy.laptop().await, therapy.phone().await);
        let made = [release_of(&therapy, therapy.clip), release_of(&therapy, therapy.clip)];
        let releases = made.clone().map(|act| match act {
            Act::Release { release, .. } => release,
            _ => unreachable!("releases"),
        });
        let mut early = level(&therapy, laptop).await;
        let own = write(&therapy, laptop, &mut early, made.to_vec());
        early.exchange().await.unwrap();
        let copies = entries(early.only());
        phone.ask().await;
        therapy.revoke(RevokeOn::Release(releases[1])).await;
        therapy.pass(LONG);
        therapy.settle().await;
        let live = therapy.release().await;
        replace(&therapy, &[Kind::Orders]).await;
        assert_eq!(folded(&therapy).await.releases.keys().collect::<Vec<_>>(), [&live]);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry WHERE left_out_at IS NOT NULL").await, 3);
        assert_eq!(entries(&therapy.document(Kind::Orders).await).len(), 2, "one release, one revocation");

        // On the old document: both are to go on for a year, and what is over is confirmed.
        let acts = vec![
            longer(&therapy, releases[0], vec![own[0]]),
            longer(&therapy, releases[1], vec![own[1]]),
            Act::Confirm { release: releases[1], seen: vec![own[0]] },
        ];
        let mut late = reconnect(&therapy, DeviceCaller::Console(laptop), early).await;
        let late_ids = write(&therapy, laptop, &mut late, acts);
        late.exchange().await.unwrap();
        assert!(late.refusals.is_empty() && late.is_acknowledged(), "{:?}", late.refusals);
        let there: Vec<_> =
            entries(&therapy.document(Kind::Orders).await).into_iter().map(|(id, _)| id).collect();
        assert!(late_ids.iter().all(|id| there.contains(id)), "entered, and without effect");
        // On the new one: copies of the releases' own entries, whose acknowledgement was lost, and both longer again.
        let mut again = level(&therapy, laptop).await;
        views::append(again.only(), &copies).unwrap();
        let acts = [0, 1].map(|n| longer(&therapy, releases[n], vec![own[n]]));
        write(&therapy, laptop, &mut again, acts.to_vec());
        again.exchange().await.unwrap();
        assert!(again.refusals.is_empty() && again.is_acknowledged(), "{:?}", again.refusals);

        let orders = folded(&therapy).await;
        for release in releases {
            let state = &orders.releases[&release];
            assert!(standing(&orders, state, therapy.now()).has_ended(), "it plays again on every console");
            assert!(therapy.truth(release).await.standing.has_ended());
            assert!(therapy.item(release).await.is_none_or(|item| item.state == ShelfState::Ended));
        }
        let answer = phone.ask_holding(&releases.map(|release| (release, FIRST))).await.unwrap();
        assert_eq!(answer.batch.items.iter().map(|item| item.header.release).collect::<Vec<_>>(), [live]);
        for release in releases {
            assert!(answer.denied(release).iter().all(|(kind, _)| *kind == DenialKind::Ended));
        }
        // The rows that count are what the document has.
        let mut tx = app.ground.db.read().await.unwrap();
        let rows = store::entries::of_client(&mut tx, therapy.client).await.unwrap();
        assert_eq!(rows.len(), entries(&therapy.document(Kind::Orders).await).len());
    })
    .await;
}

#[tokio::test]
async fn i5_a_restriction_that_was_left_out_and_comes_again_strands_no_console() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (laptop, release) = (therapy.laptop().await, therapy.release().await);
        let mut early = level(&therapy, laptop).await;
        write(&therapy, laptop, &mut early, vec![revocation(release)]);
        let mut own = entries(early.only());
        own.retain(|(_, bytes)| Entry::decode(bytes).is_ok_and(|entry| entry.act.is_restriction()));
        early.exchange().await.unwrap();
        therapy.pass(LONG);
        replace(&therapy, &[Kind::Orders]).await;
        // Its acknowledgement was lost. The release that it names is not there, so that it is refused, and entered.
        let mut fresh = level(&therapy, laptop).await;
        views::append(fresh.only(), &own).unwrap();
        fresh.exchange().await.unwrap();
        assert_eq!(fresh.refusals, ["entry_names_unknown"]);
        // Fetched afresh it is there: nothing is left to be sent.
        let mut fresh = level(&therapy, laptop).await;
        assert!(entries(fresh.only()).contains(&own[0]));
    })
    .await;
}

#[tokio::test]
async fn what_ended_lately_is_told_by_the_successor_and_what_ended_long_ago_by_the_record() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let phone = therapy.phone().await;
        let old = therapy.release().await;
        phone.ask().await;
        therapy.pass(LONG);
        therapy.settle().await;
        let (revoked, running) = (therapy.release().await, therapy.release().await);
        let generation = phone.ask().await.lease(revoked).unwrap().generation;
        therapy.revoke(RevokeOn::Release(revoked)).await;
        replace(&therapy, &[Kind::Orders]).await;
        // The therapist still sees which device has not said that it is gone.
        assert!(therapy.truth(revoked).await.standing.has_ended());
        assert!(matches!(therapy.known(revoked, &phone).await, Known::Pending { .. }));
        let shelf = therapy.shelf().await;
        assert_eq!(shelf.0[&revoked].state, ShelfState::Ended);
        assert_eq!(shelf.0[&running].state, ShelfState::Live);
        assert!(!shelf.0.contains_key(&old));
        let answer = phone.ask_holding(&[(revoked, generation), (old, FIRST)]).await.unwrap();
        assert!(answer.lease(running).is_some() && answer.lease(revoked).is_none());
        for release in [revoked, old] {
            assert!(!answer.denied(release).is_empty());
            assert!(answer.denied(release).iter().all(|(kind, _)| *kind == DenialKind::Ended), "no pause");
        }
    })
    .await;
}

/// Prints what a client's documents cost at the end of each year, with successors.
#[tokio::test]
async fn documents_that_are_replaced_stay_flat_with_age() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let mut kept = Vec::new();
        for year in 1..=8 {
            for _ in 0..24 {
                let release = therapy.release().await;
                therapy.revoke(RevokeOn::Release(release)).await;
            }
            let at = therapy.now();
            grow(&therapy, Kind::Journal, move |journal| count_plays(journal, at, 0, 1_000)).await;
            therapy.pass(Span::from_days(365));
            therapy.settle().await;
            replace(&therapy, &[Kind::Orders, Kind::Journal]).await;
            let mut size = [0; 3];
            for (size, kind) in size.iter_mut().zip([Kind::Orders, Kind::Shelf, Kind::Journal]) {
                *size = therapy.document(kind).await.save().len();
            }
            let rows = number(&app, "SELECT COUNT(*) FROM entry WHERE left_out_at IS NULL").await;
            println!("year {year}: orders, shelf, journal {size:?} bytes; {rows} entries count");
            kept.push((size, rows));
        }
        let ((first, rows), (last, last_rows)) = (kept[1], kept[7]);
        assert_eq!(last_rows - rows, 6, "one revocation a year for all that is over");
        assert!(
            last[1].abs_diff(first[1]) < 8 && last[2].abs_diff(first[2]) < 8,
            "a date may take a byte more"
        );
        let ended = 6 * 24;
        assert!(
            last[0] < first[0] + ended * 24,
            "sixteen bytes for each release that is over, and little else"
        );
    })
    .await;
}
