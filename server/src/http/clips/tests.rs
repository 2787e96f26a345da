mod endings;
mod places;

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{Router, body::to_bytes, http::Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sync_core::{
    id::{BatchId, ReleaseId},
    media::open_whole,
    policy::{Purpose, Role},
};
use tower::ServiceExt;

use super::*;
use crate::{
    domain::clips::destruction::{self, Erased},
    http::router::router,
    nouns::consents::{ConsentEvent, ConsentKind},
    store::{
        self, StoreError, Tx, Urgency,
        db::on_tx,
        leases::StoredLease,
        releases::StoredRelease,
        tokens::{Owner, TokenKind},
    },
    testing::{Seed, TestDatabase, for_each_database, for_sqlite, number},
};

const WAV: &[u8] = include_bytes!("../../../../tests/media/breathing.wav");
const MP3: &[u8] = include_bytes!("../../../../tests/media/breathing.mp3");
const STAFF: &str = "a therapist's token";
const DEVICE: &str = "a companion's token";
const CLIPS: &str = "SELECT COUNT(*) FROM clip WHERE title_sealed <> id";

/// A practice, a therapist who treats the client, the client's phone, and a recording with the client on it.
struct Stage {
    app: Arc<App>,
    router: Router,
    seed: Seed,
    dir: PathBuf,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    fn is(&self, status: u16, code: &str) {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!((self.status.as_u16(), self.json()["code"].as_str()), (status, Some(code)), "{body}");
    }
}

impl Stage {
    async fn set(database: &TestDatabase) -> Self {
        let mut settings = database.settings();
        settings.objects_url = database.dir.path().join("objects").display().to_string();
        settings.settings.clip_bytes = 2_000_000;
        let app = App::open(settings).await.unwrap();
        let seed = Seed::sow(&app).await;
        let now = app.ground.clock.now();
        write(&app, move |tx| {
            Box::pin(async move {
                store::clients::insert_care(tx, seed.client, seed.staff, now).await?;
                store::recordings::insert_participant(tx, seed.recording, seed.participant).await?;
                token(tx, STAFF, TokenKind::Session, Owner::Staff(seed.staff), now).await?;
                token(tx, DEVICE, TokenKind::Device, Owner::Device(seed.device), now).await
            })
        })
        .await;
        let router = router(Arc::clone(&app), None);
        let stage = Self { app, router, seed, dir: database.dir.path().to_owned() };
        stage.says(ConsentKind::Given, Purpose::Record).await;
        stage
    }

    /// Staff enter what the client says, a moment later.
    async fn says(&self, kind: ConsentKind, purpose: Purpose) {
        self.app.ground.clock.advance(sync_core::instant::Span::from_millis(1));
        let (at, seed) = (self.app.ground.clock.now(), self.seed);
        let event = ConsentEvent {
            id: sync_core::id::ConsentId::new(at, self.app.ground.entropy.bytes()),
            recording: seed.recording,
            participant: seed.participant,
            purpose,
            kind,
            form: None,
            at,
            valid_until: None,
            recorded_by: Some(seed.staff),
        };
        write(&self.app, move |tx| Box::pin(async move { store::consents::insert(tx, &event).await })).await;
    }

    fn heard(&self) -> String {
        header(&json!({ "title": "Atmen – drei Züge", "heard": [self.seed.participant] }))
    }

    fn uploading(&self) -> axum::http::request::Builder {
        Request::post(format!("/v1/recordings/{}/clips", self.seed.recording))
            .header("authorization", format!("Bearer {STAFF}"))
            .header("refrain-clip", self.heard())
    }

    async fn upload(&self, media: &'static [u8]) -> Answer {
        self.send(self.uploading().body(Body::from(media)).unwrap()).await
    }

    /// Uploads a clip that must be taken; its id.
    async fn uploaded(&self) -> ClipId {
        let answer = self.upload(MP3).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
        let clip = serde_json::from_value(answer.json()["clip"].clone()).unwrap();
        self.lease(clip).await;
        clip
    }

    /// Leaves the phone a lease of the clip: without one it fetches nothing.
    async fn lease(&self, clip: ClipId) {
        let (seed, now) = (self.seed, self.app.ground.clock.now());
        let (release, batch) =
            (ReleaseId::new(now, self.app.ground.entropy.bytes()), self.app.ground.entropy.bytes());
        write(&self.app, move |tx| {
            Box::pin(async move {
                let row = StoredRelease {
                    id: release,
                    client: seed.client,
                    clip,
                    created_at: now,
                    ends_at: None,
                    settle_at: None,
                    ended_at: None,
                    revoked: false,
                    unconfirmed: None,
                };
                store::releases::upsert(tx, &row).await?;
                let lease = StoredLease {
                    device: seed.device,
                    release,
                    generation: 1,
                    issued_at: now,
                    valid_until: now + sync_core::instant::Span::from_hours(1),
                    acked_at: None,
                    voided_at: None,
                };
                store::leases::insert(tx, &lease, BatchId::from_bytes(batch)).await
            })
        })
        .await;
    }

    async fn call(&self, method: &str, path: String, token: &str, headers: &[(&str, &str)]) -> Answer {
        let request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn fetch(&self, clip: ClipId, headers: &[(&str, &str)]) -> Answer {
        self.call("GET", format!("/v1/device/clips/{clip}"), DEVICE, headers).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn objects(&self) -> Vec<PathBuf> {
        files(&self.dir.join("objects"))
    }
}

fn header(said: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(said.to_string())
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

async fn write<F>(app: &App, work: F)
where
    F: for<'t> FnOnce(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Result<(), StoreError>>
        + Send
        + 'static,
{
    app.ground.committer.commit(Urgency::Grant, work).await.unwrap();
}

async fn token(
    tx: &mut Tx,
    text: &str,
    kind: TokenKind,
    owner: Owner,
    now: sync_core::instant::Instant,
) -> Result<(), StoreError> {
    store::tokens::insert(tx, &Sha256::digest(text), kind, owner, now, None).await
}

#[tokio::test]
async fn an_uploaded_clip_is_kept_as_ciphertext_and_fetched_by_the_client_s_phone() {
    for_each_database(|database| async move {
        let stage = Stage::set(&database).await;
        let answer = stage.upload(WAV).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer.body));
        let told = answer.json();
        assert_eq!(told["title"], "Atmen – drei Züge");
        assert_eq!((&told["media_type"], &told["duration_ms"]), (&json!("audio/wav"), &json!(50_715)));
        assert_eq!(told["heard"], json!([stage.seed.participant]));
        let clip: ClipId = serde_json::from_value(told["clip"].clone()).unwrap();
        stage.fetch(clip, &[]).await.is(404, "not_found");
        stage.lease(clip).await;
        let read = stage.call("GET", format!("/v1/clips/{clip}"), STAFF, &[]).await;
        assert_eq!(read.json(), told);

        let fetched = stage.fetch(clip, &[]).await;
        assert_eq!(fetched.status, StatusCode::OK);
        assert_eq!(fetched.headers["accept-ranges"], "bytes");
        assert_eq!(told["cipher_sha256"], BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&fetched.body)));

        let mut tx = stage.app.ground.db.read().await.unwrap();
        let row = store::clips::by_id(&mut tx, clip).await.unwrap().unwrap();
        let key = clips::key(&stage.app.ground, &mut tx, &row).await.unwrap();
        assert_eq!(open_whole(&fetched.body, &key).unwrap().as_slice(), WAV);
        assert_eq!(row.media.layout().unwrap().cipher_len(), fetched.body.len() as u64);
    })
    .await;
}

