//! The beginning of every story: a therapist, a client, a session's recording, a clip of it, and
//! consents.

use serde_json::json;
use sync_core::{
    id::{ClientId, ClipId, FormId, ParticipantId, RecordingId},
    instant::Instant,
};

use crate::{
    Companion, Therapist,
    api::{Api, text},
    media,
    server::{EMAIL, PASSWORD},
};

/// One client's case, on any server.
pub struct Case {
    /// The therapist.
    pub therapist: Therapist,
    /// The client.
    pub client: ClientId,
    /// A session's recording.
    pub recording: RecordingId,
    /// The client, as heard on it.
    pub client_heard: ParticipantId,
    /// The therapist, as heard on it.
    pub therapist_heard: ParticipantId,
    /// The consent text.
    pub form: FormId,
    /// A clip of it in which both are heard, and both have consented.
    pub clip: ClipId,
    /// What was uploaded.
    pub media: Vec<u8>,
}

/// How the first therapist signs in.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// The address for the authenticator app.
    pub otpauth: &'a str,
    /// When.
    pub at: Instant,
}

impl Case {
    /// Signs in and enters everything.
    ///
    /// # Errors
    /// When the server does not do as it should.
    pub async fn open(server: &Api, sign_in: SignIn<'_>, recorded_at: &str) -> anyhow::Result<Self> {
        let therapist = Therapist::sign_in(server, EMAIL, PASSWORD, sign_in.otpauth, sign_in.at).await?;
        Self::of(therapist, recorded_at).await
    }

    /// Enters everything for a therapist who has signed in.
    ///
    /// # Errors
    /// When the server does not do as it should.
    pub async fn of(therapist: Therapist, recorded_at: &str) -> anyhow::Result<Self> {
        let client = therapist.add_client("Ben Placeholder").await?;
        let as_client = json!({ "kind": "client", "name": "Ben Placeholder", "client": client });
        let client_heard = therapist.add_participant(as_client).await?;
        let as_staff = json!({ "kind": "therapist", "name": "Ada Testperson", "staff": therapist.staff });
        let therapist_heard = therapist.add_participant(as_staff).await?;
        let heard = [client_heard, therapist_heard];
        let recording = therapist.add_recording(client, recorded_at, &heard).await?;
        let form = therapist.add_form(&["Clips of our sessions may be shared with you."]).await?;
        for participant in heard {
            therapist.record_consent(recording, participant, form).await?;
        }
        let media = media::read("breathing.mp3")?;
        let uploaded = therapist.upload(recording, "Breathing", &heard, media.clone()).await?;
        let clip = ClipId::parse(text(&uploaded, "clip")?)?;
        Ok(Self { therapist, client, recording, client_heard, therapist_heard, form, clip, media })
    }

    /// Pairs a device of the client whose clock shows `now`, and has it confirmed.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair(&self, server: &Api, name: &str, now: Instant) -> anyhow::Result<Companion> {
        let code = self.therapist.invite(self.client).await?;
        let companion = Companion::pair(server, &code, name, now).await?;
        self.therapist.confirm_device(&companion).await?;
        Ok(companion)
    }
}
