//! How slowly a body may come, so that a caller who sends a byte now and then holds nothing for long.
//!
//! A body has a credit of time. Waiting for the caller uses it up; each byte that comes earns it again, at the least
//! rate, and never above the grace. So a body may stand still for the grace and no longer, and one that drips below the
//! least rate ends when its grace is used up. The total bounds the whole, whatever comes.
//!
//! Only the time in which the server waits for the caller counts. While a handler does other work the body is not
//! asked, and the caller is not slow. The runtime's timers count it, and not the app's clock, which a test moves by days.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{body::Body, extract::Request, middleware::map_request, Router};
//! use refrain::http::wire::pace::{Pace, paced};
//!
//! const JSON: Pace = Pace::of_len(Duration::from_secs(10), 16 * 1024, 64 * 1024);
//! let routes: Router = Router::new().layer(map_request(async |request: Request| paced(request, JSON)));
//! ```

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
    extract::Request,
};
use bytes::Buf;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// How slowly a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long it may stand still, or be behind the least rate.
    pub grace: Duration,
    /// How many bytes a second it comes with at least, on an average over the grace. 0 is taken as 1.
    pub least_per_sec: u64,
    /// How long the server waits for it in all.
    pub total: Duration,
}

impl Pace {
    /// The pace of a body of up to `len` bytes: in total as long as the least rate needs for these, and the grace.
    #[must_use]
    pub const fn of_len(grace: Duration, least_per_sec: u64, len: u64) -> Self {
        let pace = Self { grace, least_per_sec, total: grace };
        Self { total: grace.saturating_add(pace.time_for(len)), ..pace }
    }

    /// How long so many bytes take at the least rate.
    const fn time_for(self, bytes: u64) -> Duration {
        let least = if self.least_per_sec == 0 { 1 } else { self.least_per_sec };
        let millis = (bytes % least).saturating_mul(1_000) / least;
        Duration::from_secs(bytes / least).saturating_add(Duration::from_millis(millis))
    }
}

/// The body came more slowly than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body comes too slowly")
    }
}

impl Error for TooSlow {}

impl TooSlow {
    /// Whether this is the reason of an error, however deep the extractors have wrapped it.
    #[must_use]
    pub fn is_behind(error: &(dyn Error + 'static)) -> bool {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Self>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

/// Holds a request's body to a pace. Length and end stay as they were said.
#[must_use]
pub fn paced(request: Request, pace: Pace) -> Request {
    request.map(|body| Body::new(LeastRate::new(body, pace)))
}

/// A body that ends with [`TooSlow`] if it comes too slowly.
pub struct LeastRate<B> {
    body: B,
    pace: Pace,
    /// How long it may still stand still.
    credit: Duration,
    /// How long it may still be waited for.
    left: Duration,
    waiting_since: Option<Instant>,
    /// Made at the first wait: a body that is there at once needs none.
    timer: Option<Pin<Box<Sleep>>>,
    is_over: bool,
}

impl<B> LeastRate<B> {
    /// Holds a body to a pace, from the first time that it is asked.
    #[must_use]
    pub fn new(body: B, pace: Pace) -> Self {
        let Pace { grace, total, .. } = pace;
        Self { body, pace, credit: grace, left: total, waiting_since: None, timer: None, is_over: false }
    }

    fn charge(&mut self) {
        if let Some(since) = self.waiting_since.take() {
            let waited = since.elapsed();
            self.credit = self.credit.saturating_sub(waited);
            self.left = self.left.saturating_sub(waited);
        }
    }

    fn earn(&mut self, bytes: usize) {
        let earned = self.pace.time_for(bytes as u64);
        self.credit = self.credit.saturating_add(earned).min(self.pace.grace);
    }

    /// Ready when it has been waited for long enough.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.credit.min(self.left);
        if patience.is_zero() {
            return Poll::Ready(());
        }
        let now = Instant::now();
        self.waiting_since = Some(now);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(now)));
        timer.as_mut().reset(now + patience);
        timer.as_mut().poll(cx)
    }
}

