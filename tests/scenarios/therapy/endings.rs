//! Ends, pauses and limits, as they reach devices.

use anyhow::{Context, ensure};
use refrain::http::wire::time::Time;
use refrain_tests::{World, api::text, push_service::PushService, world::has_ended};
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::{
    documents::ShelfState,
    id::ReleaseId,
    instant::{Instant, Span},
    policy::Access,
    terms::Terms,
};

/// Changes terms over everything that stands.
async fn amend(world: &World, release: ReleaseId, set: Value) -> anyhow::Result<()> {
    let entries = world.therapist.truth(world.client, release).await?["entries"].clone();
    let request = json!({ "set": set, "over": entries });
    let path = format!("/v1/releases/{release}");
    world.therapist.api().call(Method::PATCH, &path, Some(request)).await.map(drop)
}

async fn post(world: &World, path: &str, body: Value) -> anyhow::Result<Value> {
    world.therapist.api().call(Method::POST, path, Some(body)).await
}

#[tokio::test]
async fn a_date_ends_a_clip_on_devices_by_themselves_and_on_the_server() -> anyhow::Result<()> {
    World::on_each_database(dates).await
}

async fn dates(mut world: World) -> anyhow::Result<World> {
    let end = world.now() + Span::from_hours(30);
    let terms = json!({ "expires_at": Time(end) });
    let release = world.therapist.release(world.client, world.clip, terms).await?;
    let longer = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release, longer]).await?;
    let mut tablet = world.pair_with("Tablet", &[release, longer]).await?;
    phone.go_offline();

    // A lease ends no later than the release, though it would have 72 hours.
    world
        .pass(Span::from_hours(30).saturating_sub(Span::from_millis(1)), &mut [&mut phone, &mut tablet])
        .await?;
    world.server.work().await?;
    ensure!(phone.access(release) == Access::Playable { until: end });
    world.pass(Span::from_millis(1), &mut [&mut phone]).await?;
    ensure!(phone.is_wiped(release) && phone.is_ready(longer), "at its date it ends without anybody's word");
    ensure!(!has_ended(&tablet.shelf(), release));
    world.server.work().await?;
    tablet.until_shelf(|shelf| has_ended(shelf, release)).await?;
    ensure!(tablet.is_wiped(release) && tablet.is_ready(longer));
    world.sign_in_again().await?;
    ensure!(world.stands(release).await?.0 == "expired");
    // A date that has come is not put off: released again it may be.
    amend(&world, release, json!({ "expires_at": Time(end + Span::from_days(30)) })).await.ok();
    world.server.work().await?;
    tablet.contact().await?;
    ensure!(world.stands(release).await?.0 == "expired" && tablet.is_wiped(release));

    // A tightened end reaches whoever is connected at once, and everybody with the next lease.
    let sooner = world.now() + Span::from_hours(2);
    amend(&world, longer, json!({ "expires_at": Time(sooner) })).await?;
    tablet.until_shelf(|shelf| shelf.0.get(&longer).is_some_and(|item| item.ends_at == sooner)).await?;
    world.pass(Span::from_mins(2), &mut [&mut tablet]).await?;
    ensure!(tablet.renew().await?, "a shelf that has changed is a reason to ask");
    ensure!(tablet.access(longer) == Access::Playable { until: sooner });
    tablet.go_offline();
    world.pass(Span::from_hours(2), &mut [&mut tablet]).await?;
    ensure!(tablet.is_wiped(longer));
    Ok(world)
}

#[tokio::test]
async fn a_phone_with_the_longest_lease_is_woken_when_its_clip_is_taken_back() -> anyhow::Result<()> {
    World::on_each_database(longest).await
}

