//! A therapist at the API: signs in, invites, uploads, decides.

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};
use sync_core::{
    id::{ClientId, ClipId, DeviceId, FormId, ParticipantId, RecordingId, ReleaseId, StaffId},
    instant::Instant,
};
use totp_rs::Totp;

use crate::{
    actors::companion::Companion,
    api::{Api, answer, text},
};

/// A therapist who has signed in.
pub struct Therapist {
    /// The person.
    pub staff: StaffId,
    api: Api,
}

impl Therapist {
    /// Signs in with password and a code for `now`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in(
        server: &Api,
        email: &str,
        password: &str,
        otpauth: &str,
        now: Instant,
    ) -> anyhow::Result<Self> {
        let code = code(otpauth, now)?;
        let request = json!({ "email": email, "password": password, "code": code });
        let signed_in = server.call(Method::POST, "/v1/sign-in", Some(request)).await?;
        let staff = StaffId::parse(text(&signed_in, "staff")?)?;
        Ok(Self { staff, api: server.with_token(text(&signed_in, "token")?) })
    }

    /// The same session at another address.
    #[must_use]
    pub fn toward(&self, server: &Api) -> Self {
        Self { staff: self.staff, api: self.api.toward(server) }
    }

    /// Her way to the API.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// Adds a client.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_client(&self, name: &str) -> anyhow::Result<ClientId> {
        let added = self.api.call(Method::POST, "/v1/clients", Some(json!({ "name": name }))).await?;
        Ok(ClientId::parse(text(&added, "client")?)?)
    }

    /// Invites a client; gives the code for one device.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn invite(&self, client: ClientId) -> anyhow::Result<String> {
        let path = format!("/v1/clients/{client}/invitations");
        let invited = self.api.call(Method::POST, &path, None).await?;
        Ok(text(&invited, "code")?.to_owned())
    }

    /// Sees the name of a client's phone, types the digits that it shows, and confirms it.
    ///
    /// # Errors
    /// When it has another name, or the server refuses.
    pub async fn confirm_device(&self, phone: &Companion) -> anyhow::Result<()> {
        let Companion { client, device, name, .. } = phone;
        let listed = self.api.call(Method::GET, &format!("/v1/clients/{client}/devices"), None).await?;
        let devices = listed["devices"].as_array().context("devices")?;
        let seen = devices.iter().find(|seen| seen["device"] == device.to_string());
        let seen = seen.with_context(|| format!("{device} is not in {listed}"))?;
        ensure!(seen["name"] == *name, "{seen} is not called {name}");
        let path = format!("/v1/clients/{client}/devices/{device}/confirmation");
        let digits = phone.digits()?.to_string();
        self.api.call(Method::POST, &path, Some(json!({ "digits": digits }))).await.map(drop)
    }

    /// Removes a client's device.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove_device(&self, client: ClientId, device: DeviceId) -> anyhow::Result<()> {
        let path = format!("/v1/clients/{client}/devices/{device}");
        self.api.call(Method::DELETE, &path, None).await.map(drop)
    }

    /// Adds a participant: `{"kind": …, "name": …, "client": …, "staff": …}`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_participant(&self, participant: Value) -> anyhow::Result<ParticipantId> {
        let added = self.api.call(Method::POST, "/v1/participants", Some(participant)).await?;
        Ok(ParticipantId::parse(text(&added, "participant")?)?)
    }

    /// Adds a recording of a session.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_recording(
        &self,
        client: ClientId,
        recorded_at: &str,
        participants: &[ParticipantId],
    ) -> anyhow::Result<RecordingId> {
        let request = json!({ "client": client, "recorded_at": recorded_at, "participants": participants });
        let added = self.api.call(Method::POST, "/v1/recordings", Some(request)).await?;
        Ok(RecordingId::parse(text(&added, "recording")?)?)
    }

    /// Enters a consent text.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn add_form(&self, paragraphs: &[&str]) -> anyhow::Result<FormId> {
        let request = json!({ "paragraphs": paragraphs });
        let added = self.api.call(Method::POST, "/v1/forms", Some(request)).await?;
        Ok(FormId::parse(text(&added, "form")?)?)
    }

    /// Records that a participant has consented to be recorded, and to the release of clips.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn record_consent(
        &self,
        recording: RecordingId,
        participant: ParticipantId,
        form: FormId,
    ) -> anyhow::Result<()> {
        self.record_consent_to(&["record", "release_to_client"], recording, participant, form).await
    }

    /// Records that a participant has consented to these purposes.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn record_consent_to(
        &self,
        purposes: &[&str],
        recording: RecordingId,
        participant: ParticipantId,
        form: FormId,
    ) -> anyhow::Result<()> {
        let request = json!({ "participant": participant, "purposes": purposes, "form": form });
        let path = format!("/v1/recordings/{recording}/consents");
        self.api.call(Method::POST, &path, Some(request)).await.map(drop)
    }

    /// Records that a participant has withdrawn, for every purpose.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn record_withdrawal(
        &self,
        recording: RecordingId,
        participant: ParticipantId,
    ) -> anyhow::Result<()> {
        let request = json!({ "participant": participant });
        let path = format!("/v1/recordings/{recording}/withdrawals");
        self.api.call(Method::POST, &path, Some(request)).await.map(drop)
    }

    /// Uploads a clip; gives what the server says about it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn upload(
        &self,
        recording: RecordingId,
        title: &str,
        heard: &[ParticipantId],
        media: impl Into<Bytes>,
    ) -> anyhow::Result<Value> {
        let said = BASE64.encode(json!({ "title": title, "heard": heard }).to_string());
        let request = self.api.request(Method::POST, &format!("/v1/recordings/{recording}/clips"));
        let sent = request.header("Refrain-Clip", said).body(media.into()).send().await?;
        let (status, body) = answer(sent).await?;
        ensure!(status.is_success(), "was answered {status}: {body}");
        Ok(body)
    }

    /// Destroys a clip.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn destroy(&self, clip: ClipId) -> anyhow::Result<()> {
        self.api.call(Method::DELETE, &format!("/v1/clips/{clip}"), None).await.map(drop)
    }

    /// Releases a clip over the API, until an RFC 3339 instant.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn release(&self, client: ClientId, clip: ClipId, terms: Value) -> anyhow::Result<ReleaseId> {
        let request = json!({ "clip": clip, "terms": terms });
        let path = format!("/v1/clients/{client}/releases");
        let made = self.api.call(Method::POST, &path, Some(request)).await?;
        Ok(ReleaseId::parse(text(&made, "release")?)?)
    }

    /// Takes back over the API: `{"release": …}`, `{"clip": …}`, `{"recording": …}` or `"shelf"`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn revoke(
        &self,
        client: ClientId,
        on: Value,
        observation: Option<Value>,
    ) -> anyhow::Result<()> {
        let request = json!({ "on": on, "observation": observation });
        let path = format!("/v1/clients/{client}/revocations");
        self.api.call(Method::POST, &path, Some(request)).await.map(drop)
    }

    /// What is known of one release: the truth, per device.
    ///
    /// # Errors
    /// When the server refuses, or does not know the release.
    pub async fn truth(&self, client: ClientId, release: ReleaseId) -> anyhow::Result<Value> {
        let listed = self.api.call(Method::GET, &format!("/v1/clients/{client}/releases"), None).await?;
        let releases = listed["releases"].as_array().context("releases")?;
        let found = releases.iter().find(|truth| truth["release"] == release.to_string());
        found.cloned().with_context(|| format!("{release} is not in {listed}"))
    }

    /// What is known of one release on one device.
    ///
    /// # Errors
    /// When the server refuses, or does not know them.
    pub async fn known(
        &self,
        client: ClientId,
        release: ReleaseId,
        device: DeviceId,
    ) -> anyhow::Result<Value> {
        let truth = self.truth(client, release).await?;
        let devices = truth["devices"].as_array().context("devices")?;
        let found = devices.iter().find(|known| known["device"] == device.to_string());
        found.cloned().with_context(|| format!("{device} is not in {truth}"))
    }
}

/// The code that an authenticator app shows.
///
/// # Errors
/// When the address is none.
pub fn code(otpauth: &str, now: Instant) -> anyhow::Result<String> {
    let totp = Totp::from_url(otpauth).map_err(|error| anyhow::anyhow!("otpauth: {error}"))?;
    Ok(totp.generate(u64::try_from(now.as_millis() / 1_000)?).to_string())
}
