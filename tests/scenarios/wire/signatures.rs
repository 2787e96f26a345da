//! Signed requests: a phone's token is a name, and its key asks.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use refrain_tests::{Companion, World, api::Api, database::Database, signer::Signer, vault::Vault};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sync_core::instant::Span;

const DOCUMENTS: &str = "/v1/device/documents";

#[tokio::test]
async fn a_token_by_itself_opens_nothing() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let release = world.release().await?;
    let phone = world.pair_with("Phone", &[release]).await?;
    let stolen = phone.api().unsigned();
    for (method, path) in [
        (Method::GET, "/v1/device/circle"),
        (Method::GET, "/v1/device/history"),
        (Method::GET, "/v1/device/sessions"),
        (Method::POST, "/v1/device/pairing-codes"),
        (Method::POST, "/v1/sync-tickets"),
        (Method::GET, "/v1/sync"),
        (Method::DELETE, "/v1/device/push-subscription"),
        (Method::GET, "/v1/device/practice-keys"),
    ] {
        stolen.refused(method, path, None, 401, "signature_missing").await?;
    }
    let question = json!({ "nonce": BASE64.encode([1; 32]) });
    stolen
        .refused(Method::POST, "/v1/device/leases", Some(question.clone()), 401, "signature_missing")
        .await?;
    let clip = format!("/v1/device/clips/{}", world.clip);
    stolen.refused(Method::GET, &clip, None, 401, "signature_missing").await?;
    // A thief with a key of their own.
    let thief = stolen.with_signer(Vault::new()?.signer());
    thief.refused(Method::GET, DOCUMENTS, None, 401, "signature_invalid").await?;
    thief.refused(Method::POST, "/v1/device/leases", Some(question), 401, "signature_invalid").await?;
    phone.api().call(Method::GET, DOCUMENTS, None).await?;
    world.server.end().await
}

#[tokio::test]
async fn a_phone_of_the_release_before_is_served_until_it_signs() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let code = world.therapist.invite(world.client).await?;
    let phone = Companion::pair(&world.server.api()?, &code, "Phone", world.now()).await?;
    // It has signed at its pairing. Another one, which has not:
    let code = world.therapist.invite(world.client).await?;
    let old = Companion::pair_unsigned(&world.server.api()?, &code, "An old one", world.now()).await?;
    let old = old.api();
    old.call(Method::GET, DOCUMENTS, None).await?;
    let question = json!({ "nonce": BASE64.encode([1; 32]) });
    old.bytes(Method::POST, "/v1/device/leases", Some(question)).await?;
    let counted =
        json!({ "nonce": BASE64.encode([1; 32]), "step": { "n": 1, "after": BASE64.encode([0; 32]) } });
    old.refused(Method::POST, "/v1/device/leases", Some(counted), 422, "out_of_bounds").await?;
    phone.api().unsigned().refused(Method::GET, DOCUMENTS, None, 401, "signature_missing").await?;
    // A signed question counts.
    let uncounted = json!({ "nonce": BASE64.encode([1; 32]) });
    phone.api().refused(Method::POST, "/v1/device/leases", Some(uncounted), 422, "out_of_bounds").await?;
    world.server.end().await
}

/// A request of a phone as it is signed, and then bent.
struct Bent<'a> {
    phone: &'a Api,
    signer: &'a Signer,
}

impl Bent<'_> {
    /// Signs one thing and sends another.
    async fn send(&self, signed: (&str, &str, &[u8]), sent: RequestBuilder) -> anyhow::Result<Response> {
        let (method, path, body) = signed;
        let mut sent = sent.build()?;
        sent.headers_mut().extend(self.signer.headers(method, (path, ""), body)?);
        let answer = reqwest::Client::new().execute(sent).await?;
        self.signer.heard(answer.headers());
        Ok(answer)
    }

    async fn is_refused(
        &self,
        signed: (&str, &str, &[u8]),
        sent: RequestBuilder,
        code: &str,
    ) -> anyhow::Result<()> {
        let answer = self.send(signed, sent).await?;
        let (status, body) = refrain_tests::api::answer(answer).await?;
        ensure!(status == StatusCode::UNAUTHORIZED && body["code"] == code, "{signed:?}: {status} {body}");
        Ok(())
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.phone.request(Method::GET, path)
    }
}

