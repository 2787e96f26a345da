//! How often a phone leaves lasting things in an hour: rows, entries of the audit, addresses.
//!
//! The queue before the writer lets nobody wait for a phone that writes without a pause. The things
//! counted here would also stay for ever, or make others work. An honest phone does none of it
//! more than a few times a day. A phone that does too much keeps only itself waiting, and its
//! person's other phones where the bound is the person's.
//!
//! Tries to type a phone's digits are counted here, too: they are few enough to be guessed.

use sync_core::instant::Instant;

use crate::{
    nouns::Refusal,
    store::{self, Tx},
};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A device tells where it is woken. A browser changes that a few times in a year.
    Subscription,
    /// A device tells how far its clock is ahead of UTC.
    LocalTime,
    /// A person's phones make a code for another phone: an entry of the audit each time.
    PairingCode,
    /// A member of staff types the digits of a phone. Whoever reads them aloud is there, and a mistake or two are made.
    Digits,
    /// A device opens a socket with a ticket. A network that breaks all the time takes one every ten seconds.
    Ticket,
}

impl Counted {
    /// How often in an hour.
    #[must_use]
    pub const fn most(self) -> i64 {
        match self {
            Self::Subscription | Self::LocalTime | Self::PairingCode => 20,
            Self::Ticket => 600,
            Self::Digits => 5,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Subscription => "push_subscription",
            Self::LocalTime => "local_time",
            Self::PairingCode => "pairing_code",
            Self::Ticket => "ticket",
            Self::Digits => "digits",
        }
    }
}

/// Counts one more of a device or a person, in the transaction of what is counted.
///
/// # Errors
/// [`Refusal::TooManyRequests`] until the next hour begins: then nothing was counted, because nothing is committed.
pub async fn count(tx: &mut Tx, subject: &[u8; 16], counted: Counted, now: Instant) -> Result<(), Refusal> {
    if store::hourly::count(tx, subject, counted.word(), now).await? <= counted.most() {
        return Ok(());
    }
    let left = store::hourly::next(now).since(now).as_millis().div_ceil(1_000);
    Err(Refusal::TooManyRequests { after_secs: u32::try_from(left).unwrap_or(u32::MAX) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::instant::Span;

    use super::*;
    use crate::{
        app::App,
        domain::{callers::tickets, jobs::forgetting, people::devices},
        nouns::{callers::DeviceCaller, offsets::LocalTime},
        store::Urgency,
        testing::{for_each_database, number, therapy::Therapy},
    };

    const ROWS: &str = "SELECT COUNT(*) FROM hourly";

    async fn counted(app: &Arc<App>, subject: u8) -> Result<(), Refusal> {
        app.ground
            .commit(Urgency::Grant, move |ground, tx| {
                Box::pin(
                    async move { count(tx, &[subject; 16], Counted::PairingCode, ground.clock.now()).await },
                )
            })
            .await
    }

    #[tokio::test]
    async fn what_is_too_much_waits_for_the_next_hour_and_others_do_not() {
        for_each_database(|database| async move {
            let app = database.app().await;
            for _ in 0..Counted::PairingCode.most() {
                counted(&app, 1).await.unwrap();
            }
            let Err(Refusal::TooManyRequests { after_secs }) = counted(&app, 1).await else {
                panic!("counted beyond its bound")
            };
            assert!(counted(&app, 2).await.is_ok());
            app.ground.clock.advance(Span::from_secs(u64::from(after_secs)));
            counted(&app, 1).await.unwrap();
            assert_eq!(number(&app, ROWS).await, 3);
            forgetting::run_once(&app.ground).await.unwrap();
            assert_eq!(number(&app, ROWS).await, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_phone_that_writes_without_a_pause_is_refused_and_its_others_are_not() {
        for_each_database(|database| async move {
            let app = database.app().await;
            let therapy = Therapy::begin(&app).await;
            let (busy, other) = (therapy.phone().await.caller, therapy.phone().await.caller);
            let local = |minutes| LocalTime { minutes, next: None };
            for _ in 0..Counted::LocalTime.most() {
                devices::tell_local_time(&app.ground, busy, local(60)).await.unwrap();
            }
            let refused = devices::tell_local_time(&app.ground, busy, local(120)).await;
            assert!(matches!(refused, Err(Refusal::TooManyRequests { .. })));
            devices::tell_local_time(&app.ground, other, local(120)).await.unwrap();
            let ticket = || tickets::issue(&app.ground, DeviceCaller::Companion(busy));
            for _ in 0..Counted::Ticket.most() {
                ticket().await.unwrap();
            }
            assert!(matches!(ticket().await.err(), Some(Refusal::TooManyRequests { .. })));
        })
        .await;
    }
}
