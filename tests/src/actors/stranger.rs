//! A stranger, with no token or with one of their own, who asks about ids that they have heard of
//! and ids that they have guessed.

use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sync_core::{
    id::{ClientId, ClipId, DeviceId, EntryId, FormId, ParticipantId, RecordingId, ReleaseId},
    instant::Instant,
};

use crate::api::Api;

/// Whoever asks.
pub struct Stranger {
    api: Api,
}

/// What somebody may ask about.
#[derive(Debug, Clone)]
pub struct Names {
    /// A client.
    pub client: ClientId,
    /// A device of that client.
    pub device: DeviceId,
    /// A recording of theirs.
    pub recording: RecordingId,
    /// Somebody heard on it.
    pub participant: ParticipantId,
    /// A consent text.
    pub form: FormId,
    /// A clip of it.
    pub clip: ClipId,
    /// A release of that clip.
    pub release: ReleaseId,
    /// A hold.
    pub hold: EntryId,
}

/// One request.
pub type Request = (Method, String, Option<Value>);

impl Names {
    /// Ids of the right shape that name nothing.
    #[must_use]
    pub fn guessed(now: Instant) -> Self {
        Self {
            client: ClientId::new(now, rand::random()),
            device: DeviceId::new(now, rand::random()),
            recording: RecordingId::new(now, rand::random()),
            participant: ParticipantId::new(now, rand::random()),
            form: FormId::new(now, rand::random()),
            clip: ClipId::new(now, rand::random()),
            release: ReleaseId::new(now, rand::random()),
            hold: EntryId::from_bytes(rand::random()),
        }
    }

    /// Everything that staff may ask for with an id.
    #[must_use]
    pub fn of_staff(&self) -> Vec<Request> {
        let Self { client, device, recording, participant, form, clip, release, hold } = self;
        let terms = json!({ "expires_at": "2027-02-01T00:00:00Z" });
        let get = |path: String| (Method::GET, path, None);
        let post = |path: String, body: Value| (Method::POST, path, Some(body));
        let delete = |path: String| (Method::DELETE, path, None);
        vec![
            get(format!("/v1/clients/{client}")),
            get(format!("/v1/clients/{client}/devices")),
            get(format!("/v1/clients/{client}/documents")),
            get(format!("/v1/clients/{client}/releases")),
            get(format!("/v1/recordings/{recording}")),
            get(format!("/v1/clips/{clip}")),
            (Method::POST, format!("/v1/clients/{client}/invitations"), None),
            post(format!("/v1/clients/{client}/devices/{device}/confirmation"), json!({ "digits": "0000" })),
            post(format!("/v1/clients/{client}/releases"), json!({ "clip": clip, "terms": terms })),
            post(format!("/v1/clients/{client}/holds"), json!({})),
            post(format!("/v1/clients/{client}/lifts"), json!({ "holds": [hold] })),
            post(format!("/v1/clients/{client}/revocations"), json!({ "on": { "release": release } })),
            post(format!("/v1/clients/{client}/revocations"), json!({ "on": "shelf" })),
            post(format!("/v1/releases/{release}/holds"), json!({})),
            post(format!("/v1/releases/{release}/confirmations"), json!({ "seen": [] })),
            (
                Method::PATCH,
                format!("/v1/releases/{release}"),
                Some(json!({ "set": { "daily_limit": 1 }, "over": [hold] })),
            ),
            post(
                format!("/v1/recordings/{recording}/consents"),
                json!({ "participant": participant, "purposes": ["release_to_client"], "form": form }),
            ),
            post(format!("/v1/recordings/{recording}/withdrawals"), json!({ "participant": participant })),
            delete(format!("/v1/clips/{clip}")),
            delete(format!("/v1/clients/{client}/devices/{device}")),
            delete(format!("/v1/staff/devices/{device}")),
        ]
    }

    /// Everything that a client's device may ask for with an id.
    #[must_use]
    pub fn of_companion(&self) -> Vec<Request> {
        let Self { device, recording, clip, .. } = self;
        vec![
            (Method::GET, format!("/v1/device/clips/{clip}"), None),
            (Method::DELETE, format!("/v1/device/circle/devices/{device}"), None),
            (Method::POST, format!("/v1/device/sessions/{recording}/withdrawal"), None),
        ]
    }
}

impl Stranger {
    /// Somebody without a token.
    #[must_use]
    pub fn new(server: &Api) -> Self {
        Self { api: server.clone() }
    }

    /// Somebody with a token of their own, for something else.
    #[must_use]
    pub fn with(api: &Api) -> Self {
        Self { api: api.clone() }
    }

    /// Somebody with a token that they made up.
    #[must_use]
    pub fn with_guessed_token(server: &Api) -> Self {
        Self { api: server.with_token(&format!("{:064x}", rand::random::<u128>())) }
    }

    /// Is answered the same for ids that exist and for ids that do not: this status and code.
    ///
    /// # Errors
    /// When an answer tells them apart, or is another one.
    pub async fn learns_nothing(
        &self,
        (real, guessed): (Vec<Request>, Vec<Request>),
        status: u16,
        code: &str,
    ) -> anyhow::Result<()> {
        for ((method, path, body), (_, nowhere, guess)) in real.into_iter().zip(guessed) {
            let (answered, said) = self.api.send(method.clone(), &path, body).await?;
            let (elsewhere, said_elsewhere) = self.api.send(method.clone(), &nowhere, guess).await?;
            ensure!(
                answered.as_u16() == status && said["code"] == code,
                "{method} {path}: expected {status} {code}, was answered {answered}: {said}"
            );
            ensure!(
                answered == elsewhere && said == said_elsewhere,
                "{method} {path} can be told from a guess: {answered} {said}, {elsewhere} {said_elsewhere}"
            );
        }
        Ok(())
    }

    /// Asks anything.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn ask(&self, (method, path, body): Request) -> anyhow::Result<(StatusCode, Value)> {
        self.api.send(method, &path, body).await
    }
}
