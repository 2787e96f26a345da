//! Logs, pushes, the shelf, the database and refusals, and the facts that they must not tell.

use std::{
    fs,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, ensure};
use automerge::{ObjType, ROOT, ReadDoc, ScalarValue, Value};
use refrain::{config::LogFormat, http::logs};
use refrain_tests::{
    World,
    push_service::PushService,
    server::{EMAIL, PASSWORD},
};
use reqwest::Method;
use serde_json::json;
use sync_core::{
    documents::{Letter, Note, Observation, ObservationKind, ShelfState, Words},
    id::ClipId,
    instant::Span,
    lease::Marks,
    orders::RevokeOn,
    vocabulary::Vocabulary,
};

/// What people in these stories say to one another. None of it is for anybody else.
const WORDS: [&str; 12] = [
    "Ben Placeholder",
    "Ada Testperson",
    "Invented River",
    "Breathing",
    "Once in the evening",
    "Listen for your shoulders",
    "You can do this without it",
    "Plays it all night",
    "Bens Telefon",
    "It makes me dizzy",
    EMAIL,
    PASSWORD,
];

/// Everything that is logged in this process.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn i9_the_logs_of_the_whole_main_story_name_nobody_and_nothing() -> anyhow::Result<()> {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = logs::subscriber(LogFormat::Json, "trace".parse()?, move || writer.clone());
    tracing::subscriber::set_global_default(subscriber)?;
    World::on_each_database(async |world| {
        let world = super::main_story::the_whole_story(world).await?;
        refuse_some(&world).await?;
        let logged = kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let logged = String::from_utf8(logged)?;
        ensure!(
            logged.contains("/v1/device/leases") && logged.contains("\"status\":404"),
            "nothing was logged"
        );
        let names = [
            world.client.to_string(),
            world.clip.to_string(),
            world.recording.to_string(),
            world.therapist.staff.to_string(),
            world.therapist.api().token().context("token")?.to_owned(),
            world.server.otpauth.clone(),
            "127.0.0.1".into(),
            "/push/".into(),
            "Her phone".into(),
            "fixation".into(),
        ];
        for secret in WORDS.into_iter().chain(names.iter().map(String::as_str)) {
            ensure!(!logged.contains(secret), "{secret} was logged");
        }
        // Ids, tokens, keys and codes in any spelling: no long word with digits in it.
        let parts = |line: &str| -> Vec<String> {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            line.split(|c| !is_part(c)).map(str::to_owned).collect()
        };
        for line in logged.lines() {
            let long = parts(line)
                .into_iter()
                .find(|part| part.len() > 16 && part.bytes().any(|byte| byte.is_ascii_digit()));
            ensure!(long.is_none(), "{long:?} was logged: {line}");
        }
        Ok(world)
    })
    .await
}

/// Refusals are logged too.
async fn refuse_some(world: &World) -> anyhow::Result<()> {
    let nowhere = format!("/v1/clips/{}?of=Ben+Placeholder", ClipId::new(world.now(), rand::random()));
    world.therapist.api().refused(Method::GET, &nowhere, None, 404, "not_found").await?;
    let guess = json!({ "email": EMAIL, "password": "a guess", "code": "000000" });
    world.server.api()?.refused(Method::POST, "/v1/sign-in", Some(guess), 401, "sign_in_failed").await?;
    Ok(())
}

#[tokio::test]
async fn i8_every_push_has_the_same_size_and_text_whatever_has_happened() -> anyhow::Result<()> {
    World::on_each_database(pushes).await
}

