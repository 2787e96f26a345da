//! Where to wake a device, and the keys that only it can read with (RFC 8291).

use thiserror::Error;
use url::{Host, Url};
use web_push_native::p256::PublicKey;
use zeroize::Zeroizing;

use super::address::is_public;

/// Longer endpoints than any push service has.
const ENDPOINT_MAX: usize = 1_024;

/// A URL that a device's browser was given by its push service. It is a secret of the device: no `Debug`, no `Display`.
#[derive(Clone)]
pub struct Endpoint(Url);

/// The endpoint is no public https address, or the keys are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this push subscription is not allowed")]
pub struct EndpointNotAllowed;

/// All that is needed to wake one device.
#[derive(Clone)]
pub struct Subscription {
    /// Where its push service takes messages for it.
    pub endpoint: Endpoint,
    p256dh: [u8; 65],
    key: PublicKey,
    auth: Zeroizing<[u8; 16]>,
}

impl Endpoint {
    /// Reads an endpoint: `https`, a public host, the default port, no credentials. With `private_too` also `http`, other
    /// ports and private hosts: for tests and demonstrations.
    ///
    /// Names are judged again by what they resolve to when the push is sent.
    ///
    /// # Errors
    /// [`EndpointNotAllowed`].
    pub fn parse(text: &str, private_too: bool) -> Result<Self, EndpointNotAllowed> {
        let url = Url::parse(text).map_err(|_| EndpointNotAllowed)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let open = match url.host() {
            None => false,
            Some(_) if private_too => matches!(url.scheme(), "http" | "https"),
            Some(host) => url.scheme() == "https" && url.port().is_none() && leads_out(&host),
        };
        if text.len() <= ENDPOINT_MAX && bare && open { Ok(Self(url)) } else { Err(EndpointNotAllowed) }
    }

    /// Lends the URL to whoever sends or seals it; it must reach no log.
    #[must_use]
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port: whom a VAPID token is for.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl Subscription {
    /// Takes what `PushSubscription.toJSON()` has: an endpoint, a P-256 point of 65 bytes, a secret of 16.
    ///
    /// # Errors
    /// [`EndpointNotAllowed`] when a key is none.
    pub fn new(endpoint: Endpoint, p256dh: &[u8], auth: &[u8]) -> Result<Self, EndpointNotAllowed> {
        // Of 65 bytes only the uncompressed form is a point.
        let p256dh = <[u8; 65]>::try_from(p256dh).map_err(|_| EndpointNotAllowed)?;
        let key = PublicKey::from_sec1_bytes(&p256dh).map_err(|_| EndpointNotAllowed)?;
        let auth = <[u8; 16]>::try_from(auth).map_err(|_| EndpointNotAllowed)?;
        Ok(Self { endpoint, p256dh, key, auth: Zeroizing::new(auth) })
    }

    /// The device's public key.
    pub const fn p256dh(&self) -> &[u8; 65] {
        &self.p256dh
    }

    pub(super) const fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(super) fn auth(&self) -> &[u8; 16] {
        &self.auth
    }
}

/// Neither an address nor a name of somebody's own network.
fn leads_out(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public((*address).into()),
        Host::Ipv6(address) => is_public((*address).into()),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let own = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];
            name.contains('.') && !own.iter().any(|suffix| name.ends_with(suffix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_push_services_are_allowed() {
        for url in [
            "https://fcm.googleapis.com/fcm/send/abc:def",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
            "https://web.push.apple.com/QGx",
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAAA",
            "https://push.example.:443/x",
        ] {
            assert!(Endpoint::parse(url, false).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_leads_to_somebodys_own_network_is_not() {
        for url in [
            "http://push.example/x",
            "https://user:secret@push.example/x",
            "https://user@push.example/x",
            "https://push.example:8443/x",
            "https://push.example/x#part",
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://0x7f.1/x",
            "https://[::1]/x",
            "https://[::ffff:169.254.169.254]/latest/meta-data",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/x",
            "https://intranet/x",
            "https://printer.local/x",
            "https://metadata.google.internal/x",
            "https://metadata.google.internal./x",
            "file:///etc/passwd",
            "mailto:somebody@push.example",
            "push.example",
            "",
        ] {
            assert!(Endpoint::parse(url, false).is_err(), "{url}");
        }
        assert!(Endpoint::parse(&format!("https://push.example/{}", "x".repeat(1_024)), false).is_err());
    }

    #[test]
    fn private_endpoints_are_allowed_where_that_is_configured() {
        assert!(Endpoint::parse("http://127.0.0.1:9000/x", true).is_ok());
        assert!(Endpoint::parse("http://user@127.0.0.1:9000/x", true).is_err());
        assert!(Endpoint::parse("file:///etc/passwd", true).is_err());
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let endpoint = Endpoint::parse("https://push.example/x", false).unwrap();
        assert!(Subscription::new(endpoint.clone(), &[4; 65], &[0; 16]).is_err());
        assert!(Subscription::new(endpoint.clone(), &[], &[0; 16]).is_err());
        // A true point, from RFC 8291 appendix A.
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let point = BASE64_URL_SAFE_NO_PAD.decode(point).unwrap();
        assert!(Subscription::new(endpoint.clone(), &point, &[0; 15]).is_err());
        assert!(Subscription::new(endpoint, &point, &[0; 16]).is_ok());
    }
}
