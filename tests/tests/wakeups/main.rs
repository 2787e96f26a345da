//! Wake-ups on their way from a decision to a phone, over a real push service on loopback.
#![allow(clippy::unwrap_used, reason = "a file of tests")]

mod bounds;
mod refusals;

use std::{ops::RangeInclusive, path::Path, sync::Arc, time::Duration};

use refrain::{
    app::{App, AppSettings},
    domain::{
        jobs::beginning::Said,
        jobs::waking::{self, Sent},
        people::push_subscriptions::{self, NewSubscription},
        records::wake_ups::{self, WakeUp},
    },
    nouns::{Refusal, callers::CompanionCaller, clock::Clock, entropy::Entropy, settings::Settings},
    store::{
        StoreError, Urgency, clients,
        devices::{self, NewDevice, Person},
        practices::{self, Practice},
    },
};
use refrain_tests::push_service::{Answer, Message, PushService, Subscriber};
use serde_json::json;
use sync_core::{
    id::{ClientId, DeviceId, PracticeId},
    instant::{Instant, Span},
};
use zeroize::Zeroizing;

const NOON: Instant = Instant::from_millis(1_900_000_000_000);
const ACCEPTED: Sent = Sent { accepted: 1, dropped: 0, put_off: 0 };
const DROPPED: Sent = Sent { accepted: 0, dropped: 1, put_off: 0 };
const PUT_OFF: Sent = Sent { accepted: 0, dropped: 0, put_off: 1 };
const NOTHING: Sent = Sent { accepted: 0, dropped: 0, put_off: 0 };

async fn run_once(app: &App, limit: u32) -> Result<Sent, Refusal> {
    waking::run_once(&app.ground, &app.push, limit).await
}

/// A server, a push service, and a client's phone that has subscribed.
struct Stage {
    app: Arc<App>,
    push: PushService,
    phone: CompanionCaller,
    subscriber: Subscriber,
    _dir: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::movable(NOON);
        let app = App::open(settings(dir.path(), clock.clone(), true)).await.unwrap();
        let push = PushService::start(clock, &app.ground.keys.vapid().public_key()).await.unwrap();
        let phone = pair(&app).await;
        let subscriber = push.subscribe();
        push_subscriptions::subscribe(&app.ground, phone, subscription(&subscriber)).await.unwrap();
        Self { app, push, phone, subscriber, _dir: dir }
    }

    async fn wake(&self, wake_up: WakeUp) {
        wake(&self.app, self.phone.device, wake_up).await;
    }

    async fn run(&self) -> Sent {
        run_once(&self.app, 100).await.unwrap()
    }

    async fn next(&self) -> Message {
        self.push.next(&self.subscriber).await
    }

    fn later(&self, span: Span) {
        self.app.ground.clock.advance(span);
    }
}

fn settings(dir: &Path, clock: Clock, allow_private_endpoints: bool) -> AppSettings {
    AppSettings {
        database_url: format!("sqlite://{}", dir.join("refrain.db").display()),
        server: "main".into(),
        ledger_path: dir.join("ledger"),
        key_dir: dir.join("keys"),
        master_key: None,
        objects_url: "memory://".into(),
        clock,
        entropy: Entropy::seeded(7),
        settings: Settings {
            public_url: "https://refrain.example".into(),
            push_contact: "mailto:it@practice.example".into(),
            allow_private_endpoints,
            ..Settings::default()
        },
        said: Said::default(),
    }
}

async fn pair(app: &Arc<App>) -> CompanionCaller {
    let (now, entropy) = (app.ground.clock.now(), app.ground.entropy.clone());
    let practice = PracticeId::new(now, entropy.bytes());
    let client = ClientId::new(now, entropy.bytes());
    let device = DeviceId::new(now, entropy.bytes());
    let keys = app.ground.keys.create_practice(practice).unwrap();
    let paired: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move {
                let row = Practice {
                    id: practice,
                    version: 1,
                    created_at: now,
                    closed_at: None,
                    held_at: None,
                    name_sealed: vec![],
                    contact_sealed: vec![],
                    authority: keys.authority,
                };
                practices::insert(tx, &row, &keys.wrapped_key).await?;
                clients::insert(tx, client, practice, now, &[]).await?;
                let new = NewDevice {
                    id: device,
                    practice,
                    person: Person::Client(client),
                    name_sealed: &[],
                    exchange_key: device.as_bytes(),
                    signing_key: device.as_bytes(),
                    paired_at: now,
                    confirmed_at: None,
                };
                devices::insert(tx, &new).await
            })
        })
        .await;
    paired.unwrap();
    CompanionCaller { device, client, practice, removed: false, signed_after: None }
}

