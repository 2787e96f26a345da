//! Two servers on one database, each with its own ledger and its own sockets.

use anyhow::ensure;
use refrain::workers;
use refrain_tests::{World, database::Database, world::has_ended};
use serde_json::json;
use sync_core::orders::RevokeOn;

#[tokio::test]
async fn what_one_server_takes_back_a_phone_on_the_other_wipes_at_once() -> anyhow::Result<()> {
    let Some(database) = Database::postgres().await? else { return Ok(()) };
    let told = async { two_servers(World::begin(database.clone()).await?).await };
    match told.await {
        Ok(world) => world.server.end().await,
        Err(error) => {
            database.drop().await?;
            Err(error)
        }
    }
}

async fn two_servers(world: World) -> anyhow::Result<World> {
    let mut other = world.server.another("second").await?;
    let beside = workers::start(other.app()?);
    let (first, second) =
        (world.release().await?, world.release_clip(world.another_clip("Walking").await?).await?);
    let mut phone = world.pair("Phone").await?;
    phone.reach(&other.api()?);
    phone.contact().await?;
    ensure!(phone.is_ready(first) && phone.is_ready(second));

    // Over the API of one …
    world.therapist.revoke(world.client, json!({ "release": first }), None).await?;
    phone.until_shelf(|shelf| has_ended(shelf, first)).await?;
    ensure!(phone.is_wiped(first) && phone.is_ready(second));
    // … and from a laptop that syncs with it, after the other has written to the same orders.
    let over_there = world.therapist.toward(&other.api()?);
    let third =
        over_there.release(world.client, world.another_clip("Counting").await?, world.terms_json()).await?;
    let mut laptop = world.pair_laptop("Laptop").await?;
    laptop.sync().await?;
    ensure!(laptop.folded().releases.contains_key(&third));
    laptop.revoke(second, RevokeOn::Release(second), world.now())?;
    laptop.sync().await?;
    phone.until_shelf(|shelf| has_ended(shelf, second)).await?;
    ensure!(phone.is_wiped(second));
    phone.contact().await?;
    ensure!(phone.play(third).await.is_ok());
    // A device that is removed through one has its socket closed by the other.
    world.therapist.remove_device(world.client, phone.device).await?;
    world.therapist.revoke(world.client, json!({ "release": third }), None).await?;
    ensure!(phone.closed().await? == "device_removed");
    // Each keeps what it was told in a ledger of its own.
    let lines = |server: &refrain_tests::Server| std::fs::read_to_string(server.ledger());
    ensure!(lines(&world.server)?.lines().count() > lines(&other)?.lines().count());
    beside.stop().await;
    other.stop().await?;
    Ok(world)
}
