//! The story: a clip is released, replayed offline, and taken back everywhere.

use std::time::Duration;

use anyhow::{Context, ensure};
use sync_core::{
    documents::{Note, Observation, ObservationKind, Words},
    id::ReleaseId,
    instant::{Instant, Span},
    lease::Marks,
    orders::RevokeOn,
    policy::Access,
    terms::TermsChange,
};
use tokio::time::timeout;

use super::{Cast, Timeline, cast::subscribe};
use crate::{
    Companion,
    push_service::{PushService, Subscriber},
    world::has_ended,
};

/// What Ben reads when the clip has gone.
const PARTING_NOTE: &str = "You can do this without the recording now. See you on Monday.";

/// Tells the story. `now` is the machine's time, at which every clock begins.
///
/// # Errors
/// When anything is not as it must be.
pub async fn tell(
    timeline: &Timeline,
    cast: &mut Cast,
    pushes: &PushService,
    now: Instant,
) -> anyhow::Result<()> {
    let wakes = subscribe(cast, pushes).await?;
    timeline.chapter("A clip is released");
    let release = released(timeline, cast, pushes, &wakes, now).await?;
    timeline.chapter("It is replayed offline");
    replayed(timeline, cast, release).await?;
    timeline.chapter("It is taken back everywhere");
    let second = taken_back(timeline, cast, release, now).await?;
    timeline.chapter("The tablet, in flight mode, knows of nothing");
    in_flight(timeline, cast, release).await?;
    timeline.chapter("What the therapist knows");
    known(timeline, cast, release, second).await
}

async fn released(
    timeline: &Timeline,
    cast: &mut Cast,
    pushes: &PushService,
    wakes: &[Subscriber; 2],
    now: Instant,
) -> anyhow::Result<ReleaseId> {
    cast.laptop.sync().await?;
    cast.phone.contact().await?;
    cast.tablet.contact().await?;
    let release = timeline
        .step("On her laptop, offline, Ada releases the clip for a week", async {
            let release = cast.laptop.release(cast.clip, cast.recording, Cast::terms(now), now);
            cast.laptop.note(&Note::Words(Words {
                release,
                at: now,
                note: Some("Once in the evening, before bed.".into()),
                marks: Marks(vec![(Span::from_secs(5), "Listen for your shoulders here.".into())]),
                parting_note: PARTING_NOTE.into(),
            }));
            ensure!(cast.laptop.unsent() == 1 && cast.phone.shelf().0.is_empty());
            Ok(release)
        })
        .await?;
    timeline.step("The laptop comes online and syncs", cast.laptop.sync()).await?;
    timeline
        .step("Ben's phone, connected, sees it on its shelf", async {
            cast.phone.until_shelf(|shelf| shelf.0.contains_key(&release)).await
        })
        .await?;
    timeline
        .step("A wake-up has reached the push service for each device, encrypted, saying nothing", async {
            for subscriber in wakes {
                woken(pushes, subscriber).await?;
            }
            Ok(())
        })
        .await?;
    for device in [&mut cast.phone, &mut cast.tablet] {
        let words =
            format!("{}: lease, download in pieces, read-back of both ends, signed receipt", device.name);
        timeline
            .step(&words, async {
                device.contact().await?;
                ensure!(device.is_ready(release), "not ready");
                Ok(())
            })
            .await?;
    }
    Ok(release)
}

async fn woken(pushes: &PushService, subscriber: &Subscriber) -> anyhow::Result<()> {
    let message = timeout(Duration::from_secs(20), pushes.next(subscriber)).await?;
    let text = String::from_utf8(subscriber.decrypt(&message)?)?;
    ensure!(text.contains("There is something new to see"), "another text: {text}");
    Ok(())
}

async fn replayed(timeline: &Timeline, cast: &mut Cast, release: ReleaseId) -> anyhow::Result<()> {
    let uploaded = cast.media.clone();
    for device in [&mut cast.phone, &mut cast.tablet] {
        device.go_offline();
        device.pass(Span::from_hours(5)).await?;
        let words =
            format!("{}, offline, five hours later, plays what was uploaded, byte for byte", device.name);
        timeline
            .step(&words, async {
                ensure!(device.play(release).await? == uploaded, "other bytes");
                Ok(())
            })
            .await?;
    }
    timeline
        .step("The phone is back online; the play that it counted offline has merged", async {
            cast.phone.go_online();
            cast.phone.contact().await
        })
        .await
}