fn subscription(subscriber: &Subscriber) -> NewSubscription {
    NewSubscription {
        endpoint: Zeroizing::new(subscriber.endpoint().to_owned()),
        p256dh: subscriber.p256dh(),
        auth: Zeroizing::new(subscriber.auth().to_vec()),
    }
}

async fn wake(app: &Arc<App>, device: DeviceId, wake_up: WakeUp) {
    let (now, random) = (app.ground.clock.now(), app.ground.entropy.bytes());
    let left: Result<(), StoreError> = app
        .ground
        .committer
        .commit(Urgency::Grant, move |tx| {
            Box::pin(async move { wake_ups::enqueue(tx, device, wake_up, now, random).await })
        })
        .await;
    left.unwrap();
}

const fn revocation(lease_for: Span) -> WakeUp {
    WakeUp::Revocation { lease_end: Instant::from_millis(NOON.as_millis() + lease_for.as_millis() as i64) }
}

#[tokio::test]
async fn a_wake_up_reaches_the_phone_and_says_nothing() {
    let stage = Stage::set().await;
    stage.wake(revocation(Span::from_hours(36))).await;
    assert_eq!(stage.run().await, ACCEPTED);
    let message = stage.next().await;
    assert_eq!((message.ttl_secs, message.urgency.as_str()), (36 * 3_600, "high"));
    let text = stage.subscriber.decrypt(&message).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let notification =
        json!({ "title": "There is something new to see", "navigate": "https://refrain.example/" });
    assert_eq!(json, json!({ "web_push": 8030, "notification": notification }));
    assert_eq!(stage.run().await, NOTHING);
    stage.push.assert_clean();
}

#[tokio::test]
async fn no_reason_can_be_told_from_another_by_what_is_pushed() {
    let stage = Stage::set().await;
    let mut texts = Vec::new();
    for (reason, urgency) in [(revocation(Span::from_hours(1)), "high"), (WakeUp::Release, "normal")] {
        stage.wake(reason).await;
        assert_eq!(stage.run().await, ACCEPTED);
        let message = stage.next().await;
        assert_eq!(message.urgency, urgency);
        texts.push((message.body.len(), stage.subscriber.decrypt(&message).unwrap()));
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_topic_is_kept_for_a_day_and_differs_by_urgency_and_phone() {
    let stage = Stage::set().await;
    let mut topics = Vec::new();
    for (reason, after) in [
        (WakeUp::Release, Span::ZERO),
        (WakeUp::Release, Span::from_mins(1)),
        (revocation(Span::from_hours(1)), Span::ZERO),
        (WakeUp::Release, Span::from_days(1)),
    ] {
        stage.later(after);
        stage.wake(reason).await;
        stage.run().await;
        topics.push(stage.next().await.topic);
    }
    assert_eq!(topics[0], topics[1]);
    assert!(topics[0] != topics[2] && topics[0] != topics[3]);
    let other = stage.push.subscribe();
    push_subscriptions::subscribe(&stage.app.ground, stage.phone, subscription(&other)).await.unwrap();
    stage.wake(WakeUp::Release).await;
    stage.run().await;
    assert_ne!(stage.push.next(&other).await.topic, topics[3]);
}

#[tokio::test]
async fn a_subscription_that_has_ended_is_not_tried_again() {
    for answer in [Answer::Gone, Answer::NotFound] {
        let stage = Stage::set().await;
        stage.push.answer(&stage.subscriber, answer);
        stage.wake(WakeUp::Release).await;
        assert_eq!(stage.run().await, DROPPED);
        stage.next().await;
        stage.wake(WakeUp::Release).await;
        assert_eq!(stage.run().await, DROPPED);
        assert!(stage.push.try_next(&stage.subscriber).is_none());

        let again = stage.push.subscribe();
        push_subscriptions::subscribe(&stage.app.ground, stage.phone, subscription(&again)).await.unwrap();
        stage.wake(WakeUp::Release).await;
        assert_eq!(stage.run().await, ACCEPTED);
        stage.push.next(&again).await;
    }
}

#[tokio::test]
async fn a_push_service_that_asks_for_time_gets_it() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::TooMany { after_secs: 600 });
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, PUT_OFF);
    stage.next().await;
    stage.later(Span::from_secs(599));
    assert_eq!(stage.run().await, NOTHING);
    stage.push.answer(&stage.subscriber, Answer::Created);
    stage.later(Span::from_secs(1));
    assert_eq!(stage.run().await, ACCEPTED);
    stage.next().await;
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_failing_push_service_is_tried_ever_less_often_until_it_is_too_late() {
    let day = Span::from_hours(24);
    tried(revocation(day), day, (220, 360), 240..=400).await;
    tried(WakeUp::Release, Span::from_days(3), (2_700, 3_660), 70..=110).await;
}

