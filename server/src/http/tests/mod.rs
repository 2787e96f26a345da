//! The routes, through a real socket, on both databases. The actor is a type; assertions print the body.

mod callers;
mod conformance;
mod desk;
mod people;
mod wire;

use std::{path::Path, sync::Arc};
use sync_core::{id::DeviceId, instant::Span, policy::Role};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::{ecdsa::SigningKey, elliptic_curve::Generate};
use serde_json::{Value, json};
use totp_rs::Totp;
use zeroize::Zeroizing;

use crate::{
    app::{App, AppSettings},
    config::Config,
    domain::people::{
        practice::{self, Contact, NewPractice},
        staff::{self, NewStaff},
    },
    nouns::{entropy::Entropy, settings::Settings},
    serve::{self, Running},
    testing::TestDatabase,
};

pub(super) const PASSWORD: &str = "correct horse battery";
const ADA: &str = "ada@practice.example";

/// A server on a port of its own, with a practice and its first therapist.
pub(super) struct Server {
    pub(super) app: Arc<App>,
    pub(super) running: Running,
    pub(super) http: reqwest::Client,
    pub(super) ada: Person,
}

/// Somebody on the staff, who knows their password and holds their authenticator app.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) email: String,
    totp: Totp,
}

/// A member of staff who is signed in.
pub(super) struct Staff<'s> {
    server: &'s Server,
    pub(super) token: String,
    pub(super) id: String,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Checks that this is a problem document with status and code.
    #[track_caller]
    pub(super) fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:refrain:problem:{code}"));
        assert_eq!(self.body["status"], status);
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
        self.body
    }
}

pub(super) fn config(folder: &Path, more: &str) -> Config {
    let toml = Config::template("mailto:it@practice.example", "UTC").replace("127.0.0.1:8787", "127.0.0.1:0");
    Config::parse(&format!("{toml}\n{more}"), folder).unwrap()
}

impl Server {
    pub(super) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |settings| settings).await
    }

    /// With settings of its own.
    pub(super) async fn start_with(
        database: &TestDatabase,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        let AppSettings { settings, .. } = database.settings();
        let app = App::open(AppSettings { settings: change(settings), ..database.settings() }).await.unwrap();
        let new = NewPractice {
            name: "Practice at the Lake".into(),
            contact: Contact { practice: "+41 44 000 00 00".into(), crisis: "143".into() },
            therapist: NewStaff {
                email: ADA.into(),
                name: "Ada Berg".into(),
                password: Zeroizing::new(PASSWORD.into()),
            },
        };
        let opened = practice::open(&app.ground, &app.passwords, new).await.unwrap();
        let ada = Person { email: ADA.into(), totp: Totp::from_url(opened.otpauth.as_str()).unwrap() };
        let config = config(database.dir.path(), "");
        let running = serve::start(Arc::clone(&app), &config).await.unwrap();
        Self { app, running, http: reqwest::Client::new(), ada }
    }

    /// Stops the server and closes what it holds.
    pub(super) async fn stop(self) {
        drop(self.http);
        self.running.stop().await.unwrap();
        self.app.close().await;
    }

    /// Adds somebody to the staff.
    pub(super) async fn employ(&self, email: &str, role: Role) -> Person {
        let mut tx = self.app.ground.db.read().await.unwrap();
        let practice = crate::store::practices::find_first(&mut tx).await.unwrap().unwrap();
        drop(tx);
        let new = NewStaff {
            email: email.into(),
            name: "Somebody Else".into(),
            password: Zeroizing::new(PASSWORD.into()),
        };
        let (_, otpauth) =
            staff::add(&self.app.ground, &self.app.passwords, practice, new, role).await.unwrap();
        Person { email: email.into(), totp: Totp::from_url(otpauth.as_str()).unwrap() }
    }

    /// Signs somebody in, with a code that was not used before.
    pub(super) async fn sign_in(&self, person: &Person) -> Staff<'_> {
        self.app.ground.clock.advance(Span::from_secs(30));
        let body = self.try_sign_in(&person.email, PASSWORD, &self.code(person)).await.expect(200);
        let text = |field: &str| body[field].as_str().unwrap().to_owned();
        Staff { server: self, token: text("token"), id: text("staff") }
    }

    pub(super) async fn ada(&self) -> Staff<'_> {
        self.sign_in(&self.ada.clone()).await
    }

    /// What the person's authenticator app shows now.
    pub(super) fn code(&self, person: &Person) -> String {
        let seconds = u64::try_from(self.app.ground.clock.now().as_millis() / 1_000).unwrap();
        person.totp.generate(seconds).to_string()
    }

    pub(super) async fn try_sign_in(&self, email: &str, password: &str, code: &str) -> Answer {
        let body = json!({ "email": email, "password": password, "code": code });
        self.post("/v1/sign-in", None, &body).await
    }

    pub(super) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(self.request("GET", path, token)).await
    }

    pub(super) async fn delete(&self, path: &str, token: Option<&str>) -> Answer {
        self.send(self.request("DELETE", path, token)).await
    }

    pub(super) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.send(self.request("POST", path, token).json(body)).await
    }

    pub(super) async fn put(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.send(self.request("PUT", path, token).json(body)).await
    }

    pub(super) fn request(&self, method: &str, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.running.address());
        let request = self.http.request(method.parse().unwrap(), url);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().as_str().to_owned(), request.url().path().to_owned());
        let answer = self.send_one_of_many(reqwest::RequestBuilder::from_parts(client, request)).await;
        conformance::check(&method, &path, &answer);
        answer
    }

    /// Sends a request of which a test has hundreds: holding an answer against the document takes longer than answering.
    pub(super) async fn send_one_of_many(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        Answer { status, headers, body }
    }
}

impl Staff<'_> {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.server.get(path, Some(&self.token)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.server.delete(path, Some(&self.token)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.server.post(path, Some(&self.token), body).await
    }

    /// Adds a client; gives their id.
    pub(super) async fn add_client(&self, name: &str) -> String {
        let body = self.post("/v1/clients", &json!({ "name": name })).await.expect(201);
        body["client"].as_str().unwrap().to_owned()
    }

    /// Makes a pairing code.
    pub(super) async fn invite(&self, client: &str) -> String {
        let body = self.post(&format!("/v1/clients/{client}/invitations"), &json!({})).await.expect(201);
        body["code"].as_str().unwrap().to_owned()
    }

    /// Says yes to a phone.
    pub(super) async fn confirm(&self, client: &str, device: &str) {
        let path = format!("/v1/clients/{client}/devices/{device}/confirmation");
        let device = DeviceId::parse(device).unwrap();
        let digits = crate::testing::digits(&self.server.app, device).await.to_string();
        self.post(&path, &json!({ "digits": digits })).await.expect(204);
    }

    /// Pairs a phone with a fresh code; gives its id and token.
    pub(super) async fn pair_phone(&self, client: &str) -> (String, String) {
        let code = self.invite(client).await;
        let body = self.server.post("/v1/pair", None, &phone(&code)).await.expect(201);
        let text = |field: &str| body[field].as_str().unwrap().to_owned();
        (text("device"), text("token"))
    }
}

/// A fresh public key, as a device sends it.
pub(super) fn public_key() -> String {
    let key = SigningKey::generate_from_rng(&mut Entropy::System);
    BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().to_sec1_point(false).as_bytes())
}

/// What a new phone sends to be paired.
pub(super) fn phone(code: &str) -> Value {
    json!({ "code": code, "name": "Mia's phone", "exchange_key": public_key(), "signing_key": public_key() })
}
