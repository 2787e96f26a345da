//! A database from the past is put in the place of the present one.

use anyhow::{Context, ensure};
use refrain_tests::{World, api::text, world::has_ended};
use reqwest::Method;
use serde_json::json;
use sync_core::{id::ClipId, instant::Span, policy::Access};

#[tokio::test]
async fn i7_what_was_taken_away_since_a_backup_stays_away_when_it_is_restored() -> anyhow::Result<()> {
    World::on_each_database(with_the_ledger).await
}

async fn with_the_ledger(mut world: World) -> anyhow::Result<World> {
    // One of each: taken back, paused, withdrawn, destroyed, and one that goes on.
    let mut laptop = world.pair_laptop("Laptop").await?;
    laptop.sync().await?;
    let revoked = world.release().await?;
    let held = world.release_clip(world.another_clip("Walking").await?).await?;
    let going_on = world.release_clip(world.another_clip("Counting").await?).await?;
    let doomed = world.another_clip("Resting").await?;
    let destroyed = world.release_clip(doomed).await?;
    let heard = [world.therapist_heard];
    let recording = world.therapist.add_recording(world.client, "2027-01-13T09:00:00Z", &heard).await?;
    world.therapist.record_consent(recording, world.therapist_heard, world.form).await?;
    let uploaded = world.therapist.upload(recording, "Sitting", &heard, world.media.clone()).await?;
    let withdrawn = world.release_clip(ClipId::parse(text(&uploaded, "clip")?)?).await?;
    let all = [revoked, held, going_on, destroyed, withdrawn];
    let mut phone = world.pair_with("Phone", &all).await?;
    let mut asleep = world.pair_with("Tablet", &all).await?;
    let mut removed = world.pair_with("Old phone", &all).await?;
    asleep.go_offline();
    removed.go_offline();

    let backup = world.server.back_up().await?;
    world.find_server()?;
    let before = world.server.app()?.ground.incarnation();
    let api = world.server.api()?;
    laptop.reach(&api);
    phone.reach(&api);
    // The laptop takes back and releases anew: both of it the backup does not know.
    laptop.pull().await?;
    laptop.revoke(revoked, sync_core::orders::RevokeOn::Release(revoked), world.now())?;
    let since = laptop.release(world.clip, world.recording, world.terms(), world.now());
    laptop.sync().await?;
    let path = format!("/v1/releases/{held}/holds");
    world.therapist.api().call(Method::POST, &path, Some(json!({}))).await?;
    world.therapist.record_withdrawal(recording, world.therapist_heard).await?;
    world.therapist.destroy(doomed).await?;
    world.therapist.remove_device(world.client, removed.device).await?;
    phone.contact().await?;
    ensure!(phone.is_ready(since) && phone.is_ready(going_on) && phone.access(held) == Access::Held);

    world.server.restore(backup).await?;
    world.find_server()?;
    ensure!(world.server.app()?.ground.incarnation() != before, "it is another life");
    // Before anything has been settled, and before any device was heard.
    for (release, reason) in
        [(revoked, "ended"), (held, "held"), (destroyed, "clip_unavailable"), (withdrawn, "consent_ended")]
    {
        let (_, waits_for) = world.stands(release).await?;
        ensure!(waits_for.as_deref() == Some(reason), "{reason} expected: {waits_for:?}");
    }
    world.server.work().await?;
    let api = world.server.api()?;
    for device in [&mut phone, &mut asleep, &mut removed] {
        device.reach(&api);
        device.go_online();
    }
    asleep.contact().await?;
    for ended in [revoked, destroyed, withdrawn] {
        ensure!(asleep.is_wiped(ended) && has_ended(&asleep.shelf(), ended));
        ensure!(["revoked"].contains(&world.stands(ended).await?.0.as_str()));
    }
    ensure!(asleep.access(held) == Access::Held && asleep.play(going_on).await.is_ok());
    removed.ask().await?;
    ensure!(removed.machine().is_unpaired() && all.iter().all(|release| removed.is_wiped(*release)));

    // Devices that are ahead of the server still sync with it, and bring back what it has forgotten.
    phone.contact().await?;
    laptop.reach(&api);
    laptop.sync().await.context("a laptop that is ahead does not sync")?;
    ensure!(laptop.unsent() == 0);
    let (standing, waits_for) = world.stands(since).await?;
    ensure!(standing == "live" && waits_for.is_none(), "{standing} {waits_for:?}");
    phone.contact().await?;
    phone.contact().await?;
    ensure!(phone.play(going_on).await.is_ok() && phone.play(since).await.is_ok());
    ensure!([revoked, destroyed, withdrawn].iter().all(|release| phone.is_wiped(*release)));

    // And what is decided from now on reaches a phone that remembers more than the server.
    world.therapist.revoke(world.client, json!({ "release": since }), None).await?;
    let ended = phone.until_shelf(|shelf| has_ended(shelf, since)).await;
    ended.context("an end is not seen by a phone that remembers more than the server")?;
    ensure!(phone.is_wiped(since));
    let holds = world.therapist.truth(world.client, held).await?["holds"].clone();
    let lifts = format!("/v1/clients/{}/lifts", world.client);
    world.therapist.api().call(Method::POST, &lifts, Some(json!({ "holds": holds }))).await?;
    for device in [&mut asleep, &mut phone] {
        device.contact().await?;
        ensure!(device.play(held).await.is_ok(), "{} does not hear that a pause is over", device.name);
    }
    Ok(world)
}

