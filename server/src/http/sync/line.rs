//! The line to a peer, on which nothing waits for ever.
//!
//! A peer that takes nothing would keep its connection beyond the cap, its removal and the server's
//! stop: so each frame must be taken within a time, and an end overtakes it. A phone whose network
//! is gone says nothing, not even that. So the server pings a silent peer, and drops it if it does
//! not answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Error,
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes},
};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::End;
use crate::domain::documents::binder::Listener;

/// How long a peer may take to take a frame.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// After which silence a peer is asked whether it is there, each time.
const ASKED_AFTER: Duration = Duration::from_secs(30);
/// After which silence it is not: two questions were not answered.
const GONE_AFTER: Duration = Duration::from_secs(75);
/// How long a peer may take for a farewell, and again to answer it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What carries messages.
pub(super) trait Wire:
    Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin
{
}

impl<S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin> Wire for S {}

/// A peer's line.
pub(super) struct Line<S> {
    wire: S,
    listener: Arc<Listener>,
    stop: CancellationToken,
    heard_at: Instant,
    /// How often it was asked since.
    asked: u32,
}

impl<S: Wire> Line<S> {
    pub(super) fn new(wire: S, listener: Arc<Listener>, stop: CancellationToken) -> Self {
        Self { wire, listener, stop, heard_at: Instant::now(), asked: 0 }
    }

    /// Waits for the next frame. What is waited for may be given up at any time, and taken up again.
    pub(super) async fn next(&mut self) -> Result<Bytes, End> {
        loop {
            let due = self.heard_at + (ASKED_AFTER * (self.asked + 1)).min(GONE_AFTER);
            let received = tokio::select! {
                received = self.wire.next() => received,
                () = sleep_until(due) => {
                    if due == self.heard_at + GONE_AFTER {
                        return Err(End::Gone);
                    }
                    self.asked += 1;
                    self.say(Message::Ping(Bytes::new())).await?;
                    continue;
                }
            };
            (self.heard_at, self.asked) = (Instant::now(), 0);
            match received {
                Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Text(_))) => return Err(End::NotBinary),
                Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
                // A frame beyond the limit, or no frame at all. Where the network is gone nobody hears of it.
                Some(Err(_)) => return Err(End::Unreadable),
            }
        }
    }

    /// Sends frames, as long as the peer takes them.
    pub(super) async fn send(&mut self, frames: Vec<Vec<u8>>) -> Result<(), End> {
        for frame in frames {
            self.say(Message::Binary(frame.into())).await?;
        }
        Ok(())
    }

    async fn say(&mut self, message: Message) -> Result<(), End> {
        tokio::select! {
            () = self.stop.cancelled() => Err(End::Stopping),
            ending = self.listener.ended() => Err(ending.into()),
            said = timeout(TAKEN_WITHIN, self.wire.send(message)) => match said {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Gone),
            },
        }
    }

    /// Tells the peer why, if somebody is there to be told.
    pub(super) async fn farewell(mut self, end: End) {
        let Some((code, reason)) = end.told() else { return };
        let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        if matches!(timeout(FAREWELL, self.wire.send(close)).await, Ok(Ok(()))) {
            // What the peer has on its way must be read: a connection that is dropped with bytes unread is reset, and a
            // reset overtakes the reason.
            let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = self.wire.next().await {} }).await;
        }
    }
}

#[cfg(test)]
mod tests;
