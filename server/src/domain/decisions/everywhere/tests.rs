//! A couple's clip is on two shelves, and ends on both.

use std::{collections::BTreeSet, sync::Arc};

use sqlx::{Connection, PgConnection};
use sync_core::{
    documents::{Kind, ShelfState},
    id::ReleaseId,
    instant::Span,
    lease::DenialKind,
    orders::{Act, Entry, RevokeOn},
    policy::Standing,
};

use crate::{
    app::App,
    domain::{
        clips,
        desk::releases,
        sync::tests::{release_of, write_as},
    },
    nouns::Refusal,
    store,
    testing::{
        execute, for_each_database, for_postgres, for_sqlite, number,
        therapy::{FIRST, Phone, Therapy},
    },
};

/// The clip on both shelves, and on a phone of each; no wake-up is left.
struct Shared {
    mia: Therapy,
    tom: Therapy,
    hers: (ReleaseId, Phone),
    his: (ReleaseId, Phone),
}

impl Shared {
    async fn begin(app: &Arc<App>) -> Self {
        let (mia, tom) = Therapy::couple(app).await;
        let hers = (mia.release().await, mia.phone().await);
        let his = (tom.release().await, tom.phone().await);
        for (release, phone) in [&hers, &his] {
            assert!(phone.ask().await.lease(*release).is_some());
        }
        mia.settle().await;
        execute(app, "DELETE FROM outbox").await;
        Self { mia, tom, hers, his }
    }

    async fn states(&self) -> [Option<ShelfState>; 2] {
        [self.mia.state(self.hers.0).await, self.tom.state(self.his.0).await]
    }
}

const ENDED: [Option<ShelfState>; 2] = [Some(ShelfState::Ended); 2];

#[tokio::test]
async fn a_clip_is_released_to_whoever_was_in_the_session_and_to_nobody_else() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let shared = Shared::begin(&app).await;
        assert_eq!(shared.states().await, [Some(ShelfState::Live); 2]);
        // Each fetches what they have a lease of.
        for (_, phone) in [&shared.hers, &shared.his] {
            assert!(clips::ciphertext(&app.ground, phone.caller, shared.mia.clip).await.is_ok());
        }
        let stranger = Therapy::consented(&app).await;
        let stranger = Therapy { ada: shared.mia.ada, clip: shared.mia.clip, ..stranger };
        let refused = stranger.release_as(stranger.terms(), Vec::new()).await;
        assert!(matches!(refused, Err(Refusal::NotFound)), "{refused:?}");
        let phone = Therapy::consented(&app).await.phone().await;
        assert!(matches!(
            clips::ciphertext(&app.ground, phone.caller, shared.mia.clip).await,
            Err(Refusal::NotFound)
        ));
    })
    .await;
}

#[tokio::test]
async fn i1_what_is_taken_back_on_one_shelf_is_denied_on_every_other_from_that_commit_on() {
    for_each_database(|database| async move {
        for which in [0, 1] {
            let app = database.app().await;
            let shared = Shared::begin(&app).await;
            let on = [RevokeOn::Clip(shared.mia.clip), RevokeOn::Recording(shared.mia.recording)][which];
            // What a laptop brings for him reaches her as what is decided for her reaches him.
            let other = if which == 0 {
                shared.mia.revoke(on).await;
                &shared.his
            } else {
                let laptop = shared.tom.laptop().await;
                write_as(&shared.tom, laptop, vec![Act::Revoke { on, hits: vec![shared.his.0] }]).await;
                &shared.hers
            };
            // Nobody has come to settle anything.
            let (release, phone) = other;
            let answer = phone.ask_holding(&[(*release, FIRST)]).await.unwrap();
            assert!(answer.is_empty());
            assert_eq!(answer.denied(*release), [(DenialKind::Ended, FIRST)]);
            shared.mia.settle().await;
            assert_eq!(shared.states().await, ENDED);
            let (hers, his) = (shared.mia.truth(shared.hers.0).await, shared.tom.truth(shared.his.0).await);
            assert_eq!([hers.standing, his.standing], [Standing::Revoked; 2]);
            let woken = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";
            assert_eq!(number(&app, woken).await, 2);
            app.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_release_taken_back_by_itself_leaves_the_others_shelf_alone() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let shared = Shared::begin(&app).await;
        shared.mia.revoke(RevokeOn::Release(shared.hers.0)).await;
        shared.mia.revoke(RevokeOn::Shelf).await;
        shared.mia.settle().await;
        assert_eq!(shared.states().await, [Some(ShelfState::Ended), Some(ShelfState::Live)]);
        assert!(shared.his.1.ask().await.lease(shared.his.0).is_some());
    })
    .await;
}

#[tokio::test]
async fn i1_a_later_release_that_has_not_seen_it_waits_on_the_other_shelf_too() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (mia, tom) = Therapy::couple(&app).await;
        let (phone, laptop) = (tom.phone().await, tom.laptop().await);
        mia.release().await;
        mia.revoke(RevokeOn::Clip(mia.clip)).await;
        // He never had it. His laptop, offline all the while, has heard of nothing.
        let act = release_of(&tom, tom.clip);
        let Act::Release { release, .. } = act else { unreachable!() };
        write_as(&tom, laptop, vec![act]).await;
        assert_eq!(tom.truth(release).await.standing, Standing::Unconfirmed);
        assert_eq!(tom.state(release).await, None);
        assert!(phone.ask().await.is_empty());
        let unseen = tom.truth(release).await.unseen;
        assert_eq!(unseen.len(), 1);
        // Over the API the form must have shown it.
        let refused = tom.release_as(tom.terms(), Vec::new()).await;
        assert!(matches!(&refused, Err(Refusal::Unseen(ids)) if *ids == unseen), "{refused:?}");
        releases::confirm(&app.binders, tom.ada, release, unseen).await.unwrap();
        assert!(phone.ask().await.lease(release).is_some());
        tom.settle().await;
        assert_eq!(tom.state(release).await, Some(ShelfState::Live));
    })
    .await;
}

