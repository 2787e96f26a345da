//! The addresses among the settings: of the server itself, of its database and of its objects.

use std::path::Path;

use url::{Host, Url};
use zeroize::Zeroizing;

/// https, or http on this computer; without a path.
pub(super) fn public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    (secure && bare).then(|| text.trim_end_matches('/').to_owned())
}

/// An SQLite file, or a PostgreSQL server.
pub(super) fn database_url(text: String, folder: &Path) -> Option<Zeroizing<String>> {
    if let Some(path) = text.strip_prefix("sqlite://") {
        let path = folder.join(path);
        return (!text.ends_with('/')).then(|| Zeroizing::new(format!("sqlite://{}", path.display())));
    }
    let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    postgres.then(|| Zeroizing::new(text))
}

/// A folder, or a bucket.
pub(super) fn objects_url(text: &str, folder: &Path) -> Option<String> {
    if let Some(path) = text.strip_prefix("file://") {
        return (!path.is_empty()).then(|| folder.join(path).display().to_string());
    }
    text.starts_with("s3://").then(|| text.to_owned())
}

/// An address by which push services reach the operator (RFC 8292 section 2.1). Apple's service answers every push
/// with 403 if the address is none on the internet, so such an address would leave all iPhones deaf.
pub(super) fn push_contact(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let domain = match url.scheme() {
        "mailto" => {
            let Some((name, domain)) = url.path().split_once('@') else { return false };
            // RFC 6068 allows several addresses and fields after a question mark; push services do not.
            let is_one = url.query().is_none()
                && url.fragment().is_none()
                && !name.is_empty()
                && !text.contains([' ', ',', '<', '>', '"', '%']);
            if !is_one {
                return false;
            }
            domain
        }
        "https" => match url.host() {
            Some(Host::Domain(domain)) => domain,
            _ => return false,
        },
        _ => return false,
    };
    is_public_domain(domain)
}

/// A name with a dot whose last label is a top-level domain, and none that only this computer or its network knows.
fn is_public_domain(domain: &str) -> bool {
    let Ok(Host::Domain(domain)) = Host::parse(domain) else { return false };
    let domain = domain.trim_end_matches('.');
    let Some((rest, top)) = domain.rsplit_once('.') else { return false };
    let is_here = matches!(
        top,
        "localhost" | "local" | "localdomain" | "internal" | "lan" | "home" | "invalid" | "test"
    );
    let is_name = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    !is_here
        && domain != "home.arpa"
        && !domain.ends_with(".home.arpa")
        && rest.split('.').all(is_name)
        && is_name(top)
}
