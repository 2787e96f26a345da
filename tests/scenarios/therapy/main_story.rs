//! A clip is released, replayed offline, and taken back everywhere.

use anyhow::ensure;
use refrain_tests::{World, push_service::PushService, world::has_ended};
use sync_core::{
    documents::{Note, Observation, ObservationKind, Words},
    instant::Span,
    lease::Marks,
    orders::RevokeOn,
    policy::Access,
    terms::TermsChange,
};

#[tokio::test]
async fn a_clip_is_released_replayed_offline_and_taken_back_everywhere() -> anyhow::Result<()> {
    World::on_each_database(the_whole_story).await
}

pub(super) async fn the_whole_story(mut world: World) -> anyhow::Result<World> {
    let client = world.client;
    let push_key = world.server.app()?.ground.keys.vapid().public_key();
    let pushes = PushService::start(world.server.clock.clone(), &push_key).await?;

    // Two devices each.
    let mut laptop = world.pair_laptop("Laptop").await?;
    let mut her_phone = world.pair_laptop("Her phone").await?;
    let mut phone = world.pair("Phone").await?;
    let mut tablet = world.pair("Tablet").await?;
    let phone_wakes = phone.subscribe(&pushes).await?;
    let tablet_wakes = tablet.subscribe(&pushes).await?;
    phone.contact().await?;
    tablet.contact().await?;
    laptop.sync().await?;

    // Released offline; nothing is on the server before the laptop syncs.
    let release = laptop.release(world.clip, world.recording, world.terms(), world.now());
    laptop.note(&Note::Words(Words {
        release,
        at: world.now(),
        note: Some("Once in the evening.".into()),
        marks: Marks(vec![(Span::from_secs(5), "Listen for your shoulders here.".into())]),
        parting_note: "You can do this without it now.".into(),
    }));
    ensure!(laptop.unsent() == 1);
    ensure!(phone.shelf().0.is_empty());
    laptop.sync().await?;
    ensure!(laptop.unsent() == 0);

    // Both phones are told at once, and woken.
    let truth = world.therapist.truth(client, release).await?;
    ensure!(truth["standing"] == "live" && truth["waits_for"].is_null(), "{truth}");
    phone.until_shelf(|shelf| shelf.0.contains_key(&release)).await?;
    world.server.work().await?;
    for (subscriber, device) in [(&phone_wakes, "phone"), (&tablet_wakes, "tablet")] {
        let mut woken = 0;
        while let Some(message) = pushes.try_next(subscriber) {
            let plain = String::from_utf8(subscriber.decrypt(&message)?)?;
            ensure!(plain.contains("There is something new to see"), "{plain}");
            woken += 1;
        }
        ensure!(woken > 0, "the {device} was not woken");
    }
    tablet.contact().await?;
    phone.contact().await?;
    ensure!(phone.is_ready(release) && tablet.is_ready(release));
    ensure!(world.therapist.known(client, release, phone.device).await?["known"] == "ready");

    // Offline, he hears just what was uploaded.
    phone.go_offline();
    tablet.go_offline();
    world.pass(Span::from_hours(5), &mut [&mut phone, &mut tablet]).await?;
    ensure!(phone.play(release).await? == world.media);
    ensure!(tablet.play(release).await? == world.media);
    let words = phone.vault().words(release).map(|words| (words.title.clone(), words.note.clone()));
    ensure!(words == Some(("Breathing".into(), Some("Once in the evening.".into()))));

    // At the same time: the laptop, offline, extends it and releases the clip once more …
    laptop.amend(
        release,
        TermsChange { expires_at: Some(world.now() + Span::from_days(30)), ..TermsChange::default() },
        world.now(),
    )?;
    let second = laptop.release(world.clip, world.recording, world.terms(), world.now());
    // … while her phone flags fixation and revokes, with his phone connected.
    phone.go_online();
    phone.contact().await?;
    her_phone.pull().await?;
    her_phone.note(&Note::Observation(Observation {
        kind: ObservationKind::Fixation,
        at: world.now(),
        releases: vec![release],
        reason: "Plays it all night.".into(),
    }));
    her_phone.revoke(release, RevokeOn::Clip(world.clip), world.now())?;
    her_phone.sync().await?;
    phone.until_shelf(|shelf| has_ended(shelf, release)).await?;
    ensure!(phone.is_wiped(release));
    ensure!(world.therapist.known(client, release, phone.device).await?["known"] == "wiped");

    // The laptop comes last, and relaxes nothing.
    laptop.sync().await?;
    let truth = world.therapist.truth(client, release).await?;
    ensure!(truth["standing"] == "revoked", "{truth}");
    let truth = world.therapist.truth(client, second).await?;
    ensure!(truth["standing"] == "unconfirmed", "{truth}");
    ensure!(!phone.shelf().0.contains_key(&second));

    // The tablet knows of nothing. Its clock set back gains nothing within a run or over a restart.
    tablet.clock.set_back(Span::from_days(3));
    ensure!(tablet.play(release).await.is_ok(), "within its lease it plays, whatever the wall clock shows");
    tablet.restart().await?;
    ensure!(tablet.access(release) == Access::NeedsContact);
    tablet.clock.set_ahead(Span::from_days(3));
    // With the clock held still it runs out of budget.
    let mut plays = 0;
    while tablet.play(release).await.is_ok() {
        plays += 1;
        ensure!(plays < 1_000, "a clock that is held still gains everything");
    }
    ensure!(tablet.access(release) == Access::NeedsContact);
    let known = world.therapist.known(client, release, tablet.device).await?;
    ensure!(known["known"] == "pending" && known["dark_by"].is_string(), "{known}");

    // With an honest clock it goes dark at the lease's end, and nobody has to tell it.
    for _ in 0..6 {
        world.pass(Span::from_hours(12), &mut [&mut tablet]).await?;
    }
    ensure!(tablet.is_wiped(release));
    world.sign_in_again().await?;
    let known = world.therapist.known(client, release, tablet.device).await?;
    ensure!(known["known"] == "lost", "{known}");

    // At the next contact it hands in what it did, and the parting note is there to be read.
    tablet.go_online();
    tablet.contact().await?;
    tablet.hand_in().await?;
    ensure!(tablet.access(release) == Access::Ended || tablet.access(release) == Access::NeedsContact);
    ensure!(tablet.vault().read_parting_note(release).as_deref() == Some("You can do this without it now."));
    let known = world.therapist.known(client, release, tablet.device).await?;
    ensure!(known["known"] == "wiped", "{known}");
    Ok(world)
}
