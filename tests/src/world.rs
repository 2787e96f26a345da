//! A practice with everything in place for a story: therapist, client, recording, clip, consents.

use anyhow::ensure;
use refrain::http::wire::time::Time;
use serde_json::{Value, json};
use sync_core::{
    documents::{Shelf, ShelfState},
    id::{ClientId, ClipId, FormId, ParticipantId, RecordingId, ReleaseId},
    instant::{Instant, Span},
    terms::{QuietHours, Terms},
};

use crate::{
    Companion, Laptop, Server, Therapist,
    api::text,
    case::{Case, SignIn},
    database::Database,
    media,
    server::{EMAIL, PASSWORD},
};

/// Everybody and everything of one practice.
pub struct World {
    /// The server.
    pub server: Server,
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

impl World {
    /// A world on SQLite, and one on PostgreSQL where there is one: a story is told on both.
    ///
    /// # Errors
    /// When a story fails; the database is dropped either way.
    pub async fn on_each_database<F>(story: impl Fn(Self) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = anyhow::Result<Self>>,
    {
        for database in [Some(Database::Sqlite), Database::postgres().await?].into_iter().flatten() {
            let told = async { story(Self::begin(database.clone()).await?).await };
            match told.await {
                Ok(world) => world.server.end().await?,
                Err(error) => {
                    database.drop().await?;
                    return Err(error.context(format!("on {database:?}")));
                }
            }
        }
        Ok(())
    }

    /// Begins a world.
    ///
    /// # Errors
    /// When the server does not do as it should.
    pub async fn begin(database: Database) -> anyhow::Result<Self> {
        let server = Server::start(database).await?;
        let sign_in = SignIn { otpauth: &server.otpauth, at: server.clock.now() };
        let case = Case::open(&server.api()?, sign_in, "2027-01-14T09:00:00Z").await?;
        let Case { therapist, client, recording, client_heard, therapist_heard, form, clip, media } = case;
        Ok(Self { server, therapist, client, recording, client_heard, therapist_heard, form, clip, media })
    }

    /// The therapist signs in again: a session lasts half a day.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in_again(&mut self) -> anyhow::Result<()> {
        let (api, otpauth) = (self.server.api()?, self.server.otpauth.clone());
        self.therapist = Therapist::sign_in(&api, EMAIL, PASSWORD, &otpauth, self.now()).await?;
        Ok(())
    }

    /// What the server takes as now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.server.clock.now()
    }

    /// Terms that end in a week, play three days without contact, and have no limit.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            not_before: None,
            expires_at: self.now() + Span::from_days(7),
            offline_for: Span::from_hours(72),
            daily_limit: None,
            quiet_hours: QuietHours::NONE,
            planned_daily: None,
        }
    }

    /// The same terms as JSON.
    #[must_use]
    pub fn terms_json(&self) -> Value {
        json!({ "expires_at": Time(self.terms().expires_at) })
    }

    /// Releases the clip over the API.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn release(&self) -> anyhow::Result<ReleaseId> {
        self.release_clip(self.clip).await
    }

    /// Releases a clip of the client's over the API.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn release_clip(&self, clip: ClipId) -> anyhow::Result<ReleaseId> {
        self.therapist.release(self.client, clip, self.terms_json()).await
    }

    /// Uploads one more clip of the recording, in which both are heard.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn another_clip(&self, title: &str) -> anyhow::Result<ClipId> {
        let heard = [self.client_heard, self.therapist_heard];
        let media = media::read("breathing.mp4")?;
        let uploaded = self.therapist.upload(self.recording, title, &heard, media).await?;
        Ok(ClipId::parse(text(&uploaded, "clip")?)?)
    }

    /// Where a release stands and what it waits for, as the therapist sees it.
    ///
    /// # Errors
    /// When the server refuses, or does not know the release.
    pub async fn stands(&self, release: ReleaseId) -> anyhow::Result<(String, Option<String>)> {
        let truth = self.therapist.truth(self.client, release).await?;
        let waits_for = truth["waits_for"].as_str().map(str::to_owned);
        Ok((text(&truth, "standing")?.to_owned(), waits_for))
    }

    /// The server has started again, at another address.
    ///
    /// # Errors
    /// When it is stopped.
    pub fn find_server(&mut self) -> anyhow::Result<()> {
        self.therapist = self.therapist.toward(&self.server.api()?);
        Ok(())
    }

    /// Pairs a device of the client that holds these releases already.
    ///
    /// # Errors
    /// When it does not get them.
    pub async fn pair_with(&self, name: &str, releases: &[ReleaseId]) -> anyhow::Result<Companion> {
        let mut companion = self.pair(name).await?;
        companion.contact().await?;
        ensure!(releases.iter().all(|release| companion.is_ready(*release)), "{name} has not got everything");
        Ok(companion)
    }

    /// Pairs a device of the client, and has it confirmed.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair(&self, name: &str) -> anyhow::Result<Companion> {
        let code = self.therapist.invite(self.client).await?;
        let companion = Companion::pair(&self.server.api()?, &code, name, self.now()).await?;
        self.therapist.confirm_device(&companion).await?;
        Ok(companion)
    }

    /// Pairs a device of the therapist.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn pair_laptop(&self, name: &str) -> anyhow::Result<Laptop> {
        Laptop::pair(self.therapist.api(), name, self.client).await
    }

    /// Time passes everywhere.
    ///
    /// # Errors
    /// When a device cannot do what time asks of it.
    pub async fn pass(&self, time: Span, companions: &mut [&mut Companion]) -> anyhow::Result<()> {
        self.server.pass(time);
        for companion in companions {
            companion.pass(time).await?;
        }
        Ok(())
    }
}

/// Whether a shelf says that a release has ended.
#[must_use]
pub fn has_ended(shelf: &Shelf, release: ReleaseId) -> bool {
    shelf.0.get(&release).is_some_and(|item| item.state == ShelfState::Ended)
}
