//! Push services, by origin: one that hangs keeps none of the others.
//!
//! A service is asked a few things at a time. If it does not answer several times in a row, it is left
//! alone for a while, longer each time, and what waits for it is put off at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

/// How many pushes one service is sent at a time.
const AT_A_TIME: usize = 8;
/// After how many silences in a row a service is left alone.
const SILENCES: u32 = 3;
/// For how long at first, and at most.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// How long something waits for a place: what was taken up to be sent is taken over after two minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How many services are remembered. Phones name them, so that there must be an end.
const REMEMBERED: usize = 256;

/// What is known of push services.
#[derive(Default)]
pub(super) struct Origins(Mutex<HashMap<String, Arc<Origin>>>);

pub(super) struct Origin {
    places: Arc<Semaphore>,
    silent: Mutex<Silent>,
}

#[derive(Default)]
struct Silent {
    times: u32,
    until: Option<Instant>,
}

impl Origins {
    pub(super) fn of(&self, origin: &str) -> Arc<Origin> {
        let mut known = lock(&self.0);
        if known.len() >= REMEMBERED && !known.contains_key(origin) {
            // Those that something is being sent to stay.
            known.retain(|_, origin| Arc::strong_count(origin) > 1);
        }
        let new = || Origin { places: Arc::new(Semaphore::new(AT_A_TIME)), silent: Mutex::default() };
        Arc::clone(known.entry(origin.to_owned()).or_insert_with(|| Arc::new(new())))
    }
}

impl Origin {
    /// Waits for a place. None while the service is left alone; for how much longer.
    pub(super) async fn enter(&self) -> Result<OwnedSemaphorePermit, Duration> {
        self.check()?;
        // A slow service would else be sent what another server has taken over meanwhile.
        let place = timeout(LONGEST_WAIT, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| FIRST_REST)?.map_err(|_| FIRST_REST)?;
        // It may have become silent while this one waited.
        self.check()?;
        Ok(place)
    }

    fn check(&self) -> Result<(), Duration> {
        match lock(&self.silent).until.and_then(|until| until.checked_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(left),
            _ => Ok(()),
        }
    }

    /// Notes whether the service has answered.
    pub(super) fn note(&self, answered: bool) {
        let mut silent = lock(&self.silent);
        if answered {
            *silent = Silent::default();
            return;
        }
        silent.times = silent.times.saturating_add(1);
        if let Some(more) = silent.times.checked_sub(SILENCES) {
            let rest = FIRST_REST.saturating_mul(1 << more.min(8)).min(LONGEST_REST);
            silent.until = Some(Instant::now() + rest);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_service_is_left_alone_for_longer_and_longer_and_any_answer_ends_that() {
        let origins = Origins::default();
        let origin = origins.of("https://push.example");
        for _ in 0..SILENCES {
            assert!(origin.enter().await.is_ok());
            origin.note(false);
        }
        assert_eq!(origin.enter().await.err(), Some(FIRST_REST));
        assert!(origins.of("https://other.example").enter().await.is_ok(), "another is not");
        tokio::time::advance(FIRST_REST).await;
        assert!(origin.enter().await.is_ok());
        origin.note(false);
        assert_eq!(origin.enter().await.err(), Some(2 * FIRST_REST));
        origin.note(true);
        assert!(origin.enter().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_for_a_place_are_sent_away_when_the_service_falls_silent() {
        let origin = Origins::default().of("https://push.example");
        let mut places = Vec::new();
        for _ in 0..AT_A_TIME {
            places.push(origin.enter().await.unwrap());
        }
        let waits = {
            let origin = Arc::clone(&origin);
            tokio::spawn(async move { origin.enter().await.is_err() })
        };
        tokio::task::yield_now().await;
        (0..SILENCES).for_each(|_| origin.note(false));
        places.clear();
        assert!(waits.await.unwrap());
    }

    #[test]
    fn phones_can_name_services_without_end() {
        let origins = Origins::default();
        for n in 0..10 * REMEMBERED {
            origins.of(&format!("https://{n}.example"));
        }
        assert!(lock(&origins.0).len() <= REMEMBERED);
    }
}