async fn longest(world: World) -> anyhow::Result<World> {
    let key = world.server.app()?.ground.keys.vapid().public_key();
    let service = PushService::start(world.server.clock.clone(), &key).await?;
    let mut phone = world.pair("Phone").await?;
    let subscriber = phone.subscribe(&service).await?;
    let terms = json!({ "expires_at": Time(world.now() + Span::from_days(40)), "offline_hours": 744 });
    let release = world.therapist.release(world.client, world.clip, terms).await?;
    phone.contact().await?;
    ensure!(phone.access(release) == Access::Playable { until: world.now() + Span::from_days(31) });
    phone.go_offline();
    world.server.work().await?;
    while service.try_next(&subscriber).is_some() {}

    let urgent = || service.try_next(&subscriber).filter(|message| message.urgency == "high");
    world.therapist.revoke(world.client, json!({ "release": release }), None).await?;
    world.server.work().await?;
    let first = urgent().context("not woken")?;
    ensure!(first.ttl_secs == 28 * 86_400, "as long as push services keep it: {}", first.ttl_secs);
    // The phone was switched off all the time, and the push service has given it up.
    world.pass(Span::from_days(28), &mut [&mut phone]).await?;
    ensure!(!phone.is_wiped(release), "nobody has told the phone");
    world.server.work().await?;
    let again = urgent().context("not woken again")?;
    ensure!(again.ttl_secs == 3 * 86_400, "until the lease ends: {}", again.ttl_secs);
    phone.online = true;
    phone.contact().await?;
    ensure!(phone.is_wiped(release));
    service.assert_clean();
    Ok(world)
}

#[tokio::test]
async fn what_a_laptop_wants_beyond_all_bounds_is_taken_and_held_to_what_every_device_reads()
-> anyhow::Result<()> {
    World::on_each_database(beyond).await
}

async fn beyond(world: World) -> anyhow::Result<World> {
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut phone = world.pair("Phone").await?;
    let wild = Terms {
        expires_at: Instant::NEVER,
        offline_for: Span::from_millis(u64::MAX >> 1),
        daily_limit: Some(u16::MAX),
        planned_daily: Some(u16::MAX),
        ..world.terms()
    };
    let never = Terms { daily_limit: Some(0), ..world.terms() };
    let release = laptop.release(world.clip, world.recording, wild, world.now());
    let silent = laptop.release(world.clip, world.recording, never, world.now());
    laptop.sync().await?;
    phone.contact().await?;
    ensure!(phone.access(release) == Access::Playable { until: world.now() + Span::from_days(31) });
    ensure!(matches!(phone.access(silent), Access::DoseReached { .. }), "no plays a day are none");
    let shelf = phone.shelf();
    let item = shelf.0.get(&release).context("on the shelf")?;
    // Beyond 2^53 no browser could show it, nor anything beside it.
    ensure!(item.ends_at.as_millis() < 1 << 53 && item.daily_limit == Some(48), "{item:?}");
    ensure!(item.offline_for == Span::from_days(31), "{item:?}");
    let truth = world.therapist.truth(world.client, release).await?;
    ensure!(truth["terms"]["expires_at"] == "9999-12-30T00:00:00.000Z", "{truth}");
    ensure!(truth["terms"]["daily_limit"] == 48 && truth["terms"]["offline_hours"] == 744, "{truth}");
    world.therapist.revoke(world.client, json!({ "release": release }), None).await?;
    phone.contact().await?;
    ensure!(phone.is_wiped(release));
    Ok(world)
}

#[tokio::test]
async fn a_pause_of_one_clip_or_of_all_takes_keys_and_a_lift_brings_them_back() -> anyhow::Result<()> {
    World::on_each_database(pauses).await
}

