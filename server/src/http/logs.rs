//! The log of a request: method, route template, status, duration, and a random number to find it
//! by.
//!
//! Never the path (it has ids in it), never a header, a body, an address or a name. Other crates'
//! records are kept from warnings upwards only: their debug records quote headers and URLs.

use std::{
    panic::PanicHookInfo,
    sync::{Arc, Once},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
    registry::Registry,
};

use crate::{app::App, config::LogFormat};

/// The answer's header with the number under which a request was logged.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs a request when it has been answered.
pub async fn log(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = format!("{:016x}", u64::from_be_bytes(app.ground.entropy.bytes()));
    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request = %id, method, route = route.as_deref().unwrap_or("none"), status, millis, "answered");
    if let Ok(value) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// A method's name; one that nobody knows is the caller's own text.
fn known_method(method: &axum::http::Method) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"]
        .into_iter()
        .find(|known| method.as_str() == *known)
        .unwrap_or("other")
}

/// Makes the subscriber that writes logs, to `writer`.
pub fn subscriber<W>(format: LogFormat, filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Json => Box::new(tracing_subscriber::fmt::layer().json().with_writer(writer)),
        LogFormat::Text => Box::new(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer)),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter).with_filter(FilterFn::new(may_be_written)))
}

fn may_be_written(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target == "refrain" || target.starts_with("refrain::") || *metadata.level() <= Level::WARN
}

/// Has panics logged by their place alone: their text may quote what they choked on.
pub fn log_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
            let place = panic.location();
            let (file, line) = place.map_or(("unknown", 0), |place| (place.file(), place.line()));
            tracing::error!(file, line, "panic");
        }));
    });
}
