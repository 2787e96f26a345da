//! No clip plays before each person heard in it has agreed.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use automerge::{ChangeHash, ObjType, ROOT, ReadDoc, Value};
use refrain_tests::{Companion, World, world::has_ended};
use serde_json::json;
use sync_core::{
    id::{ClipId, RecordingId, ReleaseId},
    instant::Span,
    policy::Access,
};

#[tokio::test]
async fn i3_a_release_waits_until_everybody_heard_has_consented() -> anyhow::Result<()> {
    World::on_each_database(everybody).await
}

async fn everybody(mut world: World) -> anyhow::Result<World> {
    let mut phone = world.pair("Phone").await?;
    let mut laptop = world.pair_laptop("Laptop").await?;
    (world.recording, world.clip) = recorded(&world).await?;
    phone.contact().await?;

    // A release is taken from a device whatever the state of things: it waits. A consent to be recorded is none to be heard
    // at home.
    laptop.pull().await?;
    let release = laptop.release(world.clip, world.recording, world.terms(), world.now());
    laptop.sync().await?;
    waits(&world, &mut phone, release).await?;
    // Who was never asked has not agreed: one of two is not enough.
    world.therapist.record_consent(world.recording, world.client_heard, world.form).await?;
    waits(&world, &mut phone, release).await?;

    world.therapist.record_consent(world.recording, world.therapist_heard, world.form).await?;
    world.server.work().await?;
    phone.until_shelf(|shelf| shelf.0.contains_key(&release)).await?;
    phone.contact().await?;
    ensure!(phone.play(release).await? == world.media);
    Ok(world)
}

async fn waits(world: &World, phone: &mut Companion, release: ReleaseId) -> anyhow::Result<()> {
    world.server.work().await?;
    let (standing, waits_for) = world.stands(release).await?;
    ensure!(
        standing == "live" && waits_for.as_deref() == Some("consent_missing"),
        "{standing} {waits_for:?}"
    );
    phone.contact().await?;
    ensure!(!phone.shelf().0.contains_key(&release), "what waits is on the shelf");
    ensure!(phone.machine().held(release).is_none() && phone.access(release) == Access::NeedsContact);
    Ok(())
}

/// One more recording with a clip; to be recorded is all that anybody has consented to.
async fn recorded(world: &World) -> anyhow::Result<(RecordingId, ClipId)> {
    let heard = [world.client_heard, world.therapist_heard];
    let recording = world.therapist.add_recording(world.client, "2027-01-13T09:00:00Z", &heard).await?;
    for person in heard {
        // While one of those who were there was not asked, not a byte is taken.
        let refused = world.therapist.upload(recording, "Walking", &heard, world.media.clone()).await;
        let refused = refused.err().context("it was taken")?.to_string();
        ensure!(refused.contains("409") && refused.contains("record_missing"), "{refused}");
        world.therapist.record_consent_to(&["record"], recording, person, world.form).await?;
    }
    let uploaded = world.therapist.upload(recording, "Walking", &heard, world.media.clone()).await?;
    Ok((recording, ClipId::parse(refrain_tests::api::text(&uploaded, "clip")?)?))
}

#[tokio::test]
async fn a_withdrawal_ends_everything_of_its_recording_and_looks_like_any_other_end() -> anyhow::Result<()> {
    World::on_each_database(withdrawal).await
}

async fn withdrawal(world: World) -> anyhow::Result<World> {
    let (recording, clip) = recorded(&world).await?;
    for participant in [world.client_heard, world.therapist_heard] {
        world.therapist.record_consent(recording, participant, world.form).await?;
    }
    // Two clips of the one recording, and two releases of the other: one of those the therapist will end.
    let first = world.release().await?;
    let second = world.release_clip(world.another_clip("Counting").await?).await?;
    let (other, taken_back) = (world.release_clip(clip).await?, world.release_clip(clip).await?);
    let all = [first, second, other, taken_back];
    let mut phone = world.pair_with("Phone", &all).await?;
    let mut tablet = world.pair_with("Tablet", &all).await?;
    tablet.go_offline();

    let before = heads(&phone);

    // From the commit on no gate opens, even before anybody has told the shelf.
    world.therapist.record_withdrawal(world.recording, world.therapist_heard).await?;
    let (_, waits_for) = world.stands(first).await?;
    ensure!(waits_for.as_deref() == Some("consent_ended"), "{waits_for:?}");
    world.server.work().await?;
    world.therapist.revoke(world.client, json!({ "release": taken_back }), None).await?;
    phone
        .until_shelf(|shelf| [first, second, taken_back].iter().all(|ended| has_ended(shelf, *ended)))
        .await?;
    tablet.go_online();
    tablet.contact().await?;
    for device in [&mut phone, &mut tablet] {
        for ended in [first, second, taken_back] {
            ensure!(device.is_wiped(ended) && device.access(ended) == Access::Ended);
        }
        ensure!(device.is_ready(other) && device.play(other).await? == world.media);
    }

    // On the shelf nobody can tell the one from the other.
    let ended = |release| shelf_item(&phone, release);
    let items: Vec<_> = [first, second, taken_back].map(ended).into_iter().collect::<anyhow::Result<_>>()?;
    ensure!(items.windows(2).all(|pair| pair[0] == pair[1]), "{items:?}");
    // Nor in the history of the shelf: the same hand, and as much written.
    ensure!(hands_since(&phone, &before)? == 1);

    // Who consents again consents to new releases.
    world.server.pass(Span::from_mins(1));
    world.therapist.record_consent(world.recording, world.therapist_heard, world.form).await?;
    world.server.work().await?;
    phone.contact().await?;
    ensure!(world.stands(first).await?.0 == "revoked" && phone.is_wiped(first));
    let again = world.release().await?;
    phone.contact().await?;
    ensure!(phone.is_ready(again) && phone.is_wiped(first) && phone.is_wiped(second));
    Ok(world)
}

/// An item of the shelf as a stock reader sees it, without the ids.
fn shelf_item(phone: &Companion, release: ReleaseId) -> anyhow::Result<Vec<(String, String)>> {
    let document = phone.documents().shelf_document();
    let (_, releases) = document.get(ROOT, "releases")?.context("no releases")?;
    let (kind, item) = document.get(&releases, release.to_string())?.context("not on the shelf")?;
    ensure!(matches!(kind, Value::Object(ObjType::Map)));
    let fields = document.keys(&item).filter(|field| field != "clip").map(|field| {
        let values = document.get_all(&item, field.as_str())?;
        Ok((field, format!("{:?}", values.iter().map(|(value, _)| value).collect::<Vec<_>>())))
    });
    fields.collect()
}

fn heads(phone: &Companion) -> Vec<ChangeHash> {
    phone.documents().shelf_document().get_heads()
}

/// How many hands have written the shelf since; none of them may say anything beside what it changes.
fn hands_since(phone: &Companion, before: &[ChangeHash]) -> anyhow::Result<usize> {
    let changes = phone.documents().shelf_document().get_changes(before);
    ensure!(changes.len() >= 2, "two ends are two changes at least");
    for change in &changes {
        ensure!(change.message().is_none() && change.extra_bytes().is_empty());
    }
    Ok(changes.iter().map(|change| change.actor_id().clone()).collect::<BTreeSet<_>>().len())
}
