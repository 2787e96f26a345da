//! A place for each connection, its line, and its service.

use std::{
    fmt,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::extract::Request;
use axum_server::accept::Accept;
use futures_util::{
    TryFutureExt,
    future::{BoxFuture, FutureExt},
};
use tokio::net::TcpStream;
use tower::Service;

use super::line::{Line, Peer};
use crate::{http::wire::addresses::network, nouns::settings::Proxies, turns::Connections};

/// Makes a service for each connection that has a place; the others are closed.
#[derive(Clone)]
pub(super) struct Seated<M> {
    pub(super) make: M,
    pub(super) connections: Arc<Connections>,
    /// Their connections carry many callers. A stranger who comes past them is a stranger.
    pub(super) proxies: Proxies,
}

/// There is no room for this connection.
#[derive(Debug)]
pub(super) struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many connections")
    }
}

impl std::error::Error for NoRoom {}

/// A connection's service. Each request carries the connection, for it to become a known caller's.
#[derive(Clone)]
pub(super) struct Served<S> {
    service: S,
    peer: Arc<Peer>,
}

impl<M> Service<SocketAddr> for Seated<M>
where
    M: Service<SocketAddr>,
    M::Future: Send + 'static,
    M::Response: Send + 'static,
    M::Error: Send + 'static,
{
    type Response = Served<M::Response>;
    type Error = NoRoom;
    type Future = BoxFuture<'static, Result<Self::Response, NoRoom>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoRoom>> {
        self.make.poll_ready(cx).map_err(|_| NoRoom)
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let from = (!self.proxies.contains(peer.ip())).then(|| network(peer.ip()));
        let Some(connection) = self.connections.arrive(from) else { return ready(Err(NoRoom)).boxed() };
        let made = self.make.call(peer).map_err(|_| NoRoom);
        let peer = Arc::new(Peer { connection: Arc::new(connection), has_asked: AtomicBool::new(false) });
        made.map_ok(|service| Served { service, peer }).boxed()
    }
}

/// Makes a line of each connection that is accepted.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    /// Within which time the first request's whole head must be there, a TLS handshake before it included.
    pub(super) head_within: Duration,
}

impl<S> Accept<TcpStream, Served<S>> for Lines {
    type Stream = Line;
    type Service = Served<S>;
    type Future = Ready<io::Result<(Line, Served<S>)>>;

    fn accept(&self, stream: TcpStream, served: Served<S>) -> Self::Future {
        let peer = Arc::clone(&served.peer);
        ready(stream.set_nodelay(true).map(|()| (Line::new(stream, peer, self.head_within), served)))
    }
}

impl<S, B> Service<Request<B>> for Served<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        self.peer.has_asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(Arc::clone(&self.peer.connection));
        self.service.call(request)
    }
}