async fn pauses(world: World) -> anyhow::Result<World> {
    let (one, other) =
        (world.release().await?, world.release_clip(world.another_clip("Walking").await?).await?);
    let mut phone = world.pair_with("Phone", &[one, other]).await?;
    let rests = |release| {
        move |shelf: &sync_core::documents::Shelf| {
            shelf.0.get(&release).is_some_and(|item| item.state == ShelfState::Paused)
        }
    };

    let hold = post(&world, &format!("/v1/releases/{one}/holds"), json!({})).await?["hold"].clone();
    phone.until_shelf(rests(one)).await?;
    ensure!(phone.access(one) == Access::Held && phone.vault().key(one).is_none());
    ensure!(!phone.is_wiped(one), "the ciphertext stays, for it may come back");
    ensure!(phone.play(other).await.is_ok());
    // Asking changes nothing while it rests.
    phone.contact().await?;
    ensure!(phone.access(one) == Access::Held && phone.play(one).await.is_err());
    post(&world, &format!("/v1/clients/{}/lifts", world.client), json!({ "holds": [hold] })).await?;
    phone.contact().await?;
    ensure!(phone.play(one).await? == world.media);

    let hold = post(&world, &format!("/v1/clients/{}/holds", world.client), json!({})).await?["hold"].clone();
    phone.until_shelf(|shelf| rests(one)(shelf) && rests(other)(shelf)).await?;
    ensure!([one, other].iter().all(|release| phone.vault().key(*release).is_none()));
    // What is released meanwhile, by somebody who has not seen the pause, waits with the rest.
    let path = format!("/v1/clients/{}/releases", world.client);
    let blind = json!({ "clip": world.clip, "terms": world.terms_json() });
    world.therapist.api().refused(Method::POST, &path, Some(blind), 409, "unseen").await?;
    post(&world, &format!("/v1/clients/{}/lifts", world.client), json!({ "holds": [hold] })).await?;
    phone.contact().await?;
    ensure!(phone.play(one).await.is_ok() && phone.play(other).await.is_ok());

    // A pause with an end is over when it comes, for the server as for the phone.
    let until = world.now() + Span::from_hours(3);
    post(&world, &format!("/v1/releases/{one}/holds"), json!({ "until": Time(until) })).await?;
    phone.until_shelf(rests(one)).await?;
    world.pass(Span::from_hours(3), &mut [&mut phone]).await?;
    world.server.work().await?;
    phone.contact().await?;
    ensure!(phone.play(one).await.is_ok());
    Ok(world)
}

#[tokio::test]
async fn fewer_plays_a_day_and_quiet_hours_hold_on_each_device_without_a_network() -> anyhow::Result<()> {
    World::on_each_database(doses).await
}

async fn doses(mut world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let mut tablet = world.pair_with("Tablet", &[release]).await?;
    ensure!(phone.play(release).await.is_ok());
    amend(&world, release, json!({ "daily_limit": 2 })).await?;
    for device in [&mut phone, &mut tablet] {
        device.contact().await?;
        device.go_offline();
    }
    // What was played before the limit counts, and a new lease does not begin the day anew.
    let midnight = Instant::from_millis(1_800_057_600_000);
    ensure!(phone.play(release).await.is_ok());
    ensure!(phone.access(release) == Access::DoseReached { again_at: Some(midnight) });
    ensure!(phone.play(release).await.is_err());
    phone.restart().await?;
    phone.go_online();
    phone.contact().await?;
    phone.go_offline();
    ensure!(phone.access(release) == Access::DoseReached { again_at: Some(midnight) });
    ensure!(tablet.play(release).await.is_ok() && tablet.play(release).await.is_ok(), "it is per device");
    ensure!(tablet.play(release).await.is_err());
    world.pass(midnight.since(world.now()), &mut [&mut phone, &mut tablet]).await?;
    ensure!(phone.play(release).await.is_ok() && tablet.play(release).await.is_ok());

    world.sign_in_again().await?;
    // Night rest, over midnight, named by the lease as instants.
    amend(
        &world,
        release,
        json!({ "daily_limit": null, "quiet_hours": [{ "from": "22:00", "to": "06:30" }] }),
    )
    .await?;
    phone.go_online();
    phone.contact().await?;
    phone.go_offline();
    let morning = midnight + Span::from_mins(6 * 60 + 30);
    ensure!(phone.access(release) == Access::QuietHours { again_at: morning });
    ensure!(phone.play(release).await.is_err());
    world.pass(Span::from_mins(6 * 60 + 30), &mut [&mut phone]).await?;
    let evening = midnight + Span::from_hours(22);
    ensure!(phone.access(release) == Access::Playable { until: evening });
    world.pass(evening.since(world.now()), &mut [&mut phone]).await?;
    ensure!(phone.access(release) == Access::QuietHours { again_at: morning + Span::from_days(1) });
    Ok(world)
}

#[tokio::test]
async fn i7_a_destroyed_clip_is_gone_for_those_who_knew_it_and_was_never_there_for_others()
-> anyhow::Result<()> {
    World::on_each_database(destroyed).await
}

