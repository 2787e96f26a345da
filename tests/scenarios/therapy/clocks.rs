//! A phone whose clock is wrong, by chance or on purpose, and answers without a signature.

use anyhow::{Context, ensure};
use p256::ecdsa::SigningKey;
use refrain_tests::{Companion, World, portal::Portal};
use reqwest::StatusCode;
use sync_core::{
    id::ReleaseId,
    instant::{Instant, Span},
    lease::{Signed, Tag},
    policy::Access,
};

fn plays(phone: &mut Companion, release: ReleaseId) -> bool {
    matches!(phone.access(release), Access::Playable { .. })
}

fn valid_until(phone: &mut Companion, release: ReleaseId) -> anyhow::Result<Instant> {
    Ok(phone.machine().held(release).context("nothing held")?.lease.valid_until)
}

#[tokio::test]
async fn i10_a_clock_set_back_gains_nothing_within_a_run_or_over_a_restart() -> anyhow::Result<()> {
    World::on_each_database(set_back).await
}

async fn set_back(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let end = valid_until(&mut phone, release)?;
    ensure!(end == world.now() + Span::from_hours(72));
    phone.go_offline();

    // Set back within a run: the monotonic clock goes on counting, to the very end of the lease.
    world.pass(Span::from_hours(70), &mut [&mut phone]).await?;
    phone.clock.set_back(Span::from_hours(69));
    ensure!(phone.access(release) == Access::Playable { until: end });
    // Over a restart there is only the wall clock, which is behind what was seen.
    phone.restart().await?;
    ensure!(phone.access(release) == Access::NeedsContact);
    ensure!(phone.play(release).await.is_err());
    // Set right again it goes on from where it was: nothing was gained, and nothing lost.
    phone.clock.set_ahead(Span::from_hours(69));
    ensure!(plays(&mut phone, release));
    world.pass(Span::from_hours(1), &mut [&mut phone]).await?;
    ensure!(plays(&mut phone, release));
    phone.clock.set_back(Span::from_days(400));
    world.pass(Span::from_hours(1), &mut [&mut phone]).await?;
    ensure!(phone.is_wiped(release), "a year's worth of clock gained something");

    // Contact sets it right, whatever the wall clock shows.
    phone.go_online();
    phone.contact().await?;
    ensure!(phone.is_ready(release) && plays(&mut phone, release));
    Ok(world)
}

#[tokio::test]
async fn i2_a_clock_held_still_gains_no_more_than_the_budget() -> anyhow::Result<()> {
    World::on_each_database(held_still).await
}

async fn held_still(world: World) -> anyhow::Result<World> {
    let terms = serde_json::json!({
        "expires_at": world.terms_json()["expires_at"], "offline_hours": 2, "daily_limit": 3,
    });
    let release = world.therapist.release(world.client, world.clip, terms).await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let held = phone.machine().held(release).context("nothing held")?.clone();
    let budget = held.lease.budget;
    ensure!(budget >= Span::from_mins(3) && budget <= Span::from_mins(6), "{budget:?}");
    phone.go_offline();
    // Media time is debited before it is decrypted, step by step; stopping early and killing the app undo nothing.
    let mut spent = Span::ZERO;
    while let Ok(effects) = phone.debit(release, Span::from_secs(60)).await {
        spent = spent.saturating_add(Span::from_secs(60));
        ensure!(spent <= budget && effects > 0, "more was decrypted than the lease allows");
        if spent == Span::from_mins(2) {
            let standing_still = phone.clock;
            phone.restart().await?;
            phone.clock = standing_still;
        }
    }
    ensure!(spent == budget);
    ensure!(phone.access(release) == Access::NeedsContact && phone.play(release).await.is_err());
    // A contact brings a new lease with a budget of its own.
    phone.go_online();
    phone.contact().await?;
    ensure!(plays(&mut phone, release));
    Ok(world)
}

#[tokio::test]
async fn a_clock_ahead_ends_early_a_leap_only_locks_and_contact_repairs_both() -> anyhow::Result<()> {
    World::on_each_database(ahead).await
}

