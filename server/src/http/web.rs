//! The web apps: files that were built beforehand, read once at the start and served from memory.
//!
//! A file that was not read then cannot be had: no path of a request ever reaches the disk. Every
//! answer carries a policy under which a page runs, loads and connects to nothing but this server.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Nothing inline, nobody else's, no frames. WebAssembly is compiled; text never becomes a program.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
    media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types refrain";
/// The console, too, plays what it holds in memory: a recording that stays on the computer, a clip in the room. A media
/// element takes such bytes by a `blob:` address only, which nobody but the page itself can make.
const POLICY_OF_CONSOLE: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self'; media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types refrain";
/// What pages of ours never ask for, so that nothing that slips into them can.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=(), \
    serial=(), bluetooth=(), browsing-topics=()";
/// A therapist may speak a clip at the desk.
const PERMISSIONS_OF_CONSOLE: &str = "camera=(), display-capture=(), geolocation=(), microphone=(self), midi=(), \
    payment=(), usb=(), serial=(), bluetooth=(), browsing-topics=()";
/// A file whose name says its content may be kept for ever; everything else is asked for anew.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_ANEW: &str = "no-cache";
/// The build writes each file that shrinks in these forms, too; the smaller first.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// The files, by their path.
#[derive(Debug)]
pub struct Web {
    files: HashMap<String, File>,
}

#[derive(Debug)]
struct File {
    kind: &'static str,
    kept: &'static str,
    policy: &'static str,
    permissions: &'static str,
    tag: HeaderValue,
    plain: Bytes,
    encoded: Vec<(&'static str, Bytes)>,
}

/// Why the apps cannot be served.
#[derive(Debug, Error)]
pub enum WebError {
    /// The folder, or something in it, cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// There is nothing to begin with.
    #[error("there is no index.html in it")]
    NoIndex,
    /// A file of a kind that no browser would be told how to take.
    #[error("it has a file of an unknown kind")]
    UnknownKind,
}

impl Web {
    /// Reads a folder that `cargo xtask web` has built.
    ///
    /// # Errors
    /// When it cannot be read, is not what was built, or has no index.html.
    pub fn read(folder: &Path) -> Result<Self, WebError> {
        let mut found = Vec::new();
        gather(folder, &mut found)?;
        let mut files = HashMap::new();
        for path in &found {
            let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) else { continue };
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if ENCODINGS.iter().any(|(_, encoded)| *encoded == ending) {
                continue;
            }
            let name = name.replace(std::path::MAIN_SEPARATOR, "/");
            let file = File::read(path, &name, kind_of(ending).ok_or(WebError::UnknownKind)?)?;
            files.insert(format!("/{name}"), file);
        }
        if files.contains_key("/index.html") { Ok(Self { files }) } else { Err(WebError::NoIndex) }
    }

    /// Answers a request, if there is such a file.
    #[must_use]
    pub fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let file = match path.strip_suffix('/') {
            Some(folder) => self.files.get(&format!("{folder}/index.html")),
            None => self.files.get(path),
        };
        match file {
            Some(file) => Some(file.answer(method, headers)),
            // Who types /console means /console/.
            None => self.files.contains_key(&format!("{path}/index.html")).then(|| to_folder(path)),
        }
    }
}

impl File {
    fn read(path: &Path, name: &str, kind: &'static str) -> io::Result<Self> {
        let plain = Bytes::from(fs::read(path)?);
        let mut encoded = Vec::new();
        for (encoding, ending) in ENCODINGS {
            let mut beside = path.as_os_str().to_owned();
            beside.push(format!(".{ending}"));
            if let Ok(bytes) = fs::read(beside) {
                encoded.push((encoding, Bytes::from(bytes)));
            }
        }
        let digest = Sha256::digest(&plain);
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{digits}\"")).map_err(io::Error::other)?;
        let is_hashed = name.starts_with("assets/") || name.contains("/assets/");
        let kept = if is_hashed { FOR_EVER } else { ASK_ANEW };
        let (policy, permissions) = if name.starts_with("console/") {
            (POLICY_OF_CONSOLE, PERMISSIONS_OF_CONSOLE)
        } else {
            (POLICY, PERMISSIONS)
        };
        Ok(Self { kind, kept, policy, permissions, tag, plain, encoded })
    }

    fn answer(&self, method: &Method, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == self.tag);
        let (encoding, bytes) = self.best_for(headers);
        let body = if known || method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
        let mut response = Response::new(body);
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let answered = response.headers_mut();
        let fixed = [
            (header::CONTENT_TYPE, self.kind),
            (header::CACHE_CONTROL, self.kept),
            (header::VARY, "Accept-Encoding"),
            (header::CONTENT_SECURITY_POLICY, self.policy),
        ];
        for (name, value) in fixed {
            answered.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", self.permissions),
        ] {
            answered.insert(name, HeaderValue::from_static(value));
        }
        answered.insert(header::ETAG, self.tag.clone());
        if let Some(encoding) = encoding {
            answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn best_for(&self, headers: &HeaderMap) -> (Option<&'static str>, Bytes) {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let accepts = |encoding: &str| {
            accepted.unwrap_or_default().split(',').any(|named| {
                let (name, weight) = named.split_once(';').unwrap_or((named, ""));
                // A weight of nothing is a no (RFC 9110 section 12.4.2).
                name.trim() == encoding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
            })
        };
        let best = self.encoded.iter().find(|(encoding, _)| accepts(encoding));
        best.map_or((None, self.plain.clone()), |(encoding, bytes)| (Some(encoding), bytes.clone()))
    }
}

fn to_folder(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().extend(HeaderValue::try_from(format!("{path}/")).map(|to| (header::LOCATION, to)));
    response
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn kind_of(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}