impl<B> HttpBody for LeastRate<B>
where
    B: HttpBody + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        this.charge();
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.earn(frame.data_ref().map_or(0, Buf::remaining));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => this.wait(cx).map(|()| {
                this.is_over = true;
                Some(Err(TooSlow.into()))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, extract::FromRequest};
    use futures_util::StreamExt;
    use tokio::{
        sync::mpsc,
        time::{advance, timeout},
    };

    use super::*;

    const LEAST: u64 = 1_000;
    const GRACE: Duration = Duration::from_secs(10);
    const PACE: Pace = Pace { grace: GRACE, least_per_sec: LEAST, total: Duration::from_secs(60) };

    /// A body that sends so many bytes each so many seconds, for ever.
    fn dripping(bytes: usize, each: u64) -> Body {
        let drops = futures_util::stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_secs(each)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes])), ()))
        });
        Body::from_stream(drops)
    }

    /// How many bytes come until it ends, how, and after how many seconds.
    async fn read(body: Body, pace: Pace) -> (usize, Result<(), BoxError>, u64) {
        let begun = Instant::now();
        let mut come = 0;
        let mut pieces = Body::new(LeastRate::new(body, pace)).into_data_stream();
        let mut ended = Ok(());
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => come += piece.len(),
                Err(error) => ended = Err(error.into()),
            }
        }
        (come, ended, begun.elapsed().as_secs())
    }

    #[track_caller]
    fn assert_too_slow(ended: &Result<(), BoxError>) {
        assert!(ended.as_ref().is_err_and(|error| TooSlow::is_behind(error.as_ref())), "{ended:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_there_comes_whole() {
        let (come, ended, after) = read(Body::from(vec![0; 500_000]), PACE).await;
        assert!(ended.is_ok());
        assert_eq!((come, after), (500_000, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stands_still_ends_with_its_grace() {
        let (come, ended, after) = read(dripping(1, 3_600), PACE).await;
        assert_too_slow(&ended);
        assert_eq!((come, after), (0, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_ends_when_its_grace_is_used_up() {
        let (come, ended, after) = read(dripping(500, 1), PACE).await;
        assert_too_slow(&ended);
        // It is behind by half a second each second.
        assert!((18..=20).contains(&after), "{after}");
        assert!(come <= 10_000, "{come}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_at_the_least_rate_comes_until_its_total_is_over() {
        let (come, ended, after) = read(dripping(7_000, 7), PACE).await;
        assert_too_slow(&ended);
        assert_eq!((come, after), (56_000, 60));
        let pace = Pace { total: Duration::from_secs(3_600), ..PACE };
        assert!(timeout(Duration::from_secs(600), read(dripping(3_000, 3), pace)).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_in_a_moment_buys_no_long_silence() {
        let (says, heard) = mpsc::unbounded_channel();
        says.send(Ok::<_, std::io::Error>(Bytes::from(vec![0; 1_000_000]))).unwrap();
        let heard = futures_util::stream::unfold(heard, |mut heard| async move {
            heard.recv().await.map(|piece| (piece, heard))
        });
        let (come, ended, after) = read(Body::from_stream(heard), PACE).await;
        assert_too_slow(&ended);
        assert_eq!((come, after), (1_000_000, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_is_not_slow_while_the_server_does_something_else() {
        let mut body = Body::new(LeastRate::new(dripping(5_000, 5), PACE)).into_data_stream();
        advance(Duration::from_secs(300)).await;
        for _ in 0..5 {
            assert_eq!(body.next().await.unwrap().unwrap().len(), 5_000);
            advance(Duration::from_secs(300)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_keeps_the_length_that_was_said_and_its_own_errors() {
        let body = LeastRate::new(Body::from("hello"), PACE);
        assert_eq!((HttpBody::size_hint(&body).exact(), body.is_end_stream()), (Some(5), false));
        let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        let (_, ended, _) = read(Body::from_stream(broken), PACE).await;
        assert!(ended.is_err_and(|error| !TooSlow::is_behind(error.as_ref())));
    }

    #[tokio::test(start_paused = true)]
    async fn the_reason_is_found_behind_an_extractor() {
        let request = paced(Request::new(dripping(1, 60)), PACE);
        let rejection = Bytes::from_request(request, &()).await.unwrap_err();
        assert!(TooSlow::is_behind(&rejection));
        let rejection =
            axum::body::to_bytes(paced(Request::new(dripping(1, 60)), PACE).into_body(), 100).await;
        assert!(TooSlow::is_behind(&rejection.unwrap_err()));
    }

    #[test]
    fn the_total_follows_from_the_length() {
        let pace = Pace::of_len(GRACE, 16 * 1024, 64 * 1024);
        assert_eq!(pace.total, Duration::from_secs(14));
        assert_eq!(Pace::of_len(GRACE, 0, 5).total, Duration::from_secs(15));
        assert_eq!(Pace::of_len(GRACE, 3, u64::MAX).total.as_secs(), u64::MAX / 3 + 10);
    }
}