async fn taken_back(
    timeline: &Timeline,
    cast: &mut Cast,
    release: ReleaseId,
    now: Instant,
) -> anyhow::Result<ReleaseId> {
    let second = timeline
        .step("On her laptop, offline, Ada extends the end and releases the clip once more", async {
            let longer =
                TermsChange { expires_at: Some(now + Span::from_days(30)), ..TermsChange::default() };
            cast.laptop.amend(release, longer, now)?;
            Ok(cast.laptop.release(cast.clip, cast.recording, Cast::terms(now), now))
        })
        .await?;
    timeline
        .step("On her phone she notes that Ben leans on it, and ends it", async {
            cast.her_phone.pull().await?;
            cast.her_phone.note(&Note::Observation(Observation {
                kind: ObservationKind::Fixation,
                at: now,
                releases: vec![release],
                reason: "Plays it all night.".into(),
            }));
            cast.her_phone.revoke(release, RevokeOn::Clip(cast.clip), now)?;
            cast.her_phone.sync().await
        })
        .await?;
    timeline
        .step("Ben's phone, connected, wipes at once and sends a signed receipt", async {
            cast.phone.until_shelf(|shelf| has_ended(shelf, release)).await?;
            ensure!(cast.phone.is_wiped(release), "not wiped");
            Ok(())
        })
        .await?;
    if let Some(note) = cast.phone.vault().read_parting_note(release) {
        timeline.found(&format!("the phone shows: “{note}”"));
    }
    timeline
        .step("The laptop comes online last: the clip stays ended, the second release waits", async {
            cast.laptop.sync().await?;
            let truth = cast.therapist.truth(cast.client, release).await?;
            ensure!(truth["standing"] == "revoked", "{truth}");
            let truth = cast.therapist.truth(cast.client, second).await?;
            ensure!(truth["standing"] == "unconfirmed", "{truth}");
            Ok(())
        })
        .await?;
    Ok(second)
}

async fn in_flight(timeline: &Timeline, cast: &mut Cast, release: ReleaseId) -> anyhow::Result<()> {
    let tablet = &mut cast.tablet;
    timeline
        .step("Its clock is set back three days and the app restarted: nothing plays", async {
            tablet.clock.set_back(Span::from_days(3));
            tablet.restart().await?;
            ensure!(tablet.access(release) == Access::NeedsContact);
            tablet.clock.set_ahead(Span::from_days(3));
            Ok(())
        })
        .await?;
    let plays = timeline
        .step("Its clock is held still and the clip played on and on: the budget runs out", async {
            let mut plays = 0;
            while tablet.play(release).await.is_ok() {
                plays += 1;
                ensure!(plays < 10_000, "the budget never runs out");
            }
            ensure!(tablet.access(release) == Access::NeedsContact);
            Ok(plays)
        })
        .await?;
    timeline.found(&format!("dark after {plays} more plays"));
    timeline
        .step("With an honest clock it goes dark at its lease's end, and erases key and ciphertext", async {
            for _ in 0..7 {
                tablet.pass(Span::from_hours(12)).await?;
            }
            ensure!(tablet.is_wiped(release), "not wiped");
            Ok(())
        })
        .await?;
    timeline
        .step("At the next contact it gets the signed denial, hands in its receipts, keeps the note", async {
            tablet.go_online();
            tablet.contact().await?;
            ensure!(tablet.machine().was_told_of_end(release), "no signed denial");
            tablet.hand_in().await?;
            let note = tablet.vault().read_parting_note(release).context("no parting note")?;
            ensure!(note == PARTING_NOTE);
            Ok(())
        })
        .await
}

async fn known(
    timeline: &Timeline,
    cast: &Cast,
    release: ReleaseId,
    second: ReleaseId,
) -> anyhow::Result<()> {
    let device = |companion: &Companion| (companion.name.clone(), companion.device);
    for (name, id) in [device(&cast.phone), device(&cast.tablet)] {
        let known = cast.therapist.known(cast.client, release, id).await?;
        let at = known["at"].as_str().unwrap_or("–");
        timeline.found(&format!(
            "{name}: {} at {at} by its trusted time, signed by the device",
            known["known"].as_str().unwrap_or("?")
        ));
        ensure!(known["known"] == "wiped", "{known}");
    }
    let waiting = cast.therapist.truth(cast.client, second).await?;
    timeline.found(&format!(
        "the second release: {}, until she has looked at {} earlier decision",
        waiting["standing"].as_str().unwrap_or("?"),
        waiting["unseen"].as_array().map_or(0, Vec::len)
    ));
    Ok(())
}
