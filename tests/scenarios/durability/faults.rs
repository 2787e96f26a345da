//! Networks that break off, stutter and overtake, and a server that goes away in between.

use anyhow::ensure;
use refrain_tests::{Laptop, World, socket::Wire};
use serde_json::json;
use sync_core::{id::ReleaseId, instant::Span, orders::RevokeOn, terms::TermsChange};

/// How many entries one round of work writes.
const ENTRIES: usize = 6;

/// A release, changed, paused, resumed, changed once more and taken back: all offline.
fn work(laptop: &mut Laptop, world: &World) -> anyhow::Result<ReleaseId> {
    let now = world.now();
    let release = laptop.release(world.clip, world.recording, world.terms(), now);
    let set = |days| TermsChange { expires_at: Some(now + Span::from_days(days)), ..TermsChange::default() };
    laptop.amend(release, set(6), now)?;
    let hold = laptop.hold(release, None, now);
    laptop.lift(vec![hold], now);
    laptop.amend(release, set(5), now)?;
    laptop.revoke(release, RevokeOn::Release(release), now)?;
    Ok(release)
}

async fn is_whole(world: &World, release: ReleaseId) -> anyhow::Result<()> {
    let truth = world.therapist.truth(world.client, release).await?;
    let entries = truth["entries"].as_array().map_or(0, Vec::len);
    ensure!(truth["standing"] == "revoked" && entries == 3 && truth["holds"] == json!([]), "{truth}");
    Ok(())
}

#[tokio::test]
async fn i6_nothing_is_lost_or_doubled_wherever_a_connection_breaks() -> anyhow::Result<()> {
    World::on_each_database(breaks).await
}

async fn breaks(mut world: World) -> anyhow::Result<World> {
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut written = 0;
    let mut cut = 0;
    loop {
        let release = work(&mut laptop, &world)?;
        written += ENTRIES;
        laptop.wire = Wire::CutAfter(cut);
        let came_through = laptop.sync().await.is_ok();
        ensure!(came_through == (laptop.unsent() == 0), "what was not acknowledged is still unsent");
        if cut.is_multiple_of(2) {
            world.server.stop().await?;
            world.server.start_again().await?;
            world.find_server()?;
            laptop.reach(&world.server.api()?);
        }
        laptop.wire = [Wire::Twice, Wire::Backwards, Wire::Whole][cut % 3];
        laptop.sync().await?;
        ensure!(laptop.unsent() == 0);
        is_whole(&world, release).await?;
        ensure!(world.server.count("entry").await? == written, "after a cut at {cut}");
        if came_through {
            break;
        }
        cut += 1;
        ensure!(cut < 40, "a sync takes more frames than it should");
    }
    ensure!(cut >= 2, "no connection was ever cut");
    Ok(world)
}

#[tokio::test]
async fn i6_what_was_acknowledged_is_there_after_the_server_has_started_again() -> anyhow::Result<()> {
    World::on_each_database(starts_again).await
}

async fn starts_again(mut world: World) -> anyhow::Result<World> {
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut phone = world.pair("Phone").await?;
    phone.contact().await?;
    let going_on = world.release().await?;
    laptop.pull().await?;
    let release = work(&mut laptop, &world)?;
    laptop.sync().await?;
    ensure!(laptop.unsent() == 0);
    // Whoever is connected is told why, and comes back.
    world.server.stop().await?;
    let reason = phone.closed().await?;
    ensure!(reason == "server_stopping", "{reason}");
    ensure!(laptop.pull().await.is_err());
    world.server.start_again().await?;
    world.find_server()?;
    let api = world.server.api()?;
    laptop.reach(&api);
    phone.reach(&api);
    is_whole(&world, release).await?;
    let mut fresh = world.pair_laptop("Another laptop").await?;
    fresh.pull().await?;
    laptop.pull().await?;
    ensure!(fresh.folded() == laptop.folded());
    phone.contact().await?;
    ensure!(phone.play(going_on).await? == world.media && !phone.shelf().0.contains_key(&release));
    Ok(world)
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on_from_where_it_was() -> anyhow::Result<()> {
    World::on_each_database(download).await
}

async fn download(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair("Phone").await?;
    for break_after in [1, 0, 1] {
        phone.breaks_after = Some(break_after);
        let broken = phone.contact().await.err().map(|error| error.to_string());
        ensure!(broken.as_deref() == Some("the download broke off"), "{broken:?}");
        ensure!(!phone.is_ready(release) && phone.play(release).await.is_err());
    }
    let before: usize = phone.stored().first().map_or(0, |stored| stored.len());
    ensure!(before >= 2 * 100_000, "what was fetched was thrown away");
    phone.restart().await?;
    ensure!(phone.is_ready(release) && phone.play(release).await? == world.media);
    Ok(world)
}
