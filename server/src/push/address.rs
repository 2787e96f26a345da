//! Which addresses a push may be sent to.
//!
//! Endpoints are callers' URLs: without this rule a paired device could make the server knock at
//! machines of the practice's own network or at a cloud's metadata service. A name is judged by the
//! addresses that it resolves to at the moment of connecting, so that it cannot be public when it
//! is checked and private when it is used.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Whether an address is reachable by everybody, and nobody's own network.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Resolves names to public addresses only.
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 is replaced by that of the URL.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One private address spoils the name: it is either a mistake or a trick.
            if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
                return Err(io::Error::from(io::ErrorKind::AddrNotAvailable).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The IANA registry of special-purpose IPv4 addresses, and multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..)            // this network, private, loopback
            | (100, 64..=127, _)      // shared by carriers (RFC 6598)
            | (169, 254, _)           // link-local: metadata services live here
            | (172, 16..=31, _)       // private
            | (192, 0, 0 | 2)         // protocol assignments, documentation
            | (192, 88, 99)           // relays, deprecated
            | (192, 168, _)           // private
            | (198, 18 | 19, _)       // benchmarks
            | (198, 51, 100)          // documentation
            | (203, 0, 113)           // documentation
            | (224..=255, ..) // multicast, reserved, broadcast
    );
    !special
}

/// Global unicast (2000::/3) without its special parts. An address that carries an IPv4 address is judged by that too.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [a, b, c, d, .., g, h] = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // NAT64 (RFC 6052): reaches the IPv4 address at its end.
        (0x64, 0xff9b) => c == 0 && d == 0 && carried(g, h),
        // 6to4 carries one too, deprecated.
        (0x2002, _) => false,
        // Protocol assignments with Teredo and ORCHID, documentation.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        (0x3fff, 0..=0xfff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_public() {
        for address in [
            "8.8.8.8",
            "1.1.1.1",
            "172.15.0.1",
            "100.63.255.255",
            "192.0.1.1",
            "2a00:1450::1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_somebodys_own_network_are_not() {
        let private = [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_does_not_resolve() {
        assert!(PublicResolver.resolve("localhost".parse().unwrap()).await.is_err());
    }
}
