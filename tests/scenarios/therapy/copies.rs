//! A phone that was copied: two ask with one voice, and the server hears it.

use anyhow::{Context, ensure};
use refrain_tests::{Companion, World};
use reqwest::Method;
use serde_json::Value;
use sync_core::{id::ReleaseId, instant::Span, policy::Access};

/// What the desk sees of a phone.
async fn seen(world: &World, phone: &Companion) -> anyhow::Result<Value> {
    let path = format!("/v1/clients/{}/devices", world.client);
    let devices = world.therapist.api().call(Method::GET, &path, None).await?["devices"].clone();
    let mut devices = devices.as_array().cloned().unwrap_or_default().into_iter();
    devices.find(|seen| seen["device"] == phone.device.to_string()).context("not listed")
}

/// What an attempt to ask was refused with.
async fn refusal(phone: &mut Companion) -> String {
    phone.ask().await.err().map(|error| format!("{error:#}")).unwrap_or_default()
}

/// The phone is found to be copied: the desk sees it, and both twins lose everything with their next question.
async fn are_found(world: &World, twins: [&mut Companion; 2], release: ReleaseId) -> anyhow::Result<()> {
    let [one, other] = twins;
    let seen = seen(world, one).await?;
    ensure!(seen["removed_at"].is_string() && seen["copied_at"].is_string(), "{seen}");
    let told = async || {
        let duties = world.therapist.api().call(Method::GET, "/v1/duties", None).await?["duties"].clone();
        let is_told = |duty: &Value| duty["kind"] == "note_copy" && duty["device"] == one.device.to_string();
        anyhow::Ok(duties.as_array().into_iter().flatten().any(is_told))
    };
    ensure!(told().await?, "the desk is told");
    let path = format!("/v1/clients/{}/devices/{}/copy-notice", world.client, one.device);
    world.therapist.api().call(Method::POST, &path, None).await?;
    ensure!(!told().await?, "and once it knows, no more");
    for twin in [one, other] {
        let _ = twin.ask().await;
        ensure!(twin.machine().is_unpaired() && twin.is_wiped(release));
        ensure!(twin.access(release) == Access::Ended);
        // One of them says that the clip is gone. The other may be in flight mode: the desk waits for the leases' end.
        let known = world.therapist.known(world.client, release, twin.device).await?;
        ensure!(known["known"] == "pending" && known["dark_by"].is_string(), "{known}");
    }
    Ok(())
}

#[tokio::test]
async fn a_silent_copy_is_found_when_both_have_asked() -> anyhow::Result<()> {
    World::on_each_database(alternating).await
}

async fn alternating(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    // The whole profile, with its keys; it states no receipts.
    let mut copy = phone.copy()?;
    phone.ask().await?;
    copy.ask().await?;
    ensure!(seen(&world, &phone).await?["removed_at"].is_null(), "a lost answer looks alike");
    phone.ask().await?;
    let said = refusal(&mut copy).await;
    ensure!(said.contains("device_copied"), "{said}");
    are_found(&world, [&mut phone, &mut copy], release).await?;
    Ok(world)
}

#[tokio::test]
async fn a_copy_from_long_ago_gets_nothing_and_is_found() -> anyhow::Result<()> {
    World::on_each_database(from_long_ago).await
}

async fn from_long_ago(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    let mut copy = phone.copy()?;
    for _ in 0..3 {
        phone.ask().await?;
    }
    // This question could have been under way since before the phone's last.
    let said = refusal(&mut copy).await;
    ensure!(said.contains("question_overtaken"), "{said}");
    ensure!(seen(&world, &phone).await?["removed_at"].is_null());
    // This one is signed over a challenge that the server has made since.
    world.server.clock.advance(Span::from_mins(6));
    let said = refusal(&mut copy).await;
    ensure!(said.contains("device_copied"), "{said}");
    are_found(&world, [&mut phone, &mut copy], release).await?;
    Ok(world)
}

#[tokio::test]
async fn a_phone_whose_answers_are_lost_and_that_dies_is_no_copy() -> anyhow::Result<()> {
    World::on_each_database(unlucky).await
}

async fn unlucky(world: World) -> anyhow::Result<World> {
    let release = world.release().await?;
    let mut phone = world.pair_with("Phone", &[release]).await?;
    for round in 0..4 {
        // The answer is lost, twice.
        phone.batch().await?;
        phone.batch().await?;
        if round % 2 == 0 {
            // It dies with the question out.
            phone.restart().await?;
        }
        phone.ask().await?;
        world.server.clock.advance(Span::from_mins(6));
        phone.clock.advance(Span::from_mins(6));
    }
    ensure!(seen(&world, &phone).await?["removed_at"].is_null());
    ensure!(matches!(phone.access(release), Access::Playable { .. }), "{:?}", phone.access(release));
    Ok(world)
}
