//! The proxies in front of the server: whose word on a caller's address is believed.

use std::net::{IpAddr, SocketAddr};

/// Addresses of proxies, by prefixes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Prefix>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Prefix {
    address: IpAddr,
    bits: u32,
}

impl Proxies {
    /// Reads addresses and prefixes, such as `127.0.0.1` or `10.0.0.0/8`; `None` if one of them is neither.
    #[must_use]
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Option<Self> {
        texts.iter().map(|text| Prefix::parse(text.as_ref())).collect::<Option<_>>().map(Self)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a peer is one of them.
    #[must_use]
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.0.iter().any(|prefix| prefix.contains(peer))
    }

    /// Whose address it is that a peer connects with: the one that a proxy of ours names last, else the peer's. What stands
    /// before the last one was written by the caller.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
        if !self.contains(peer) {
            return peer;
        }
        let last = forwarded_for.and_then(|text| text.rsplit(',').next());
        last.and_then(address).unwrap_or(peer)
    }
}

/// An address, with or without a port: proxies write both.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
        .or_else(bare)
}

impl Prefix {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address = address.trim().parse::<IpAddr>().ok()?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
    }

    fn contains(self, peer: IpAddr) -> bool {
        match (self.address, peer) {
            (IpAddr::V4(ours), IpAddr::V4(peer)) => {
                let differ = ours.to_bits() ^ peer.to_bits();
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V6(ours), IpAddr::V6(peer)) => {
                let differ = ours.to_bits() ^ peer.to_bits();
                differ.leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_proxy_is_known_by_its_address_or_by_its_network() {
        let proxies = Proxies::parse(&["127.0.0.1", "10.1.0.0/16", "2001:db8::/32"]).unwrap();
        for inside in ["127.0.0.1", "::ffff:127.0.0.1", "10.1.255.1", "2001:db8:1::1"] {
            assert!(proxies.contains(ip(inside)), "{inside}");
        }
        for outside in ["127.0.0.2", "10.2.0.1", "2001:db9::1", "::1"] {
            assert!(!proxies.contains(ip(outside)), "{outside}");
        }
        assert!(Proxies::parse(&["0.0.0.0/0"]).unwrap().contains(ip("198.51.100.1")));
        for wrong in ["", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "::/129"] {
            assert_eq!(Proxies::parse(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_proxy_says_whose_address_it_is_and_only_its_last_word_counts() {
        let proxies = Proxies::parse(&["127.0.0.1"]).unwrap();
        let proxy = ip("127.0.0.1");
        for (said, caller) in [
            ("198.51.100.1", "198.51.100.1"),
            ("1.2.3.4, 198.51.100.1", "198.51.100.1"),
            ("198.51.100.1:5678", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("198.51.100.1, unknown", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(proxies.caller(proxy, Some(said)), ip(caller), "{said}");
        }
        assert_eq!(proxies.caller(proxy, None), proxy);
        let stranger = ip("198.51.100.9");
        assert_eq!(
            proxies.caller(stranger, Some("203.0.113.1")),
            stranger,
            "a caller may write what they like"
        );
    }
}
