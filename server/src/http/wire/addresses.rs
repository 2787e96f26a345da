//! The address of a caller: the peer's, or the one that a proxy of ours names.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use crate::{app::App, http::error::Problem};

/// The network that a caller asks from: what attempts are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub IpAddr);

impl FromRequestParts<Arc<App>> for Network {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await;
        let ConnectInfo(peer) = peer.map_err(|_| Problem::internal())?;
        Ok(Self::of(app, peer, &parts.headers))
    }
}

impl Network {
    /// The network of a request.
    #[must_use]
    pub fn of(app: &App, peer: SocketAddr, headers: &HeaderMap) -> Self {
        Self(network(app.ground.settings.proxies.caller(peer.ip(), last_forwarded(headers))))
    }
}

/// The last of the headers: a proxy that adds one of its own leaves the caller's before it.
fn last_forwarded(headers: &HeaderMap) -> Option<&str> {
    headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()
}

/// One household or office has a whole /64 of IPv6 addresses.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            },
            IpAddr::V4,
        ),
    }
}
