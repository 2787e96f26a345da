//! The addresses among the settings: of the server itself, of its database and of its objects.

use std::path::Path;

use url::Url;
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