async fn pushes(world: World) -> anyhow::Result<World> {
    let key = world.server.app()?.ground.keys.vapid().public_key();
    let service = PushService::start(world.server.clock.clone(), &key).await?;
    let mut phone = world.pair("Bens Telefon").await?;
    let subscriber = phone.subscribe(&service).await?;
    let mut kinds = Vec::new();
    let mut heard = async |what: &'static str| -> anyhow::Result<()> {
        world.server.work().await?;
        let before = kinds.len();
        while let Some(message) = service.try_next(&subscriber) {
            let text = String::from_utf8(subscriber.decrypt(&message)?)?;
            kinds.push((what, message.body.len(), text, message.urgency, message.topic));
        }
        ensure!(kinds.len() > before, "no push when {what}");
        Ok(())
    };
    let (release, other) =
        (world.release().await?, world.release_clip(world.another_clip("Breathing").await?).await?);
    heard("released").await?;
    phone.contact().await?;
    ensure!(phone.is_ready(release) && phone.is_ready(other));
    let entries = world.therapist.truth(world.client, release).await?["entries"].clone();
    let fewer = json!({ "set": { "daily_limit": 1 }, "over": entries });
    world.therapist.api().call(Method::PATCH, &format!("/v1/releases/{release}"), Some(fewer)).await?;
    heard("tightened").await?;
    phone.contact().await?;
    let path = format!("/v1/releases/{release}/holds");
    world.therapist.api().call(Method::POST, &path, Some(json!({}))).await?;
    heard("paused").await?;
    let why = json!({ "kind": "fixation", "reason": "Plays it all night." });
    world.therapist.revoke(world.client, json!({ "release": release }), Some(why)).await?;
    heard("taken back").await?;
    world.therapist.record_withdrawal(world.recording, world.therapist_heard).await?;
    heard("withdrawn").await?;
    world.server.pass(Span::from_mins(1));
    world.therapist.record_consent(world.recording, world.therapist_heard, world.form).await?;
    world.server.work().await?;
    let last = world.release().await?;
    heard("released again").await?;
    phone.contact().await?;
    ensure!(phone.is_ready(last));
    world.therapist.remove_device(world.client, phone.device).await?;
    heard("removed").await?;

    let (_, size, text, ..) = kinds[0].clone();
    ensure!(kinds.iter().all(|kind| kind.1 == size && kind.2 == text), "{kinds:?}");
    ensure!(text.contains("There is something new to see"));
    for word in WORDS.into_iter().chain(["clip", "therap", "release"]) {
        ensure!(!text.contains(word), "{word} in {text}");
    }
    // What can be seen outside is the urgency, and a topic that is another one each time it has been delivered.
    let topics: std::collections::BTreeSet<_> = kinds.iter().map(|kind| &kind.4).collect();
    ensure!(topics.len() > 1, "one topic for ever: {topics:?}");
    ensure!(service.faults().is_empty(), "{:?}", service.faults());
    Ok(world)
}

#[tokio::test]
async fn i4_no_words_are_on_the_shelf_or_in_the_database() -> anyhow::Result<()> {
    World::on_each_database(words).await
}

async fn words(mut world: World) -> anyhow::Result<World> {
    let mut laptop = world.pair_laptop("Her phone").await?;
    let mut phone = world.pair("Bens Telefon").await?;
    laptop.sync().await?;
    let release = laptop.release(world.clip, world.recording, world.terms(), world.now());
    laptop.note(&Note::Words(Words {
        release,
        at: world.now(),
        note: Some("Once in the evening.".into()),
        marks: Marks(vec![(Span::from_secs(5), "Listen for your shoulders here.".into())]),
        parting_note: "You can do this without it now.".into(),
    }));
    laptop.sync().await?;
    phone.contact().await?;
    ensure!(phone.is_ready(release));
    let words = phone.vault().words(release).context("no words")?;
    ensure!(words.note.is_some() && words.marks.0.len() == 1, "words travel in the lease");
    // A letter arrives, and an observation is written: neither is for the shelf.
    phone.write(&Letter::Request {
        release: Some(release),
        at: world.now(),
        words: "It makes me dizzy.".into(),
    })?;
    phone.contact().await?;
    laptop.note(&Note::Observation(Observation {
        kind: ObservationKind::Fixation,
        at: world.now(),
        releases: vec![release],
        reason: "Plays it all night.".into(),
    }));
    laptop.revoke(release, RevokeOn::Release(release), world.now())?;
    laptop.sync().await?;
    phone.contact().await?;

    // Every text on the shelf is an id or a state.
    let document = phone.documents().shelf_document();
    let (_, releases) = document.get(ROOT, "releases")?.context("no releases")?;
    for key in document.keys(&releases) {
        let (kind, item) = document.get(&releases, key.as_str())?.context("no item")?;
        ensure!(matches!(kind, Value::Object(ObjType::Map)));
        for field in document.keys(&item) {
            for (value, _) in document.get_all(&item, field.as_str())? {
                let said = match &value {
                    Value::Scalar(scalar) => match scalar.as_ref() {
                        ScalarValue::Str(text) => Some(text.to_string()),
                        ScalarValue::Int(_) | ScalarValue::Null => None,
                        other => anyhow::bail!("{field}: {other:?}"),
                    },
                    Value::Object(_) => anyhow::bail!("{field} is an object"),
                };
                let is_known = |text: &str| ClipId::parse(text).is_ok() || ShelfState::parse(text).is_some();
                ensure!(said.as_deref().is_none_or(is_known), "{field}: {said:?}");
            }
        }
    }
    let mut places: Vec<Vec<u8>> =
        document.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect();
    // Nor in anything that the server keeps; the key of the practice is elsewhere.
    world.server.stop().await?;
    for file in world.server.files()? {
        places.push(fs::read(file)?);
    }
    places.extend(phone.stored().into_iter().map(<[u8]>::to_vec));
    for bytes in &places {
        for word in WORDS.into_iter().filter(|word| *word != PASSWORD) {
            ensure!(
                !bytes.windows(word.len()).any(|window| window == word.as_bytes()),
                "{word} is in the clear"
            );
        }
        // A casebook or journal that lay there unsealed would be compressed, and not be found by its words.
        ensure!(!inflates_to_words(bytes), "a document with words lies there unsealed");
    }
    world.server.start_again().await?;
    Ok(world)
}