#[tokio::test]
async fn a_phone_fetches_the_rest_of_a_clip_where_it_left_off() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        let whole = stage.fetch(clip, &[]).await;
        let (len, etag) = (whole.body.len(), whole.headers["etag"].to_str().unwrap());

        let rest = stage.fetch(clip, &[("range", "bytes=70000-"), ("if-range", etag)]).await;
        assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(rest.headers["content-range"], format!("bytes 70000-{}/{len}", len - 1));
        assert_eq!(rest.body, whole.body[70_000..]);
        let last = stage.fetch(clip, &[("range", "bytes=-100")]).await;
        assert_eq!(last.body, whole.body[len - 100..]);

        let other = stage.fetch(clip, &[("range", "bytes=70000-"), ("if-range", "\"another\"")]).await;
        assert_eq!((other.status, other.body.len()), (StatusCode::OK, len));
        let beyond = stage.fetch(clip, &[("range", &format!("bytes={len}-"))]).await;
        beyond.is(416, "range_not_satisfiable");
        assert_eq!(beyond.headers["content-range"], format!("bytes */{len}"));
    })
    .await;
}

#[tokio::test]
async fn nothing_in_the_clear_reaches_the_disk() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        let mut tx = stage.app.ground.db.read().await.unwrap();
        let row = store::clips::by_id(&mut tx, clip).await.unwrap().unwrap();
        let key = clips::key(&stage.app.ground, &mut tx, &row).await.unwrap();
        let sound = &MP3[100_000..100_032];
        let secrets = [sound, key.expose(), "drei Züge".as_bytes()];
        for file in files(&stage.dir) {
            let bytes = fs::read(&file).unwrap();
            for secret in secrets {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", file.display());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        stage.upload(b"%PDF-1.7 no sound").await.is(415, "not_media");
        stage.upload(&MP3[..100_000]).await.is(400, "truncated");
        stage.upload(&[0; 2_000_001]).await.is(413, "too_large");

        let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0; 100_000]));
        let request = stage.uploading().body(Body::from_stream(endless)).unwrap();
        stage.send(request).await.is(413, "too_large");

        let broken = futures_util::stream::iter([Ok(MP3.to_vec()), Err(std::io::Error::other("gone"))]);
        let request = stage.uploading().body(Body::from_stream(broken)).unwrap();
        stage.send(request).await.is(400, "truncated");

        let digest =
            |bytes| format!("sha-512=:AA==:, sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(bytes)));
        let request = stage.uploading().header("repr-digest", digest(WAV)).body(Body::from(MP3)).unwrap();
        stage.send(request).await.is(422, "digest_mismatch");
        let request = stage.uploading().header("repr-digest", "sha-256=AA").body(Body::from(MP3)).unwrap();
        stage.send(request).await.is(400, "malformed");

        assert_eq!((stage.objects(), number(&stage.app, CLIPS).await), (vec![], 0));
        let request = stage.uploading().header("repr-digest", digest(MP3)).body(Body::from(MP3)).unwrap();
        assert_eq!(stage.send(request).await.status, StatusCode::CREATED);
        assert_eq!((stage.objects().len(), number(&stage.app, CLIPS).await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_clip_says_its_title_and_names_participants_of_its_recording() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let somebody = ParticipantId::from_bytes([9; 16]);
        let (path, me) = (format!("/v1/recordings/{}/clips", stage.seed.recording), stage.seed.participant);
        for (said, code) in [
            (json!({ "title": "x", "heard": [] }), "out_of_bounds"),
            (json!({ "title": "x", "heard": [me, somebody] }), "out_of_bounds"),
            (json!({ "title": "  ", "heard": [me] }), "out_of_bounds"),
            (json!({ "title": "x", "heard": [me], "more": 1 }), "malformed"),
            (json!({ "title": "x" }), "malformed"),
        ] {
            let said = header(&said);
            let answer = stage.call("POST", path.clone(), STAFF, &[("refrain-clip", &said)]).await;
            assert_eq!(answer.json()["code"], code);
        }
        stage.call("POST", path.clone(), STAFF, &[]).await.is(400, "malformed");
        stage.call("POST", path, STAFF, &[("refrain-clip", "not base64!")]).await.is(400, "malformed");
    })
    .await;
}

