//! How much is sent: one push for what has gathered, and so many in an hour.

use refrain::domain::{jobs::waking::PUSHES_AN_HOUR, records::hourly::Counted};

use super::*;

/// How long the hour lasts in which the tests begin.
const REST_OF_THE_HOUR: Span = Span::from_secs(800);

#[tokio::test]
async fn what_gathers_before_a_run_is_one_push_for_each_reason() {
    let stage = Stage::set().await;
    for hours in [1, 9, 2] {
        stage.wake(revocation(Span::from_hours(hours))).await;
        stage.wake(WakeUp::Release).await;
    }
    assert_eq!(stage.run().await, Sent { accepted: 2, ..NOTHING });
    let messages = [stage.next().await, stage.next().await];
    let urgent = messages.iter().find(|message| message.urgency == "high").unwrap();
    assert_eq!(urgent.ttl_secs, 9 * 3_600, "for as long as the longest lease");
    assert_eq!(stage.run().await, NOTHING);
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_revocation_while_a_push_is_under_way_is_sent_by_itself() {
    let stage = Stage::set().await;
    stage.push.answer(&stage.subscriber, Answer::Silence);
    stage.wake(revocation(Span::from_hours(1))).await;
    let app = Arc::clone(&stage.app);
    let first = tokio::spawn(async move { run_once(&app, 100).await.unwrap() });
    stage.next().await;
    // The phone may have asked for its leases by now, and the next decision is committed only afterwards.
    stage.wake(revocation(Span::from_hours(2))).await;
    stage.push.answer(&stage.subscriber, Answer::Created);
    assert_eq!(stage.run().await, ACCEPTED);
    assert_eq!(stage.next().await.ttl_secs, 2 * 3_600);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(16)).await;
    tokio::time::resume();
    assert_eq!(first.await.unwrap(), PUT_OFF);
    stage.later(Span::from_mins(1));
    assert_eq!(stage.run().await, ACCEPTED);
    stage.next().await;
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_person_gets_so_many_pushes_an_hour_and_a_revocation_beyond() {
    let stage = Stage::set().await;
    for _ in 0..PUSHES_AN_HOUR {
        stage.wake(WakeUp::Release).await;
        assert_eq!(stage.run().await, ACCEPTED);
        stage.next().await;
    }
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, PUT_OFF);
    stage.wake(revocation(Span::from_hours(9))).await;
    assert_eq!(stage.run().await, ACCEPTED);
    assert_eq!(stage.next().await.urgency, "high");
    stage.wake(revocation(Span::from_hours(9))).await;
    assert_eq!(stage.run().await, PUT_OFF);
    // Another person's phone has its own hour.
    let other = pair(&stage.app).await;
    let subscriber = stage.push.subscribe();
    push_subscriptions::subscribe(&stage.app.ground, other, subscription(&subscriber)).await.unwrap();
    wake(&stage.app, other.device, WakeUp::Release).await;
    assert_eq!(stage.run().await, ACCEPTED);
    stage.push.next(&subscriber).await;
    // Nothing is lost by it.
    stage.later(REST_OF_THE_HOUR);
    assert_eq!(stage.run().await, Sent { accepted: 2, ..NOTHING });
    for _ in 0..2 {
        stage.next().await;
    }
    stage.push.assert_clean();
}

#[tokio::test]
async fn a_phone_without_a_subscription_uses_up_nobodys_pushes() {
    let stage = Stage::set().await;
    push_subscriptions::unsubscribe(&stage.app.ground, stage.phone).await.unwrap();
    for _ in 0..=PUSHES_AN_HOUR {
        stage.wake(WakeUp::Release).await;
        assert_eq!(stage.run().await, DROPPED);
    }
    let again = stage.push.subscribe();
    push_subscriptions::subscribe(&stage.app.ground, stage.phone, subscription(&again)).await.unwrap();
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, ACCEPTED);
    stage.push.next(&again).await;
}

#[tokio::test]
async fn a_phone_says_so_many_times_an_hour_where_it_is_woken() {
    let stage = Stage::set().await;
    let say =
        || push_subscriptions::subscribe(&stage.app.ground, stage.phone, subscription(&stage.subscriber));
    for _ in 1..Counted::Subscription.most() {
        say().await.unwrap();
    }
    let Err(Refusal::TooManyRequests { after_secs }) = say().await else { panic!("taken") };
    assert_eq!(u64::from(after_secs) * 1_000, REST_OF_THE_HOUR.as_millis());
    stage.wake(WakeUp::Release).await;
    assert_eq!(stage.run().await, ACCEPTED, "what it said before stays");
    stage.next().await;
    stage.later(REST_OF_THE_HOUR);
    say().await.unwrap();
}
