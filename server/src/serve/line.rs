//! A connection's line: it ends when it must give way, when no request comes, and when its peer
//! takes nothing.
//!
//! The deadlines hold from the first byte that the peer does not send: before a TLS handshake is
//! done and before the HTTP version is known, where the HTTP library has none of its own.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::turns::Connection;

/// Within which time a peer takes something of what is sent.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);

/// What a connection's line and its requests share.
pub(super) struct Peer {
    /// Its place among the others.
    pub(super) connection: Arc<Connection>,
    /// Whether a whole head has come.
    pub(super) has_asked: AtomicBool,
}

/// A connection with deadlines.
pub(super) struct Line {
    stream: TcpStream,
    peer: Arc<Peer>,
    given_up: Pin<Box<WaitForCancellationFutureOwned>>,
    /// None once the first request has come.
    head: Option<Pin<Box<Sleep>>>,
    /// Since something waits to be taken.
    taken: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// A line of its peer, whose first head must be there within this time.
    pub(super) fn new(stream: TcpStream, peer: Arc<Peer>, head_within: Duration) -> Self {
        let given_up = Box::pin(peer.connection.given_up());
        let head = Some(Box::pin(sleep_until(Instant::now() + head_within)));
        Self { stream, peer, given_up, head, taken: None }
    }

    /// An error once the connection is to end.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.given_up.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if self.peer.has_asked.load(Ordering::Relaxed) {
            self.head = None;
        }
        let is_late = self.head.as_mut().is_some_and(|head| head.as_mut().poll(cx).is_ready());
        if is_late { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// What a write has come to; an error if nothing was taken for too long.
    fn written<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.taken = None;
            return written;
        }
        let taken = self.taken.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + TAKEN_WITHIN)));
        match taken.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