async fn ahead(world: World) -> anyhow::Result<World> {
    let (release, short) = (world.release().await?, world.another_clip("Walking").await?);
    let day = serde_json::json!({ "expires_at": world.terms_json()["expires_at"], "offline_hours": 24 });
    let short = world.therapist.release(world.client, short, day).await?;
    let mut phone = world.pair_with("Phone", &[release, short]).await?;
    phone.go_offline();

    // A day and a half ahead: what had a day has ended, and is erased. No one has to be asked for that.
    phone.clock.set_ahead(Span::from_hours(36));
    world.pass(Span::from_mins(1), &mut [&mut phone]).await?;
    ensure!(phone.is_wiped(short) && plays(&mut phone, release));
    phone.go_online();
    phone.contact().await?;
    ensure!(plays(&mut phone, short) && plays(&mut phone, release));

    // A year ahead is no honest clock: locked, not erased, and contact brings it back without fetching anything.
    phone.go_offline();
    phone.clock.set_ahead(Span::from_days(365));
    world.pass(Span::from_mins(1), &mut [&mut phone]).await?;
    ensure!(!plays(&mut phone, release) && phone.play(release).await.is_err());
    ensure!(!phone.is_wiped(release) && phone.vault().key(release).is_some());
    phone.go_online();
    phone.contact().await?;
    ensure!(plays(&mut phone, release) && phone.play(release).await? == world.media);

    // A leap that nobody repairs within a day erases after all.
    phone.go_offline();
    phone.clock.set_ahead(Span::from_days(365));
    world.pass(Span::from_mins(1), &mut [&mut phone]).await?;
    ensure!(!phone.is_wiped(release));
    world.pass(Span::from_hours(24), &mut [&mut phone]).await?;
    ensure!(phone.is_wiped(release));
    Ok(world)
}

#[tokio::test]
async fn a_lease_is_renewed_when_half_of_its_time_is_gone_and_not_before() -> anyhow::Result<()> {
    World::on_each_database(half_life).await
}

async fn half_life(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let end = world.terms().expires_at;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    world.pass(Span::from_mins(2), &mut [&mut phone]).await?;
    ensure!(phone.renew().await?, "at the start of a run it asks");
    let first = valid_until(&mut phone, release)?;
    world.pass(Span::from_hours(35), &mut [&mut phone]).await?;
    ensure!(!phone.renew().await?);
    world.pass(Span::from_hours(2), &mut [&mut phone]).await?;
    ensure!(phone.renew().await?);
    ensure!(valid_until(&mut phone, release)? == first + Span::from_hours(37));
    ensure!(!phone.renew().await?, "what was just renewed is not renewed");
    // The last lease ends with the release, and there is nothing more to be had.
    for _ in 0..4 {
        world.pass(Span::from_hours(24), &mut [&mut phone]).await?;
        phone.renew().await?;
    }
    ensure!(valid_until(&mut phone, release)? == end);
    world.pass(Span::from_hours(20), &mut [&mut phone]).await?;
    ensure!(!phone.renew().await?);
    Ok(world)
}

#[tokio::test]
async fn a_portal_that_answers_everything_itself_is_merely_no_contact() -> anyhow::Result<()> {
    World::on_each_database(hotel).await
}

async fn hotel(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    world.pass(Span::from_hours(40), &mut [&mut phone]).await?;
    let end = valid_until(&mut phone, release)?;
    for status in [StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::GONE, StatusCode::UNAUTHORIZED] {
        let portal = Portal::open(status).await?;
        phone.reach(portal.api());
        ensure!(phone.contact().await.is_err() && phone.ask().await.is_err());
        ensure!(phone.access(release) == Access::Playable { until: end });
        ensure!(!phone.machine().is_unpaired() && phone.play(release).await? == world.media);
    }
    phone.reach(&world.server.api()?);
    phone.contact().await?;
    ensure!(valid_until(&mut phone, release)? == world.now() + Span::from_hours(72));
    Ok(world)
}

#[tokio::test]
async fn a_batch_that_is_tampered_with_replayed_late_or_anothers_is_not_taken() -> anyhow::Result<()> {
    World::on_each_database(forged).await
}

async fn forged(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let mut tablet = world.pair_with("Tablet", &[release]).await?;
    let end = valid_until(&mut phone, release)?;
    let before = phone.batch().await?;
    world.pass(Span::from_hours(1), &mut [&mut phone, &mut tablet]).await?;

    let mut other = before.clone();
    other.signature[0] ^= 1;
    ensure!(phone.take(&other).await.is_err(), "its signature is another one");
    for place in [0, before.body.len() / 2, before.body.len() - 1] {
        let mut other = before.clone();
        other.body[place] ^= 1;
        ensure!(phone.take(&other).await.is_err(), "byte {place} is another one");
    }
    let stranger = SigningKey::from_slice(&[7; 32])?;
    let forged = Signed::sign(Tag::Batch, before.body.clone(), &stranger);
    ensure!(phone.take(&forged).await.is_err(), "signed by a stranger");
    let unsigned = Signed { body: before.body.clone(), signature: [0; 64] };
    ensure!(phone.take(&unsigned).await.is_err(), "not signed at all");
    let theirs = tablet.batch().await?;
    ensure!(phone.take(&theirs).await.is_err(), "for another device");
    ensure!(phone.take(&before).await.is_err(), "an hour under way: the clock cannot be set by it");
    let fresh = phone.batch().await?;
    ensure!(phone.take(&before).await.is_err(), "an answer to an earlier question");
    ensure!(valid_until(&mut phone, release)? == end && plays(&mut phone, release));

    phone.take(&fresh).await?;
    ensure!(valid_until(&mut phone, release)? == end + Span::from_hours(1));
    ensure!(phone.take(&fresh).await.is_err(), "an answer is taken once");
    Ok(world)
}
