//! PostgreSQL's primary dies, and a standby takes over that has not got everything that was acknowledged.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain::workers;
use refrain_tests::{Companion, World, cluster::Cluster, database::Database};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sync_core::id::ReleaseId;
use tokio::time::timeout;

/// Within this time a server has found the new primary, and compared its ledger.
const WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn i3_after_a_failover_nothing_is_leased_that_was_taken_back_before_it() -> anyhow::Result<()> {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let world = World::begin(cluster.database().await?).await?;
    let beside = workers::start(world.server.app()?);
    let (revoked, kept) =
        (world.release().await?, world.release_clip(world.another_clip("Walking").await?).await?);
    let clip = world.another_clip("Counting").await?;
    let destroyed = world.release_clip(clip).await?;
    let (mut held, mut new) =
        (world.pair_with("Phone", &[revoked, kept]).await?, world.pair("Tablet").await?);
    let mut removed = world.pair("Lost phone").await?;
    held.go_offline();
    let incarnation = world.server.app()?.ground.incarnation();

    cluster.stop_standby().await?;
    world.therapist.revoke(world.client, json!({ "release": revoked }), None).await?;
    world.therapist.destroy(clip).await?;
    world.therapist.remove_device(world.client, removed.device).await?;
    cluster.fail_over().await?;

    // From the first answer on.
    until_answered(&mut new).await?;
    ensure!(!leases(&new, revoked) && !leases(&new, destroyed) && leases(&new, kept));
    ensure!(removed.ask().await.is_err() || removed.leased().next().is_none());
    ensure!(world.server.app()?.ground.incarnation() != incarnation, "the database is another than it was");
    let (status, ready) = world.therapist.api().send(Method::GET, "/readyz", None).await?;
    ensure!(status == StatusCode::OK && ready["ledger_proved"] == true, "{status} {ready}");
    // A phone that has missed the end hears of it now.
    held.go_online();
    held.contact().await?;
    ensure!(held.is_wiped(revoked) && held.is_ready(kept));
    ensure!(world.stands(revoked).await?.0 == "revoked");
    beside.stop().await;
    world.server.end().await
}

#[tokio::test]
async fn i3_after_a_failover_no_server_leases_before_every_other_has_compared_its_ledger()
-> anyhow::Result<()> {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let world = World::begin(cluster.database().await?).await?;
    // It has no workers and nobody asks it anything: it does not notice by itself.
    let mut second = world.server.another("second").await?;
    let (first, other) =
        (world.release().await?, world.release_clip(world.another_clip("Walking").await?).await?);
    let mut phone = world.pair("Phone").await?;
    cluster.stop_standby().await?;
    // Only the second server's ledger knows of it.
    world.therapist.toward(&second.api()?).revoke(world.client, json!({ "release": first }), None).await?;
    cluster.fail_over().await?;

    until_answered(&mut phone).await?;
    ensure!(phone.leased().next().is_none(), "a lease while the second server's ledger was not compared");
    let (_, ready) = world.therapist.api().send(Method::GET, "/readyz", None).await?;
    ensure!(ready["ledger_proved"] == false, "{ready}");
    second.app()?.tick().await?;
    world.server.work().await?;
    phone.ask().await?;
    ensure!(!leases(&phone, first) && leases(&phone, other));
    second.stop().await?;
    world.server.end().await
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_told_and_found_again_within_ten_seconds() -> anyhow::Result<()> {
    let Some(database) = Database::postgres().await? else { return Ok(()) };
    let world = World::begin(database.clone()).await?;
    let api = world.therapist.api();
    let write = || async { api.send(Method::POST, "/v1/clients", Some(json!({ "name": "Ben" }))).await };
    let ready = || async { anyhow::Ok(api.send(Method::GET, "/readyz", None).await?.0) };
    ensure!(ready().await? == StatusCode::OK);

    database.set_read_only(true).await?;
    database.end_connections().await?;
    ensure!(ready().await? == StatusCode::SERVICE_UNAVAILABLE, "no write can succeed");
    database.set_read_only(false).await?;
    let written = async {
        while write().await?.0 != StatusCode::CREATED {}
        anyhow::Ok(())
    };
    timeout(WITHIN, written).await.context("the primary was not found again")??;
    ensure!(ready().await? == StatusCode::OK);
    world.server.end().await
}

async fn until_answered(phone: &mut Companion) -> anyhow::Result<()> {
    let answered = async { while phone.ask().await.is_err() {} };
    timeout(WITHIN, answered).await.context("the new primary was not found")
}

fn leases(phone: &Companion, release: ReleaseId) -> bool {
    phone.leased().any(|leased| leased == release)
}
