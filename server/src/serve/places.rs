//! How many connections one address may have, so that no address takes all that the process can
//! hold.
//!
//! A place is taken when a connection is accepted and comes back with it. A socket over HTTP/1 has
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
pub(super) struct Places {
    each: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place, until it ends.
struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    pub(super) fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, taken: Mutex::default() })
    }

    fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = taken.entry(address).or_default();
        if *of_address >= self.each {
            return None;
        }
        *of_address += 1;
        Some(Place { places: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_address) = taken.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

/// Makes a service for each connection that has a place; the others are closed.
#[derive(Clone)]
pub(super) struct Seated<M> {
    pub(super) make: M,
    /// None where all connections come from one proxy.
    pub(super) places: Option<Arc<Places>>,
}

/// No place is left for this address.
#[derive(Debug)]
pub(super) struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many connections")
    }
}

impl std::error::Error for NoPlace {}

/// A connection's service, and its place.
#[derive(Clone)]
pub(super) struct Served<S> {
    service: S,
    _place: Option<Arc<Place>>,
}

impl<M> Service<SocketAddr> for Seated<M>
where
    M: Service<SocketAddr>,
    M::Future: Send + 'static,
    M::Response: Send + 'static,
    M::Error: Send + 'static,
{
    type Response = Served<M::Response>;
    type Error = NoPlace;
    type Future = BoxFuture<'static, Result<Self::Response, NoPlace>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoPlace>> {
        self.make.poll_ready(cx).map_err(|_| NoPlace)
    }

    fn call(&mut self, peer: SocketAddr) -> Self::Future {
        let place = match &self.places {
            Some(places) => match places.take(peer.ip()) {
                Some(place) => Some(Arc::new(place)),
                None => return ready(Err(NoPlace)).boxed(),
            },
            None => None,
        };
        let made = self.make.call(peer).map_err(|_| NoPlace);
        made.map_ok(|service| Served { service, _place: place }).boxed()
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
        let places = Places::new(2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let one = places.take(address("192.0.2.1")).unwrap();
        let _another = places.take(address("::ffff:192.0.2.1")).unwrap();
        assert!(places.take(address("192.0.2.1")).is_none());
        assert!(places.take(address("192.0.2.2")).is_some());
        drop(one);
        assert!(places.take(address("192.0.2.1")).is_some(), "a place comes back");
        let _network = [places.take(address("2001:db8::1")), places.take(address("2001:db8::2"))];
        assert!(places.take(address("2001:db8::3")).is_none(), "a household has one network");
    }
}
