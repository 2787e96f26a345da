use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::FutureExt;
use tokio::sync::mpsc;

use super::*;
use crate::domain::{documents::binder::Ending, sync::Close};

/// A wire to a peer that takes as many messages as it has room for, and no more until it reads them.
struct Pipe {
    out: tokio_util::sync::PollSender<Message>,
    back: mpsc::UnboundedReceiver<Message>,
}

struct Far {
    heard: mpsc::Receiver<Message>,
    says: mpsc::UnboundedSender<Message>,
}

fn pipe(room: usize) -> (Pipe, Far) {
    let (out, heard) = mpsc::channel(room);
    let (says, back) = mpsc::unbounded_channel();
    (Pipe { out: tokio_util::sync::PollSender::new(out), back }, Far { heard, says })
}

impl Stream for Pipe {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(ready!(self.back.poll_recv(cx)).map(Ok))
    }
}

impl Sink<Message> for Pipe {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.out.poll_ready_unpin(cx).map_err(Error::new)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.out.start_send_unpin(message).map_err(Error::new)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.out.poll_flush_unpin(cx).map_err(Error::new)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.out.poll_close_unpin(cx).map_err(Error::new)
    }
}

fn line(room: usize) -> (Line<Pipe>, Far, Arc<Listener>, CancellationToken) {
    let (wire, far) = pipe(room);
    let (listener, stop) = (Arc::<Listener>::default(), CancellationToken::new());
    (Line::new(wire, Arc::clone(&listener), stop.clone()), far, listener, stop)
}

fn frames(count: usize) -> Vec<Vec<u8>> {
    vec![vec![7]; count]
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up() {
    let (mut line, _far, ..) = line(1);
    let before = Instant::now();
    assert!(matches!(line.send(frames(2)).await, Err(End::Gone)));
    assert_eq!(before.elapsed(), TAKEN_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn an_end_overtakes_a_frame_that_nobody_takes_and_so_does_its_farewell() {
    for why in [Ending::Unpaired, Ending::Crowded, Ending::Relieves] {
        let (mut line, _far, listener, _) = line(1);
        let before = Instant::now();
        assert!(line.send(frames(2)).now_or_never().is_none());
        listener.end(why);
        let end = line.send(frames(1)).await.unwrap_err();
        match why {
            Ending::Unpaired => assert!(matches!(end, End::Because(Close::Unpaired))),
            Ending::Crowded => assert!(matches!(end, End::Because(Close::Protocol(_)))),
            Ending::Relieves => assert!(matches!(end, End::Because(Close::Retry))),
        }
        assert_eq!(before.elapsed(), Duration::ZERO);
        line.farewell(end).await;
        assert_eq!(before.elapsed(), FAREWELL);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_overtakes_a_frame_that_nobody_takes() {
    let (mut line, _far, _, stop) = line(1);
    assert!(line.send(frames(2)).now_or_never().is_none());
    stop.cancel();
    assert!(matches!(line.send(frames(1)).await, Err(End::Stopping)));
}

#[tokio::test(start_paused = true)]
async fn a_peer_of_which_nothing_is_heard_is_asked_twice_and_dropped() {
    let (mut line, mut far, ..) = line(9);
    let before = Instant::now();
    assert!(matches!(line.next().await, Err(End::Gone)));
    assert_eq!(before.elapsed(), GONE_AFTER);
    let asked: Vec<_> = std::iter::from_fn(|| far.heard.try_recv().ok()).collect();
    assert!(matches!(asked[..], [Message::Ping(_), Message::Ping(_)]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_peer_that_answers_stays() {
    let (mut line, mut far, ..) = line(1);
    let before = Instant::now();
    let answers = async {
        for _ in 0..20 {
            assert!(matches!(far.heard.recv().await, Some(Message::Ping(_))));
            far.says.send(Message::Pong(Bytes::new())).unwrap();
        }
        assert_eq!(before.elapsed(), ASKED_AFTER * 20);
        far.says.send(Message::Binary(Bytes::from_static(b"still here"))).unwrap();
        far
    };
    let (received, _far) = tokio::join!(line.next(), answers);
    assert_eq!(received.unwrap(), b"still here".as_slice());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_interrupted_while_it_is_waited_for_is_asked_all_the_same() {
    let (mut line, mut far, ..) = line(9);
    // As when something else is heard every second: waiting begins anew, silence does not.
    let before = Instant::now();
    while let Err(_elapsed) = timeout(Duration::from_secs(1), line.next()).await {}
    assert_eq!(before.elapsed(), GONE_AFTER);
    assert!(far.heard.try_recv().is_ok());
}