#[tokio::test]
async fn a_first_release_over_the_api_names_what_was_taken_back_on_another_shelf() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (mia, tom) = Therapy::couple(&app).await;
        mia.revoke(RevokeOn::Recording(mia.recording)).await;
        let Err(Refusal::Unseen(ids)) = tom.release_as(tom.terms(), Vec::new()).await else {
            panic!("it named nothing");
        };
        let release = tom.release_as(tom.terms(), ids).await.unwrap();
        let phone = tom.phone().await;
        assert!(phone.ask().await.lease(release).is_some());
        // Neither the work that is left nor time brings the old end to the new release.
        tom.settle().await;
        tom.pass(Span::from_hours(1));
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i5_a_strangers_clip_is_not_taken_back_by_naming_it() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let other = Therapy::consented(&app).await;
        let laptop = other.laptop().await;
        for on in [RevokeOn::Clip(therapy.clip), RevokeOn::Recording(therapy.recording)] {
            write_as(&other, laptop, vec![Act::Revoke { on, hits: Vec::new() }]).await;
            let refused = releases::revoke(
                &app.binders,
                other.ada,
                other.client,
                releases::NewRevocation { on, observation: None },
            );
            assert!(matches!(refused.await, Err(Refusal::NotFound)));
        }
        other.settle().await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
        assert!(phone.ask().await.lease(release).is_some());
    })
    .await;
}