/// Whether bytes hold an automerge change whose contents have words in it.
fn inflates_to_words(bytes: &[u8]) -> bool {
    const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
    let starts = bytes.windows(4).enumerate().filter(|(_, window)| *window == MAGIC).map(|(at, _)| at);
    starts.into_iter().any(|at| {
        let mut document = automerge::AutoCommit::new();
        let changes = bytes.get(at..).and_then(|bytes| automerge::Change::try_from(bytes).ok());
        let Some(change) = changes else { return false };
        let raw = format!("{:?}", change.decode());
        let _ = document.apply_changes([change]);
        WORDS.iter().any(|word| raw.contains(word))
    })
}

#[tokio::test]
async fn i9_a_refusal_repeats_nothing_of_what_was_sent() -> anyhow::Result<()> {
    World::on_each_database(refusals).await
}

async fn refusals(world: World) -> anyhow::Result<World> {
    const MARK: &str = "Zebra7431";
    let (staff, server) = (world.therapist.api(), world.server.api()?);
    let phone = world.pair("Bens Telefon").await?;
    let client = world.client;
    let marked = json!({ "name": MARK, "nickname": MARK });
    let requests = [
        (&server, Method::GET, format!("/v1/{MARK}?{MARK}"), None),
        (
            &server,
            Method::POST,
            "/v1/sign-in".into(),
            Some(json!({ "email": MARK, "password": MARK, "code": MARK })),
        ),
        (
            &server,
            Method::POST,
            "/v1/pair".into(),
            Some(json!({ "code": MARK, "name": MARK, "exchange_key": MARK })),
        ),
        (&server, Method::GET, format!("/v1/sync/{MARK}"), None),
        (staff, Method::POST, "/v1/clients".into(), Some(marked.clone())),
        (staff, Method::POST, "/v1/clients".into(), Some(json!({ "name": MARK.repeat(100) }))),
        (staff, Method::GET, format!("/v1/clients/{MARK}"), None),
        (staff, Method::GET, format!("/v1/clients/client_{MARK}/releases"), None),
        (staff, Method::POST, format!("/v1/clients/{client}/releases"), Some(json!({ "clip": MARK }))),
        (staff, Method::POST, format!("/v1/clients/{client}/revocations"), Some(json!({ "on": MARK }))),
        (staff, Method::POST, "/v1/participants".into(), Some(json!({ "kind": MARK, "name": MARK }))),
        (staff, Method::POST, "/v1/forms".into(), Some(json!({ "paragraphs": MARK }))),
        (phone.api(), Method::POST, "/v1/device/leases".into(), Some(json!({ "nonce": MARK }))),
        (phone.api(), Method::POST, "/v1/device/receipts".into(), Some(json!({ "receipts": [MARK] }))),
        (
            phone.api(),
            Method::PUT,
            "/v1/device/push-subscription".into(),
            Some(
                json!({ "endpoint": format!("ftp://{MARK}.example"), "keys": { "p256dh": MARK, "auth": MARK } }),
            ),
        ),
    ];
    for (caller, method, path, body) in requests {
        let request = caller.request(method.clone(), &path).header("X-Note", MARK);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = caller.ask(request).await?;
        let (status, headers) = (response.status(), format!("{:?}", response.headers()));
        let said = response.text().await?;
        ensure!(status.is_client_error(), "{method} {path} was answered {status}");
        ensure!(!said.contains(MARK) && !headers.contains(MARK), "{method} {path}: {said} {headers}");
    }
    Ok(world)
}
