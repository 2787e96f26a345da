//! A backup from before a successor takes the place of the database.

use std::sync::Arc;

use sync_core::policy::standing;

use super::*;
use crate::{app::App, testing::TestDatabase};

async fn put_back(database: &TestDatabase, app: &App, therapy: &Therapy) -> (Arc<App>, Therapy) {
    app.close().await;
    database.restore().await;
    let app = database.app().await;
    let therapy = therapy.at(&app);
    therapy.settle().await;
    (app, therapy)
}

#[tokio::test]
async fn i7_after_a_restore_from_before_a_successor_the_old_id_is_alive_and_nothing_plays_again() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (laptop, over) = (therapy.laptop().await, therapy.release().await);
        let console = DeviceCaller::Console(laptop);
        therapy.pass(LONG);
        therapy.settle().await;
        let release = therapy.release().await;
        let away = level(&therapy, laptop).await;
        let before = ids(&therapy).await;
        database.close_and_back_up(&app).await;
        let app = database.app().await;
        let therapy = therapy.at(&app);
        replace(&therapy, &[Kind::Orders, Kind::Journal]).await;
        let lost = ids(&therapy).await;
        let mut there = level(&therapy, laptop).await;
        let ended = write(&therapy, laptop, &mut there, vec![revocation(release)]);
        there.exchange().await.unwrap();
        assert!(there.is_acknowledged());

        let (app, therapy) = put_back(&database, &app, &therapy).await;
        assert_eq!(ids(&therapy).await, before);
        // Who asks for the lost one is sent to the list, and finds what was taken away in the old one.
        let mut there = reconnect(&therapy, console, there).await;
        there.exchange().await.unwrap();
        assert_eq!((there.withheld, there.refusals.len()), (vec![lost[&Kind::Orders]], 0));
        let mut fresh = level(&therapy, laptop).await;
        assert!(entries(fresh.only()).iter().any(|(id, _)| *id == ended[0]));
        assert!(therapy.truth(release).await.standing.has_ended());
        // What the lost successor had left out is in the orders again, and stays over: the ledger has kept that.
        let own = folded(&therapy).await.releases[&over].entries.iter().copied().collect();
        let mut away = reconnect(&therapy, console, away).await;
        write(&therapy, laptop, &mut away, vec![longer(&therapy, over, own)]);
        away.exchange().await.unwrap();
        assert!(away.refusals.is_empty() && away.is_acknowledged());
        let orders = folded(&therapy).await;
        assert!(standing(&orders, &orders.releases[&over], therapy.now()).has_ended());
        // And the next successor has an id of its own.
        replace(&therapy, &[Kind::Orders]).await;
        let after = ids(&therapy).await;
        assert!(after[&Kind::Orders] != before[&Kind::Orders] && after[&Kind::Orders] != lost[&Kind::Orders]);
        app.close().await;
    })
    .await;
}
