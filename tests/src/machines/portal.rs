//! A hotel's network that answers everything itself, without any signature.

use axum::{Router, http::StatusCode, response::Html};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::api::Api;

/// What the portal says to everybody.
const PAGE: &str = "<!doctype html><title>Welcome</title><p>Please accept the terms of our network.";

/// A captive portal on loopback; stops when it is dropped.
pub struct Portal {
    api: Api,
    serving: JoinHandle<()>,
}

impl Portal {
    /// Answers everything with this status and a page.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn open(status: StatusCode) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let api = Api::new(&format!("http://{}", listener.local_addr()?))?;
        let routes = Router::new().fallback(async move || (status, Html(PAGE)));
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { api, serving })
    }

    /// Where it answers in the server's stead.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