/// How often a wake-up is tried that is worth sending for so long, and how many seconds lie between two tries in the end.
async fn tried(wake_up: WakeUp, worth: Span, (least, most): (u64, u64), times: RangeInclusive<usize>) {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::Failing);
    stage.wake(wake_up).await;
    let mut tried_at = Vec::new();
    let dropped = loop {
        let sent = stage.run().await;
        if sent == PUT_OFF {
            tried_at.push(stage.app.ground.clock.now());
            let message = stage.next().await;
            let left = (NOON + worth).since(stage.app.ground.clock.now());
            assert_eq!(message.ttl_secs, left.as_millis() / 1_000);
        } else if sent == DROPPED {
            break stage.app.ground.clock.now();
        }
        stage.later(Span::from_mins(1));
    };
    let waits: Vec<u64> =
        tried_at.windows(2).map(|pair| pair[1].since(pair[0]).as_millis() / 1_000).collect();
    assert!((20..=60).contains(&waits[0]), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= most), "{waits:?}");
    assert!(waits.iter().rev().take(10).all(|wait| *wait >= least), "{waits:?}");
    assert!(dropped <= NOON + worth);
    assert!(times.contains(&tried_at.len()), "tried {} times", tried_at.len());
    stage.next().await;
}

#[tokio::test]
async fn a_revocation_that_outlasts_what_push_services_keep_is_told_again() {
    let stage = Stage::set().await;
    stage.wake(revocation(Span::from_days(31))).await;
    assert_eq!(stage.run().await, ACCEPTED);
    assert_eq!(stage.next().await.ttl_secs, 28 * 86_400);
    assert_eq!(stage.run().await, NOTHING);
    stage.later(Span::from_days(28));
    assert_eq!(stage.run().await, ACCEPTED);
    assert_eq!(stage.next().await.ttl_secs, 3 * 86_400);
    stage.later(Span::from_days(3));
    assert_eq!(stage.run().await, NOTHING);
    stage.push.assert_clean();
}

#[tokio::test]
async fn the_most_urgent_goes_first_and_a_claimed_piece_is_nobody_else_s() {
    let stage = Stage::set().await;
    stage.wake(WakeUp::Release).await;
    stage.wake(revocation(Span::from_hours(1))).await;
    for urgency in ["high", "normal"] {
        assert_eq!(run_once(&stage.app, 1).await.unwrap(), ACCEPTED);
        assert_eq!(stage.next().await.urgency, urgency);
    }
    stage.wake(WakeUp::Release).await;
    let (one, other) = tokio::join!(stage.run(), stage.run());
    assert_eq!(one.accepted + other.accepted, 1);
    stage.next().await;
    stage.push.assert_clean();
}

#[tokio::test]
async fn one_token_serves_all_phones_of_a_push_service_for_an_hour() {
    let stage = Stage::set().await;
    let other = pair(&stage.app).await;
    let subscriber = stage.push.subscribe();
    push_subscriptions::subscribe(&stage.app.ground, other, subscription(&subscriber)).await.unwrap();
    wake(&stage.app, other.device, WakeUp::Release).await;
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await.accepted, 2);
    let (one, two) = (stage.next().await, stage.push.next(&subscriber).await);
    assert_eq!(one.token, two.token);
    assert_ne!(one.body, two.body);
    stage.later(Span::from_hours(1));
    stage.wake(WakeUp::Release).await;
    stage.run().await;
    assert_ne!(stage.next().await.token, one.token);
    stage.push.assert_clean();
}
