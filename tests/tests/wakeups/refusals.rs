//! Pushes that are not sent, and push services that misbehave.

use super::*;

#[tokio::test]
async fn a_message_that_is_too_large_is_our_mistake_and_not_repeated() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::TooLarge);
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, DROPPED);
    stage.next().await;
    stage.later(Span::from_hours(2));
    assert_eq!(stage.run().await, NOTHING);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::Redirect);
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, PUT_OFF);
    stage.next().await;
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_silent_push_service_holds_nobody_up_for_long() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::Silence);
    stage.wake(WakeUp::Release).await;
    let app = Arc::clone(&stage.app);
    let run = tokio::spawn(async move { run_once(&app, 100).await.unwrap() });
    stage.next().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    assert_eq!(run.await.unwrap(), PUT_OFF);
}

#[tokio::test]
async fn a_push_service_that_hangs_delays_no_other() {
    let stage = Stage::set().await;
    let (app, clock) = (&stage.app, stage.app.ground.clock.clone());
    let hanging = PushService::start(clock, &app.ground.keys.vapid().public_key()).await.unwrap();
    for _ in 0..300 {
        let (phone, subscriber) = (pair(app).await, hanging.subscribe());
        hanging.answer(&subscriber, Answer::Silence);
        push_subscriptions::subscribe(&app.ground, phone, subscription(&subscriber)).await.unwrap();
        wake(app, phone.device, revocation(Span::from_hours(36))).await;
    }
    let workers = refrain::workers::start(app);
    // Its own silence is what this waits for no longer than: the hanging service has answered nothing by then.
    stage.wake(WakeUp::Release).await;
    stage.next().await;
    app.stop.cancel();
    workers.stop().await;
    stage.push.assert_clean();
}

#[tokio::test]
async fn refusals_that_repeat_are_sent_again_and_end_with_an_answer() {
    for refusal in [Answer::BadRequest, Answer::Forbidden] {
        let stage = Stage::set().await;
        let found = async || deaf_since(&stage).await;
        stage.push.answer(&stage.subscriber, refusal);
        stage.wake(revocation(Span::from_days(31))).await;
        assert_eq!(stage.run().await, PUT_OFF);
        assert_eq!(found().await, None, "once may be by chance");
        stage.later(Span::from_mins(1));
        assert_eq!(stage.run().await, PUT_OFF);
        let since = found().await;
        assert_eq!(since, Some(stage.app.ground.clock.now()));
        stage.later(Span::from_mins(2));
        assert_eq!(stage.run().await, PUT_OFF);
        assert_eq!(found().await, since, "since the first time");
        stage.push.answer(&stage.subscriber, Answer::Created);
        stage.later(Span::from_mins(5));
        stage.run().await;
        assert_eq!(found().await, None);
    }
}

#[tokio::test]
async fn a_phone_whose_subscription_is_gone_cannot_be_woken_until_it_subscribes_anew() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::Gone);
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, DROPPED);
    assert!(deaf_since(&stage).await.is_some());
    let anew = subscription(&stage.push.subscribe());
    push_subscriptions::subscribe(&stage.app.ground, stage.phone, anew).await.unwrap();
    assert_eq!(deaf_since(&stage).await, None);
}

/// Since when the phone cannot be woken.
async fn deaf_since(stage: &Stage) -> Option<Instant> {
    let mut tx = stage.app.ground.db.read().await.unwrap();
    refrain::store::push_subscriptions::deaf_since(&mut tx, stage.phone.device).await.unwrap()
}

#[tokio::test]
async fn what_is_too_late_is_not_sent() {
    let stage = Stage::set().await;
    stage.wake(revocation(Span::from_mins(5))).await;
    stage.later(Span::from_mins(5));
    assert_eq!(stage.run().await, DROPPED);
    stage.wake(revocation(Span::from_mins(5))).await;
    assert_eq!(stage.run().await, NOTHING);
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_phone_that_no_longer_wants_to_be_woken_is_not() {
    let stage = Stage::set().await;
    push_subscriptions::unsubscribe(&stage.app.ground, stage.phone).await.unwrap();
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, DROPPED);
    stage.push.assert_clean();
}

#[tokio::test]
async fn endpoints_of_private_networks_are_refused_where_they_are_not_configured() {
    let dir = tempfile::tempdir().unwrap();
    let app = App::open(settings(dir.path(), Clock::movable(NOON), false)).await.unwrap();
    let push =
        PushService::start(app.ground.clock.clone(), &app.ground.keys.vapid().public_key()).await.unwrap();
    let phone = pair(&app).await;
    for endpoint in [push.subscribe().endpoint(), "https://localhost/x", "https://192.168.0.1/x"] {
        let new = NewSubscription {
            endpoint: Zeroizing::new(endpoint.to_owned()),
            ..subscription(&push.subscribe())
        };
        let refused = push_subscriptions::subscribe(&app.ground, phone, new).await.err();
        assert!(matches!(refused, Some(Refusal::EndpointNotAllowed)), "{refused:?}");
    }
    let removed = CompanionCaller { removed: true, ..phone };
    let refused =
        push_subscriptions::subscribe(&app.ground, removed, subscription(&push.subscribe())).await.err();
    assert!(matches!(refused, Some(Refusal::DeviceRemoved)), "{refused:?}");
}