#[tokio::test]
async fn i1_without_the_ledger_nothing_plays_until_confirmed_and_devices_bring_ends_back()
-> anyhow::Result<()> {
    World::on_each_database(without_the_ledger).await
}

async fn without_the_ledger(mut world: World) -> anyhow::Result<World> {
    let on_shelf = world.release().await?;
    let denied = world.release_clip(world.another_clip("Walking").await?).await?;
    let going_on = world.release_clip(world.another_clip("Counting").await?).await?;
    let mut phone = world.pair_with("Phone", &[on_shelf, denied, going_on]).await?;
    let mut tablet = world.pair_with("Tablet", &[on_shelf, denied, going_on]).await?;
    tablet.go_offline();
    let backup = world.server.back_up().await?;
    world.find_server()?;
    phone.reach(&world.server.api()?);

    // One end the phone hears as a denial, the other it sees on its shelf first.
    phone.contact().await?;
    world.therapist.revoke(world.client, json!({ "release": denied }), None).await?;
    phone.ask().await?;
    world.therapist.revoke(world.client, json!({ "release": on_shelf }), None).await?;
    phone.until_shelf(|shelf| has_ended(shelf, on_shelf)).await?;
    phone.contact().await?;
    ensure!(phone.is_wiped(denied) && phone.is_wiped(on_shelf));

    world.server.restore_without_ledger(backup).await?;
    world.find_server()?;
    world.server.work().await?;
    // Nobody can say what was decided since. So nothing plays, and everybody is told that it rests.
    for release in [on_shelf, denied, going_on] {
        let (_, waits_for) = world.stands(release).await?;
        ensure!(waits_for.as_deref() == Some("awaits_restore_confirmation"), "{waits_for:?}");
    }
    let api = world.server.api()?;
    for device in [&mut phone, &mut tablet] {
        device.reach(&api);
        device.go_online();
    }
    tablet.contact().await?;
    ensure!([on_shelf, denied, going_on].iter().all(|release| tablet.access(*release) == Access::Held));

    // The phone hears a server of another life, and hands it what it was given by the last one.
    phone.contact().await?;
    ensure!(phone.access(going_on) == Access::Held);
    world.pass(Span::from_mins(2), &mut [&mut phone, &mut tablet]).await?;
    ensure!(phone.renew().await?, "denials are handed in as soon as may be");
    let confirm = "/v1/practice/restore-confirmation";
    world.therapist.api().call(Method::POST, confirm, None).await?;
    world.therapist.api().refused(Method::POST, confirm, None, 409, "conflict").await?;
    world.server.work().await?;
    for device in [&mut phone, &mut tablet] {
        device.contact().await?;
        device.contact().await?;
        ensure!(device.play(going_on).await.is_ok());
        ensure!(device.play(denied).await.is_err() && device.play(on_shelf).await.is_err());
        ensure!(device.is_wiped(denied) && device.is_wiped(on_shelf));
    }
    for ended in [denied, on_shelf] {
        ensure!(world.stands(ended).await?.0 == "revoked");
    }
    Ok(world)
}