#[tokio::test]
async fn a_signature_is_good_for_its_request_as_it_is_and_once() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let signer = phone.api().signer().context("a phone that signs")?;
    let bent = Bent { phone: phone.api(), signer };
    phone.api().call(Method::GET, DOCUMENTS, None).await?;
    let asked = ("GET", DOCUMENTS, b"".as_slice());
    ensure!(bent.send(asked, bent.get(DOCUMENTS)).await?.status().is_success());
    // Another path, another query, another method, another body.
    bent.is_refused(("GET", "/v1/device/circle", b""), bent.get(DOCUMENTS), "signature_invalid").await?;
    bent.is_refused(asked, bent.get("/v1/device/documents?after=3"), "signature_invalid").await?;
    bent.is_refused(("POST", DOCUMENTS, b""), bent.get(DOCUMENTS), "signature_invalid").await?;
    let place = "/v1/device/local-time";
    let (said, meant) = (br#"{"utc_offset_minutes":60}"#, br#"{"utc_offset_minutes":90}"#);
    let put = |body: &'static [u8]| {
        let request = phone.api().request(Method::PUT, place);
        request.header("content-type", "application/json").body(body)
    };
    bent.is_refused(("PUT", place, said), put(meant), "signature_invalid").await?;
    ensure!(bent.send(("PUT", place, said), put(said)).await?.status().is_success());
    // The same request a second time.
    let mut request = bent.get(DOCUMENTS).build()?;
    signer.sign(&mut request)?;
    let again = request.try_clone().context("a request without a body")?;
    let http = reqwest::Client::new();
    ensure!(http.execute(request).await?.status().is_success());
    let (status, body) = refrain_tests::api::answer(http.execute(again).await?).await?;
    ensure!(status == StatusCode::UNAUTHORIZED && body["code"] == "signature_invalid", "{status} {body}");
    // A challenge that is old, and one that another phone was sent.
    world.server.clock.advance(Span::from_mins(5));
    bent.is_refused(asked, bent.get(DOCUMENTS), "challenge_stale").await?;
    ensure!(
        bent.send(asked, bent.get(DOCUMENTS)).await?.status().is_success(),
        "the refusal has brought another"
    );
    let other = world.pair("Tablet").await?;
    other.api().call(Method::GET, DOCUMENTS, None).await?;
    let strange = Bent { phone: phone.api(), signer: other.api().signer().context("a signer")? };
    strange.is_refused(asked, bent.get(DOCUMENTS), "challenge_stale").await?;
    world.server.end().await
}

#[tokio::test]
async fn a_signature_that_leaves_something_out_is_none() -> anyhow::Result<()> {
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let signer = phone.api().signer().context("a phone that signs")?;
    phone.api().call(Method::GET, DOCUMENTS, None).await?;
    let headers = signer.headers("GET", (DOCUMENTS, ""), b"")?;
    for (which, from, to) in [
        ("signature-input", "\"@query\" ", ""),
        ("signature-input", "\"@query\"", "\"@query\";req"),
        ("signature-input", "\"@query\"", "\"@query\" \"@authority\""),
        ("signature-input", "tag=\"refrain/request/v1\"", "tag=\"another/v1\""),
        ("signature-input", ";tag=", ";alg=\"hmac-sha256\";tag="),
        ("signature-input", "nonce=", "created=1;once="),
        ("signature-input", "refrain=", "other="),
        ("signature-input", "refrain=(", "refrain="),
        ("signature", "refrain=:", "refrain=\""),
        ("signature", "refrain=:", "refrain=:AAAA"),
        ("content-digest", "sha-256", "sha-512"),
    ] {
        let mut request = phone.api().request(Method::GET, DOCUMENTS).build()?;
        for (name, value) in &headers {
            let value = value.to_str()?;
            let value = if name == which { value.replace(from, to) } else { value.to_owned() };
            request.headers_mut().insert(name, value.parse()?);
        }
        let (status, body) =
            refrain_tests::api::answer(reqwest::Client::new().execute(request).await?).await?;
        ensure!(
            status == StatusCode::UNAUTHORIZED && body["code"] == "signature_invalid",
            "{which} {from}: {status} {body}"
        );
    }
    for missing in ["signature-input", "signature", "content-digest"] {
        let mut request = phone.api().request(Method::GET, DOCUMENTS).build()?;
        signer.sign(&mut request)?;
        request.headers_mut().remove(missing);
        let answer = reqwest::Client::new().execute(request).await?;
        ensure!(answer.status() == StatusCode::UNAUTHORIZED, "without {missing}");
    }
    world.server.end().await
}

#[tokio::test]
async fn another_implementation_signs_a_request() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/signatures");
    ensure!(folder.join("node_modules").is_dir(), "run `npm ci` in tests/interop/signatures");
    let world = World::begin(Database::Sqlite).await?;
    let phone = world.pair("Phone").await?;
    let signer = phone.api().signer().context("a phone that signs")?;
    phone.api().call(Method::GET, DOCUMENTS, None).await?;
    let place = "/v1/device/local-time";
    let body = r#"{"utc_offset_minutes":60}"#;
    let asked = json!({
        "method": "PUT",
        "url": format!("{}{place}", phone.api().base()),
        "body": body,
        "key": signer.jwk(),
        "challenge": signer.challenge(),
    });
    let mut node = Command::new("node")
        .arg(folder.join("sign.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("node")?;
    node.stdin.take().context("stdin")?.write_all(asked.to_string().as_bytes())?;
    let said = node.wait_with_output()?;
    let headers: Value = serde_json::from_slice(&said.stdout)?;
    let mut request = phone.api().request(Method::PUT, place).header("content-type", "application/json");
    for (name, value) in headers.as_object().context("headers")? {
        request = request.header(name, value.as_str().context("a header")?);
    }
    let answer = request.body(body).send().await?;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    world.server.end().await
}
