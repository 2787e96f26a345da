//! The people of the demo, and their devices and clips. Every name is plainly invented.

use serde_json::json;
use sync_core::{
    id::{ClientId, ClipId, ParticipantId, RecordingId},
    instant::{Instant, Span},
    terms::{QuietHours, Terms},
};

use super::Timeline;
use crate::{Companion, Laptop, Therapist, api::Api, api::text, media, push_service::PushService};

/// Everybody, once they have signed in and paired their devices.
pub struct Cast {
    /// The therapist, Ada Testperson.
    pub therapist: Therapist,
    /// Her client, Ben Placeholder.
    pub client: ClientId,
    /// The session's recording.
    pub recording: RecordingId,
    /// The clip.
    pub clip: ClipId,
    /// What was uploaded.
    pub media: Vec<u8>,
    /// Her laptop.
    pub laptop: Laptop,
    /// Her phone.
    pub her_phone: Laptop,
    /// His phone.
    pub phone: Companion,
    /// His tablet.
    pub tablet: Companion,
}

impl Cast {
    /// Signs in, uploads, records consents, invites and pairs.
    ///
    /// # Errors
    /// When the server does not do as it should.
    pub async fn assemble(
        timeline: &Timeline,
        server: &Api,
        sign_in: (&str, &str, &str),
        now: Instant,
    ) -> anyhow::Result<Self> {
        let (email, password, otpauth) = sign_in;
        let therapist = timeline
            .step(
                "Ada signs in: password (Argon2id) and a code from her authenticator app",
                Therapist::sign_in(server, email, password, otpauth, now),
            )
            .await?;
        let client =
            timeline.step("She adds her client Ben", therapist.add_client("Ben Placeholder")).await?;
        let (laptop, her_phone) = timeline
            .step("She pairs her laptop and her phone", async {
                let laptop = Laptop::pair(therapist.api(), "Ada's laptop", client).await?;
                Ok((laptop, Laptop::pair(therapist.api(), "Ada's phone", client).await?))
            })
            .await?;
        let media = media::read("breathing.mp3")?;
        let (recording, heard) = timeline
            .step("She enters the session's recording; Ben and she are heard on it", async {
                record(&therapist, client).await
            })
            .await?;
        timeline
            .step("Everybody who was there consents to be recorded, and to the sharing of clips", async {
                let form = therapist.add_form(&["Clips of our sessions may be shared with you."]).await?;
                for participant in heard {
                    therapist.record_consent(recording, participant, form).await?;
                }
                Ok(())
            })
            .await?;
        let uploaded = timeline
            .step("She uploads a spoken breathing exercise of it (MP3)", async {
                therapist.upload(recording, "Breathing", &heard, media.clone()).await
            })
            .await?;
        let (kind, seconds) = (text(&uploaded, "media_type")?, uploaded["duration_ms"].as_u64());
        let seconds = seconds.unwrap_or_default() / 1_000;
        timeline.found(&format!("recognised by content as {kind}, {seconds} s; stored only as ciphertext"));
        let clip = ClipId::parse(text(&uploaded, "clip")?)?;
        let phone = pair(timeline, server, &therapist, client, "Ben's phone", now).await?;
        let tablet = pair(timeline, server, &therapist, client, "Ben's tablet", now).await?;
        Ok(Self { therapist, client, recording, clip, media, laptop, her_phone, phone, tablet })
    }

    /// Terms that end in a week and play three days without contact.
    #[must_use]
    pub fn terms(now: Instant) -> Terms {
        Terms {
            not_before: None,
            expires_at: now + Span::from_days(7),
            offline_for: Span::from_hours(72),
            daily_limit: None,
            quiet_hours: QuietHours::NONE,
            planned_daily: Some(2),
        }
    }
}

async fn record(
    therapist: &Therapist,
    client: ClientId,
) -> anyhow::Result<(RecordingId, [ParticipantId; 2])> {
    let ben = json!({ "kind": "client", "name": "Ben Placeholder", "client": client });
    let ada = json!({ "kind": "therapist", "name": "Ada Testperson", "staff": therapist.staff });
    let heard = [therapist.add_participant(ben).await?, therapist.add_participant(ada).await?];
    Ok((therapist.add_recording(client, "2026-11-16T10:00:00Z", &heard).await?, heard))
}

async fn pair(
    timeline: &Timeline,
    server: &Api,
    therapist: &Therapist,
    client: ClientId,
    name: &str,
    now: Instant,
) -> anyhow::Result<Companion> {
    timeline
        .step(
            &format!("{name} pairs with a single-use code; Ada sees its name, types its digits and confirms"),
            async {
                let code = therapist.invite(client).await?;
                let companion = Companion::pair(server, &code, name, now).await?;
                therapist.confirm_device(&companion).await?;
                Ok(companion)
            },
        )
        .await
}

/// Subscribes both of the client's devices to wake-ups.
///
/// # Errors
/// When the server refuses.
pub(super) async fn subscribe(
    cast: &Cast,
    pushes: &PushService,
) -> anyhow::Result<[crate::push_service::Subscriber; 2]> {
    Ok([cast.phone.subscribe(pushes).await?, cast.tablet.subscribe(pushes).await?])
}
