//! A laptop that was offline and a phone that was not meet on the server, in every order.

use anyhow::ensure;
use refrain_tests::{Companion, Laptop, World, database::Database, socket::Wire, world::has_ended};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    documents::{Note, Observation, ObservationKind},
    id::{EntryId, ReleaseId},
    instant::Span,
    orders::RevokeOn,
    terms::TermsChange,
};

/// What the therapist has written on two devices, and the server has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// On the laptop: the end comes later.
    Extension,
    /// On the laptop: the clip once more.
    SecondRelease,
    /// On her phone: why.
    Observation,
    /// On her phone: the clip is taken back.
    Revocation,
}

#[tokio::test]
async fn i1_a_clip_that_is_taken_back_ends_in_whatever_order_devices_meet() -> anyhow::Result<()> {
    World::on_each_database(merge_in_every_order).await
}

async fn merge_in_every_order(mut world: World) -> anyhow::Result<World> {
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut her_phone = world.pair_laptop("Her phone").await?;
    let mut phone = world.pair("Phone").await?;
    // Each order on SQLite; there is one fold for both, so that PostgreSQL need not hear of each.
    let step = if *world.server.database() == Database::Sqlite { 1 } else { 5 };
    for (round, order) in orders().into_iter().enumerate().step_by(step) {
        let told = merge(&mut world, (&mut laptop, &mut her_phone, &mut phone), round, order).await;
        told.map_err(|error| error.context(format!("in the order {order:?}")))?;
    }
    Ok(world)
}

async fn merge(
    world: &mut World,
    (laptop, her_phone, phone): (&mut Laptop, &mut Laptop, &mut Companion),
    round: usize,
    order: [Written; 4],
) -> anyhow::Result<()> {
    // A clip of its own each time: what was taken back before stands against every later release of a clip.
    world.clip = world.another_clip("Breathing").await?;
    let first = world.release().await?;
    phone.contact().await?;
    ensure!(phone.is_ready(first));
    for device in [&mut *laptop, &mut *her_phone] {
        device.wire = Wire::Whole;
        device.pull().await?;
        device.go_offline();
    }

    // Neither knows of the other.
    let later = TermsChange { expires_at: Some(world.now() + Span::from_days(30)), ..TermsChange::default() };
    laptop.amend(first, later, world.now())?;
    let second = laptop.release(world.clip, world.recording, world.terms(), world.now());
    her_phone.note(&Note::Observation(Observation {
        kind: ObservationKind::Fixation,
        at: world.now(),
        releases: vec![first],
        reason: "Plays it all night.".into(),
    }));
    her_phone.revoke(first, RevokeOn::Clip(world.clip), world.now())?;
    let (on_laptop, on_phone) = (laptop.written(), her_phone.written());
    ensure!(on_laptop.len() == 2 && on_phone.len() == 1);

    for (step, written) in order.into_iter().enumerate() {
        let wire = [Wire::Whole, Wire::Twice, Wire::Backwards][(round + step) % 3];
        (laptop.wire, her_phone.wire) = (wire, wire);
        match written {
            Written::Extension => laptop.sync_entry(on_laptop[0]).await?,
            Written::SecondRelease => laptop.sync_entry(on_laptop[1]).await?,
            Written::Observation => her_phone.sync_notes().await?,
            Written::Revocation => her_phone.sync_entry(on_phone[0]).await?,
        }
    }

    let truth = world.therapist.truth(world.client, first).await?;
    ensure!(truth["standing"] == "revoked", "{truth}");
    phone.until_shelf(|shelf| has_ended(shelf, first)).await?;
    ensure!(phone.is_wiped(first));
    // Whether it was on the shelf before the revocation came or not: it does not play.
    ensure!(phone.play(second).await.is_err());
    confirm(world, laptop, (round, second), on_phone[0]).await?;
    phone.contact().await?;
    ensure!(phone.is_ready(second) && phone.play(second).await.is_ok());
    ensure!(phone.is_wiped(first));
    Ok(())
}

/// In doubt until somebody has seen what it is in doubt over: over the API, or on a device.
async fn confirm(
    world: &World,
    laptop: &mut Laptop,
    (round, second): (usize, ReleaseId),
    revocation: EntryId,
) -> anyhow::Result<()> {
    let truth = world.therapist.truth(world.client, second).await?;
    ensure!(truth["standing"] == "unconfirmed" && truth["unseen"] == json!([revocation]), "{truth}");
    if round.is_multiple_of(2) {
        laptop.wire = Wire::Whole;
        laptop.pull().await?;
        laptop.confirm(second, world.now())?;
        laptop.sync().await?;
    } else {
        let path = format!("/v1/releases/{second}/confirmations");
        let api = world.therapist.api();
        let blind = Some(json!({ "seen": [] }));
        let problem = api.refused(Method::POST, &path, blind, 409, "unseen").await?;
        ensure!(problem["entries"] == json!([revocation]), "{problem}");
        api.call(Method::POST, &path, Some(json!({ "seen": [revocation] }))).await?;
    }
    let truth = world.therapist.truth(world.client, second).await?;
    ensure!(truth["standing"] == "live" && truth["waits_for"].is_null(), "{truth}");
    Ok(())
}

fn orders() -> Vec<[Written; 4]> {
    use Written::{Extension, Observation, Revocation, SecondRelease};
    let all = [Extension, SecondRelease, Observation, Revocation];
    let mut orders = Vec::new();
    for a in all {
        for b in all.into_iter().filter(|b| *b != a) {
            for c in all.into_iter().filter(|c| ![a, b].contains(c)) {
                for d in all.into_iter().filter(|d| ![a, b, c].contains(d)) {
                    orders.push([a, b, c, d]);
                }
            }
        }
    }
    orders
}
