//! The REST API as its callers use it: a base address and a token.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::signer::Signer;

/// One caller of the API.
#[derive(Clone)]
pub struct Api {
    base: String,
    token: Option<String>,
    signer: Option<Signer>,
    http: Client,
}

impl Api {
    /// A caller without a token.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        refrain::serve::install_cryptography();
        let http = Client::builder().no_proxy().build()?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), token: None, signer: None, http })
    }

    /// The same caller with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), signer: None, ..self.clone() }
    }

    /// The same caller, who signs each request.
    #[must_use]
    pub fn with_signer(&self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self.clone() }
    }

    /// The same caller, who sends the token alone.
    #[must_use]
    pub fn unsigned(&self) -> Self {
        Self { signer: None, ..self.clone() }
    }

    /// Who signs the requests, if they are signed.
    #[must_use]
    pub const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// The same caller, with a connection for each request.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn with_connections_of_its_own(&self) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build()?;
        Ok(Self { http, ..self.clone() })
    }

    /// The same caller at another address: after a server has started again, or at another one.
    #[must_use]
    pub fn toward(&self, server: &Self) -> Self {
        Self { base: server.base.clone(), ..self.clone() }
    }

    /// The server's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The token, if there is one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request to be completed, and given to [`Api::ask`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Signs a request, if this caller signs, and sends it; once more over the server's newest challenge.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let request = request.build()?;
        let Some(signer) = &self.signer else { return Ok(self.http.execute(request).await?) };
        let mut first = request.try_clone().context("a body that can be sent again")?;
        signer.sign(&mut first)?;
        let answer = self.http.execute(first).await?;
        if !signer.heard(answer.headers()) || answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let mut second = request;
        signer.sign(&mut second)?;
        Ok(self.http.execute(second).await?)
    }

    /// Sends JSON; gives status and body, whatever they are.
    ///
    /// # Errors
    /// When the server cannot be reached, or answers with something that is no JSON.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        answer(self.ask(request).await?).await
    }

    /// Sends JSON and expects success.
    ///
    /// # Errors
    /// With the answer's body when it is a refusal.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let (status, body) = self.send(method.clone(), path, body).await?;
        ensure!(status.is_success(), "{method} was answered {status}: {body}");
        Ok(body)
    }

    /// Sends JSON and expects a refusal with this status and code; gives the problem.
    ///
    /// # Errors
    /// With the answer's body when it is another one.
    pub async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
        code: &str,
    ) -> anyhow::Result<Value> {
        let (answered, body) = self.send(method, path, body).await?;
        ensure!(
            answered.as_u16() == status && body["code"] == code,
            "expected {status} {code}, was answered {answered}: {body}"
        );
        Ok(body)
    }

    /// Posts JSON and expects bytes.
    ///
    /// # Errors
    /// With the answer's body when it is a refusal.
    pub async fn bytes(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Bytes> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = self.ask(request).await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if !status.is_success() {
            bail!("was answered {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }
}

/// Reads an answer as JSON; no body is `null`.
///
/// # Errors
/// When the body is something else.
pub async fn answer(response: Response) -> anyhow::Result<(StatusCode, Value)> {
    let status = response.status();
    let bytes = response.bytes().await?;
    if bytes.is_empty() {
        return Ok((status, Value::Null));
    }
    let body = serde_json::from_slice(&bytes)
        .with_context(|| format!("{status}: {}", String::from_utf8_lossy(&bytes)))?;
    Ok((status, body))
}

/// A text field of an answer.
///
/// # Errors
/// When it is missing.
pub fn text<'a>(body: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    body[field].as_str().with_context(|| format!("no {field} in {body}"))
}
