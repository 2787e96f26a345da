//! A couple's clip is on two shelves, and is taken back from both.

use anyhow::{Context, ensure};
use refrain_tests::{Companion, Laptop, World, world::has_ended};
use serde_json::json;
use sync_core::{
    documents::Shelf,
    id::{ClientId, ClipId, RecordingId, ReleaseId},
    instant::Span,
    orders::RevokeOn,
};

/// What the second person of the couple has.
struct Partner {
    client: ClientId,
    recording: RecordingId,
    clip: ClipId,
    phone: Companion,
    laptop: Laptop,
}

impl Partner {
    /// A session of both, a clip of it in which both are heard, and everybody's consent.
    async fn join(world: &World) -> anyhow::Result<Self> {
        let therapist = &world.therapist;
        let client = therapist.add_client("Cem").await?;
        let person = json!({ "kind": "client", "name": "Cem", "client": client });
        let heard = therapist.add_participant(person).await?;
        let people = [world.client_heard, heard];
        let recording = therapist.add_recording(world.client, "2027-01-14T10:00:00Z", &people).await?;
        for person in people {
            therapist.record_consent(recording, person, world.form).await?;
        }
        let uploaded = therapist.upload(recording, "Together", &people, world.media.clone()).await?;
        let clip = ClipId::parse(uploaded["clip"].as_str().unwrap_or_default())?;
        let code = therapist.invite(client).await?;
        let phone = Companion::pair(&world.server.api()?, &code, "Cem's phone", world.now()).await?;
        therapist.confirm_device(&phone).await?;
        let laptop = Laptop::pair(therapist.api(), "Laptop", client).await?;
        Ok(Self { client, recording, clip, phone, laptop })
    }
}

#[tokio::test]
async fn a_couples_clip_is_taken_back_from_both_while_one_is_offline_and_a_laptop_knows_of_nothing()
-> anyhow::Result<()> {
    World::on_each_database(both).await
}

async fn both(world: World) -> anyhow::Result<World> {
    let mut partner = Partner::join(&world).await?;
    let hers = world.release_clip(partner.clip).await?;
    let his = world.therapist.release(partner.client, partner.clip, world.terms_json()).await?;
    let mut phone = world.pair_with("Phone", &[hers]).await?;
    partner.phone.contact().await?;
    ensure!(partner.phone.play(his).await? == world.media, "he hears what was uploaded");
    for client in [world.client, partner.client] {
        let path = format!("/v1/clients/{client}/clips");
        let listed = world.therapist.api().call(reqwest::Method::GET, &path, None).await?;
        let clips = listed["clips"].as_array().context("clips")?;
        let is_there = clips.iter().any(|clip| clip["clip"] == partner.clip.to_string());
        ensure!(is_there, "both have it to be shared: {listed}");
    }
    ensure!(
        !knows(&phone.shelf(), his) && !knows(&partner.phone.shelf(), hers),
        "each shelf is its person's"
    );
    partner.laptop.sync().await?;

    // Offline, a laptop releases it to him once more, while it is taken back for her: everywhere.
    partner.laptop.go_offline();
    let again = partner.laptop.release(partner.clip, partner.recording, world.terms(), world.now());
    phone.go_offline();
    let on = json!({ "clip": partner.clip });
    world.therapist.revoke(world.client, on, Some(json!({ "kind": "fixation" }))).await?;
    world.server.work().await?;
    partner.phone.until_shelf(|shelf| has_ended(shelf, his)).await?;
    ensure!(
        partner.phone.is_wiped(his),
        "a connected phone wipes at once, whoever the decision was written for"
    );
    phone.online = true;
    phone.contact().await?;
    ensure!(phone.is_wiped(hers));

    partner.laptop.sync().await?;
    let waits = world.therapist.truth(partner.client, again).await?;
    ensure!(waits["standing"] == "unconfirmed", "made in ignorance: {waits}");
    partner.phone.contact().await?;
    ensure!(!knows(&partner.phone.shelf(), again) && !partner.phone.is_ready(again));
    ensure!(
        partner.laptop.folded().wide_revocations.iter().any(|(_, on)| *on == RevokeOn::Clip(partner.clip))
    );
    let known = world.therapist.known(partner.client, his, partner.phone.device).await?;
    ensure!(known["known"] == "wiped", "{known}");

    // Somebody looks at it and means it: then it plays, for him alone.
    let confirmed = json!({ "seen": waits["unseen"] });
    let path = format!("/v1/releases/{again}/confirmations");
    world.therapist.api().call(reqwest::Method::POST, &path, Some(confirmed)).await?;
    world.pass(Span::from_mins(2), &mut [&mut phone, &mut partner.phone]).await?;
    partner.phone.contact().await?;
    ensure!(partner.phone.play(again).await? == world.media);
    phone.contact().await?;
    ensure!(phone.is_wiped(hers) && phone.leased().next().is_none());
    Ok(world)
}

fn knows(shelf: &Shelf, release: ReleaseId) -> bool {
    shelf.0.contains_key(&release)
}
