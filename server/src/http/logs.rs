//! The log of a request: method, route template, status, duration, and a random number to find it
//! by.
//!
//! Never the path (it has ids in it), never a header, a body, an address or a name. Other crates'
//! records are kept from warnings upwards only: their debug records quote headers and URLs.

use std::{
    panic::PanicHookInfo,
    sync::{Arc, Once},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tokio::time::{self, Instant};
use tracing::{Level, Metadata, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
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

/// How many lines wait for a reader of standard output at most. Beyond that they are dropped, and counted: a pipe that is not
/// read must not stop what takes a clip back.
const LINES_THAT_WAIT: usize = 8_192;
/// How often lines that were dropped are told of.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Lines on their way to standard output. Dropped, it writes those that wait, if they are read within a second.
pub struct Lines {
    _written: WorkerGuard,
    dropped: ErrorCounter,
}

impl Lines {
    /// Where lines are written, by a thread of its own.
    #[must_use]
    pub fn to_stdout() -> (NonBlocking, Self) {
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_THAT_WAIT);
        let (writer, written) = builder.finish(std::io::stdout());
        let dropped = writer.error_counter();
        (writer, Self { _written: written, dropped })
    }

    /// Tells how many lines were dropped, for as long as the server runs.
    pub async fn tell_dropped(&self) {
        let mut told = 0;
        loop {
            time::sleep(TOLD_EVERY).await;
            let dropped = self.dropped.dropped_lines();
            if dropped > told {
                tracing::warn!(lines = dropped - told, "lines were dropped, because the log is not read");
                told = dropped;
            }
        }
    }
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