#[tokio::test]
async fn i4_nothing_of_one_client_is_written_for_the_other() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let shared = Shared::begin(&app).await;
        shared.mia.revoke(RevokeOn::Clip(shared.mia.clip)).await;
        shared.mia.settle().await;
        let her: [&[u8]; 4] = [
            shared.mia.client.as_bytes(),
            shared.mia.mia.as_bytes(),
            shared.hers.0.as_bytes(),
            shared.hers.1.caller.device.as_bytes(),
        ];
        let written = |needles: &[&[u8]], bytes: &[u8]| {
            needles.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == *needle))
        };
        let mut tx = app.ground.db.read().await.unwrap();
        let entries = store::entries::of_client(&mut tx, shared.tom.client).await.unwrap();
        assert_eq!(entries.len(), 2);
        assert!(entries.iter().all(|(_, bytes)| !written(&her, bytes)));
        let brought = entries.iter().filter_map(|(_, bytes)| match Entry::decode(bytes).unwrap().act {
            Act::Revoke { hits, .. } => Some(hits),
            _ => None,
        });
        assert_eq!(brought.collect::<Vec<_>>(), [vec![shared.his.0]]);
        for kind in [Kind::Shelf, Kind::Orders, Kind::Journal] {
            let document = shared.tom.document(kind).await;
            assert!(!written(&her, &document.save_nocompress()), "{kind:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_and_a_destroyed_clip_end_it_on_both_shelves() {
    for_each_database(|database| async move {
        for which in [0, 1] {
            let app = database.app().await;
            let shared = Shared::begin(&app).await;
            if which == 0 {
                shared.mia.withdraw(shared.mia.tom).await;
            } else {
                clips::destroy(&app.ground, shared.mia.ada, shared.mia.clip).await.unwrap();
            }
            for (release, phone) in [&shared.hers, &shared.his] {
                let answer = phone.ask_holding(&[(*release, FIRST)]).await.unwrap();
                assert!(answer.is_empty());
                assert_eq!(answer.denied(*release), [(DenialKind::Ended, FIRST)]);
            }
            shared.mia.settle().await;
            assert_eq!(shared.states().await, ENDED);
            app.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn i7_a_backup_from_before_it_denies_on_both_shelves_when_the_ledger_was_replayed() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let shared = Shared::begin(&app).await;
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        // The other shelf was not settled: its own line is not in the ledger.
        shared.mia.at(&app).revoke(RevokeOn::Clip(shared.mia.clip)).await;
        app.close().await;
        database.restore().await;
        let app = database.app().await;
        let (mia, tom) = (shared.mia.at(&app), shared.tom.at(&app));
        let (release, phone) = (shared.his.0, shared.his.1.at(&app));
        let answer = phone.ask_holding(&[(release, FIRST)]).await.unwrap();
        assert!(answer.is_empty());
        assert_eq!(answer.denied(release), [(DenialKind::Ended, FIRST)]);
        mia.settle().await;
        assert_eq!([mia.state(shared.hers.0).await, tom.state(release).await], ENDED);
    })
    .await;
}

#[tokio::test]
async fn i3_a_question_for_the_other_shelf_waits_for_a_revocation_that_is_being_committed_on_postgresql() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let shared = Shared::begin(&app).await;
        let (release, phone) = (shared.his.0, Arc::new(shared.his.1.clone()));
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut revoking = other.begin().await.unwrap();
        sqlx::query("UPDATE clip SET version = version + 1 WHERE id = $1")
            .bind(shared.mia.clip.as_bytes().as_slice())
            .execute(&mut *revoking)
            .await
            .unwrap();
        sqlx::query("INSERT INTO taken_back (kind, subject, entry, at) VALUES ('clip', $1, $2, 0)")
            .bind(shared.mia.clip.as_bytes().as_slice())
            .bind([1_u8; 16].as_slice())
            .execute(&mut *revoking)
            .await
            .unwrap();
        let asking = tokio::spawn(async move { phone.ask().await });
        let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND wait_event_type = 'Lock'";
        while number(&app, waits).await == 0 && !asking.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(!asking.is_finished(), "the question was answered from what was about to be taken back");
        revoking.commit().await.unwrap();
        assert!(asking.await.unwrap().lease(release).is_none());
    })
    .await;
}

#[tokio::test]
async fn i3_revocations_and_questions_at_once_on_postgresql_never_leave_a_lease_issued_after_them() {
    for_postgres(|database| async move {
        let app = database.app().await;
        let (mia, tom) = Therapy::couple(&app).await;
        let phones = [Arc::new(tom.phone().await), Arc::new(tom.phone().await)];
        let (mut issued, mut seen) = (0, BTreeSet::new());
        for _ in 0..15 {
            tom.release_as(tom.terms(), seen.iter().copied().collect()).await.unwrap();
            let ask = |phone: &Arc<Phone>| {
                let phone = Arc::clone(phone);
                tokio::spawn(async move { phone.ask().await.batch.items.len() })
            };
            let first = phones.each_ref().map(ask);
            mia.revoke(RevokeOn::Clip(mia.clip)).await;
            let at_revocation = number(&app, "SELECT COUNT(*) FROM lease").await;
            for phone in &phones {
                assert!(phone.ask().await.is_empty());
            }
            for asked in first {
                issued += asked.await.unwrap();
            }
            assert_eq!(number(&app, "SELECT COUNT(*) FROM lease").await, at_revocation);
            tom.settle().await;
            let mut tx = app.ground.db.read().await.unwrap();
            let known = store::taken_back::of_clip(&mut tx, mia.clip, mia.recording).await.unwrap();
            seen.extend(known.into_iter().map(|(id, _)| id));
            // A client's revocation of what they do not have any more is known there and not written again.
            mia.release_as(mia.terms(), seen.iter().copied().collect()).await.unwrap();
        }
        assert!(issued > 0, "no question was ever faster: the race was not one");
    })
    .await;
}