#[tokio::test]
async fn strangers_learn_nothing_of_a_clip() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        let other = Seed::sow(&stage.app).await;
        let now = stage.app.ground.clock.now();
        write(&stage.app, move |tx| {
            Box::pin(async move {
                token(tx, "another therapist", TokenKind::Session, Owner::Staff(other.staff), now).await?;
                token(tx, "another phone", TokenKind::Device, Owner::Device(other.device), now).await
            })
        })
        .await;
        let (path, device_path) = (format!("/v1/clips/{clip}"), format!("/v1/device/clips/{clip}"));
        for method in ["GET", "DELETE"] {
            stage.call(method, path.clone(), "another therapist", &[]).await.is(404, "not_found");
            stage.call(method, path.clone(), DEVICE, &[]).await.is(403, "not_allowed");
        }
        stage.call("GET", device_path.clone(), "another phone", &[]).await.is(404, "not_found");
        stage.call("GET", device_path.clone(), STAFF, &[]).await.is(403, "not_allowed");
        stage.call("GET", device_path.clone(), "nobody", &[]).await.is(401, "unauthenticated");
        let uploads = format!("/v1/recordings/{}/clips", stage.seed.recording);
        let said = stage.heard();
        stage
            .call("POST", uploads, "another therapist", &[("refrain-clip", &said)])
            .await
            .is(404, "not_found");

        stage.call("DELETE", path.clone(), STAFF, &[]).await;
        stage.call("GET", path, "another therapist", &[]).await.is(404, "not_found");
        stage.call("GET", device_path, "another phone", &[]).await.is(404, "not_found");
    })
    .await;
}