async fn destroyed(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let stranger = world.therapist.add_client("Cora Placeholder").await?;
    let code = world.therapist.invite(stranger).await?;
    let theirs = refrain_tests::Companion::pair(&world.server.api()?, &code, "Hers", world.now()).await?;
    let objects = world.server.objects()?;
    ensure!(objects.len() == 1);

    world.therapist.destroy(world.clip).await?;
    world.therapist.destroy(world.clip).await.context("again it changes nothing")?;
    let (for_staff, for_device) =
        (format!("/v1/clips/{}", world.clip), format!("/v1/device/clips/{}", world.clip));
    world.therapist.api().refused(Method::GET, &for_staff, None, 410, "clip_destroyed").await?;
    phone.api().refused(Method::GET, &for_device, None, 410, "clip_destroyed").await?;
    theirs.api().refused(Method::GET, &for_device, None, 404, "not_found").await?;
    // No lease from the commit on, and the end on every shelf soon after.
    phone.ask().await?;
    world.server.work().await?;
    phone.until_shelf(|shelf| has_ended(shelf, release)).await?;
    ensure!(phone.is_wiped(release) && world.stands(release).await?.0 == "revoked");
    ensure!(world.server.objects()?.is_empty(), "its ciphertext is still on the disk");
    phone.api().refused(Method::GET, &for_device, None, 410, "clip_destroyed").await?;
    theirs.api().refused(Method::GET, &for_device, None, 404, "not_found").await?;
    let path = format!("/v1/clients/{}/releases", world.client);
    let again = json!({ "clip": world.clip, "terms": world.terms_json() });
    world.therapist.api().refused(Method::POST, &path, Some(again), 410, "clip_destroyed").await?;
    Ok(world)
}

#[tokio::test]
async fn a_removed_device_hears_it_signed_wipes_and_may_still_say_so() -> anyhow::Result<()> {
    World::on_each_database(removed).await
}

async fn removed(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let mut tablet = world.pair_with("Tablet", &[release]).await?;
    tablet.go_offline();
    for device in [phone.device, tablet.device] {
        world.therapist.remove_device(world.client, device).await?;
    }
    // Whoever was connected is told why; the others keep their lease until they are told, or until it ends.
    ensure!(phone.closed().await? == "device_removed");
    ensure!(tablet.play(release).await.is_ok());
    let known = world.therapist.known(world.client, release, tablet.device).await?;
    ensure!(known["known"] == "pending" && known["dark_by"].is_string(), "{known}");
    tablet.go_online();
    for device in [&mut phone, &mut tablet] {
        device.ask().await?;
        ensure!(device.machine().is_unpaired() && device.is_wiped(release));
        ensure!(device.access(release) == Access::Ended);
        device.ask().await?;
        ensure!(device.is_wiped(release), "it is given nothing any more");
        let known = world.therapist.known(world.client, release, device.device).await?;
        ensure!(known["known"] == "wiped", "{known}");
        let clip = format!("/v1/device/clips/{}", world.clip);
        device.api().refused(Method::GET, &clip, None, 403, "device_removed").await?;
        device.api().refused(Method::POST, "/v1/sync-tickets", None, 403, "device_removed").await?;
        ensure!(device.contact().await.is_err(), "it is told nothing about anything else");
    }
    Ok(world)
}

#[tokio::test]
async fn a_device_that_was_copied_gives_itself_away_and_is_removed() -> anyhow::Result<()> {
    World::on_each_database(copied).await
}

async fn copied(world: World) -> anyhow::Result<World> {
    let first = world.release().await?;
    let mut phone = world.pair_with("Phone", &[first]).await?;
    let mut copy = phone.copy()?;
    let second = world.release_clip(world.another_clip("Walking").await?).await?;
    phone.contact().await?;
    ensure!(phone.is_ready(second));
    // The copy gives its next receipt the number that the phone has given, for another thing.
    let said = copy.contact().await.err().map(|error| format!("{error:#}")).unwrap_or_default();
    ensure!(said.contains("device_copied"), "{said}");
    let path = format!("/v1/clients/{}/devices", world.client);
    let devices = world.therapist.api().call(Method::GET, &path, None).await?["devices"].clone();
    let seen =
        devices.as_array().into_iter().flatten().find(|seen| seen["device"] == phone.device.to_string());
    text(seen.context("not listed")?, "removed_at")?;
    for device in [&mut phone, &mut copy] {
        let _ = device.ask().await;
        ensure!(device.machine().is_unpaired() && device.is_wiped(first) && device.is_wiped(second));
    }
    Ok(world)
}
