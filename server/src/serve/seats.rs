//! How many connections one address may have, so that no address takes all that the process can
//! hold.
//!
//! A seat is taken when a connection is accepted and comes back with it. A socket over HTTP/1 has
//! left its connection by then and is counted with its device's others; over HTTP/2 it stays on the
//! connection that it was opened on.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::{
    TryFutureExt,
    future::{BoxFuture, FutureExt, ready},
};
use tower::Service;

use crate::http::wire::rates::network;

/// Whose connections there are.
pub(super) struct Seats {
    each: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's seat, until it ends.
struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    pub(super) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, taken: Mutex::default() })
    }

    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = taken.entry(address).or_default();
        if *of_address >= self.each {
            return None;
        }
        *of_address += 1;
        Some(Seat { seats: Arc::clone(self), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_address) = taken.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// Makes a service for each connection that has a seat; the others are closed.
#[derive(Clone)]
pub(super) struct Seated<M> {
    pub(super) make: M,
    /// None where all connections come from one proxy.
    pub(super) seats: Option<Arc<Seats>>,
}

/// No seat is left for this address.
#[derive(Debug)]
pub(super) struct NoSeat;

impl fmt::Display for NoSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many connections")
    }
}

impl std::error::Error for NoSeat {}

/// A connection's service, and its seat.
#[derive(Clone)]
pub(super) struct Served<S> {
    service: S,
    _seat: Option<Arc<Seat>>,
}

impl<M> Service<SocketAddr> for Seated<M>
where
    M: Service<SocketAddr>,
    M::Future: Send + 'static,
    M::Response: Send + 'static,
    M::Error: Send + 'static,
{
    type Response = Served<M::Response>;
    type Error = NoSeat;
    type Future = BoxFuture<'static, Result<Self::Response, NoSeat>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoSeat>> {
        self.make.poll_ready(cx).map_err(|_| NoSeat)
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let seat = match &self.seats {
            Some(seats) => match seats.take(peer.ip()) {
                Some(seat) => Some(Arc::new(seat)),
                None => return ready(Err(NoSeat)).boxed(),
            },
            None => None,
        };
        let made = self.make.call(peer).map_err(|_| NoSeat);
        made.map_ok(|service| Served { service, _seat: seat }).boxed()
    }
}

impl<S: Service<R>, R> Service<R> for Served<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_others_have_their_own() {
        let seats = Seats::new(2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let one = seats.take(address("192.0.2.1")).unwrap();
        let _another = seats.take(address("::ffff:192.0.2.1")).unwrap();
        assert!(seats.take(address("192.0.2.1")).is_none());
        assert!(seats.take(address("192.0.2.2")).is_some());
        drop(one);
        assert!(seats.take(address("192.0.2.1")).is_some(), "a seat comes back");
        let _network = [seats.take(address("2001:db8::1")), seats.take(address("2001:db8::2"))];
        assert!(seats.take(address("2001:db8::3")).is_none(), "a household has one network");
    }
}
