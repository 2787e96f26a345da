//! Slow uploads: ended in time, and never in another person's place.

use std::{future::Future, pin::Pin};

use futures_util::{poll, stream};

use super::*;

type Receiving<'a> = Pin<Box<dyn Future<Output = Result<Uploaded, Refusal>> + 'a>>;

/// A body of which nothing comes.
fn still() -> Body {
    Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>())
}

impl Stage {
    fn therapist(&self) -> StaffCaller {
        StaffCaller { staff: self.seed.staff, practice: self.seed.practice, role: Role::Therapist }
    }

    fn colleague(&self, n: u8) -> StaffCaller {
        StaffCaller { staff: StaffId::from_bytes([n; 16]), ..self.therapist() }
    }

    /// An upload that has its place, and waits for its first byte.
    async fn waiting<'a>(&'a self, caller: StaffCaller, headers: &'a HeaderMap) -> Receiving<'a> {
        let mut receiving: Receiving<'a> = Box::pin(receive(&self.app, caller, headers, still()));
        assert!(poll!(receiving.as_mut()).is_pending());
        receiving
    }
}

#[tokio::test]
async fn slow_uploads_of_one_person_take_nobodys_place_but_theirs_and_end() {
    for_sqlite(|database| async move {
        let (stage, headers) = (Stage::set(&database).await, HeaderMap::new());
        let slow = [
            stage.waiting(stage.therapist(), &headers).await,
            stage.waiting(stage.therapist(), &headers).await,
        ];
        stage.upload(MP3).await.is(429, "too_many_requests");
        assert!(receive(&stage.app, stage.colleague(1), &headers, Body::from(MP3)).await.is_ok());

        tokio::time::pause();
        tokio::time::advance(STILL_FOR).await;
        for slow in slow {
            assert!(matches!(slow.await.err(), Some(Refusal::TooSlow)));
        }
        tokio::time::resume();
        assert_eq!(stage.upload(MP3).await.status, StatusCode::CREATED);
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_gives_way_to_another_persons_hears_of_it() {
    for_sqlite(|database| async move {
        let (stage, headers) = (Stage::set(&database).await, HeaderMap::new());
        let _first = stage.waiting(stage.therapist(), &headers).await;
        let newest = stage.waiting(stage.therapist(), &headers).await;
        let _others = [
            stage.waiting(stage.colleague(1), &headers).await,
            stage.waiting(stage.colleague(2), &headers).await,
        ];
        assert!(receive(&stage.app, stage.colleague(3), &headers, Body::from(MP3)).await.is_ok());
        assert!(matches!(newest.await.err(), Some(Refusal::TooManyRequests { .. })));
    })
    .await;
}

#[tokio::test]
async fn a_slow_upload_is_answered_with_its_code() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let mut answer = Box::pin(stage.send(stage.uploading().body(still()).unwrap()));
        // Until it waits for the body: what it asks the database is answered in real time.
        while stage.app.upload_budget.is_idle() {
            assert!(poll!(answer.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        tokio::time::pause();
        tokio::time::advance(STILL_FOR).await;
        answer.await.is(408, "too_slow");
    })
    .await;
}
