//! The greatest request that the rules allow is taken on each route with a list, and one more is refused by name.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use sync_core::{
    device::{MAX_HANDED_BACK, MAX_NAMED, MAX_RECEIPTS, MAX_RESTRICTIONS},
    id::{EntryId, ReleaseId},
    lease::{ReceiptKind, Signed},
    orders::{Act, Author, Entry, MAX_IDS, RevokeOn},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::Server;
use crate::{
    domain::people::forms::{PARAGRAPH_MAX, PARAGRAPHS_MAX},
    http::body_limit::{BODY_LIMIT, FORM, QUESTION, RECEIPTS, RESTRICTIONS},
    store::tokens::{Owner, TokenKind},
    testing::{
        for_sqlite,
        therapy::{Phone, Therapy, token},
    },
};

const PATIENCE: Duration = Duration::from_secs(20);
const QUESTIONS: &str = "/v1/device/leases";
const DELIVERIES: &str = "/v1/device/receipts";

/// A phone of a therapy on this server, and its token.
async fn phone(server: &Server) -> (Therapy, Phone, String) {
    let therapy = Therapy::consented(&server.app).await;
    let phone = therapy.phone().await;
    let token = token(&server.app, TokenKind::Device, Owner::Device(phone.caller.device)).await;
    (therapy, phone, token)
}

fn release(n: usize) -> ReleaseId {
    let mut bytes = [0xff; 16];
    bytes[..2].copy_from_slice(&u16::try_from(n).unwrap().to_be_bytes());
    ReleaseId::from_bytes(bytes)
}

fn question(named: usize, denials: usize) -> Value {
    // As long as a denial may be; what it says is nobody's, and is passed over.
    let denial = Signed { body: vec![0xff; 1_024], signature: [0xff; 64] };
    let denial = BASE64.encode(denial.encode());
    let held = |n| json!({ "release": release(n), "generation": u64::MAX });
    json!({
        "nonce": BASE64.encode([7; 32]),
        "holding": (0..named).map(held).collect::<Vec<_>>(),
        "removed": (0..named).map(release).collect::<Vec<_>>(),
        "denials": vec![denial; denials],
    })
}

fn longer_than(limit: usize) -> Value {
    json!({ "nonce": "x".repeat(limit) })
}

#[tokio::test]
async fn the_greatest_question_is_answered_and_a_greater_one_is_refused_by_name() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let (_, _, token) = phone(&server).await;
        let token = Some(token.as_str());
        let greatest = question(MAX_NAMED, MAX_HANDED_BACK);
        assert!(greatest.to_string().len() > 6 * BODY_LIMIT);
        server.post(QUESTIONS, token, &greatest).await.expect(200);
        for beyond in [question(MAX_NAMED + 1, 0), question(0, MAX_HANDED_BACK + 1)] {
            server.post(QUESTIONS, token, &beyond).await.refused(422, "out_of_bounds");
        }
        server.post(QUESTIONS, token, &longer_than(QUESTION)).await.refused(413, "too_large");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn as_many_receipts_as_a_delivery_may_have_are_taken_and_one_more_is_refused_by_name() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let (_, phone, token) = phone(&server).await;
        let token = Some(token.as_str());
        let delivery = |count: usize| {
            let signed = (1..=count).map(|n| {
                let n = u64::try_from(n).unwrap();
                phone.receipt(n, ReceiptKind::Lapsed, release(0), n)
            });
            json!({ "receipts": signed.map(|signed| BASE64.encode(signed.encode())).collect::<Vec<_>>() })
        };
        server.post(DELIVERIES, token, &delivery(MAX_RECEIPTS + 1)).await.refused(422, "out_of_bounds");
        let greatest = delivery(MAX_RECEIPTS);
        assert!(greatest.to_string().len() > BODY_LIMIT);
        let taken = server.post(DELIVERIES, token, &greatest).await.expect(200);
        assert_eq!(taken["taken_upto"], MAX_RECEIPTS);
        server.post(DELIVERIES, token, &longer_than(RECEIPTS)).await.refused(413, "too_large");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn i5_as_many_restrictions_as_a_request_may_bring_are_taken_also_under_a_key() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let therapy = Therapy::consented(&server.app).await;
        let laptop = therapy.laptop().await;
        let token = token(&server.app, TokenKind::Device, Owner::Device(laptop.device)).await;
        let path = "/v1/device/restrictions";
        let request = |count: usize| {
            let entry = |n: usize| {
                let act = Act::Revoke { on: RevokeOn::Shelf, hits: (0..MAX_IDS).map(release).collect() };
                let entry = Entry { by: Author::Device(laptop.device), at: therapy.now(), act };
                let id = EntryId::from_bytes([u8::try_from(n).unwrap(); 16]);
                json!({ "id": id, "bytes": BASE64.encode(entry.encode()) })
            };
            json!({ "client": therapy.client, "entries": (0..count).map(entry).collect::<Vec<_>>() })
        };
        let beyond = request(MAX_RESTRICTIONS + 1);
        server.post(path, Some(&token), &beyond).await.refused(422, "out_of_bounds");
        let greatest = request(MAX_RESTRICTIONS);
        assert!(greatest.to_string().len() > BODY_LIMIT);
        for _ in 0..2 {
            let request = server.request("POST", path, Some(&token)).header("idempotency-key", "once");
            server.send(request.json(&greatest)).await.expect(204);
        }
        server.post(path, Some(&token), &longer_than(RESTRICTIONS)).await.refused(413, "too_large");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_longest_consent_form_is_taken_in_any_script() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let form = |count| json!({ "paragraphs": vec!["\u{20bb7}".repeat(PARAGRAPH_MAX); count] });
        ada.post("/v1/forms", &form(PARAGRAPHS_MAX)).await.expect(201);
        ada.post("/v1/forms", &form(PARAGRAPHS_MAX + 1)).await.refused(422, "out_of_bounds");
        ada.post("/v1/forms", &longer_than(FORM)).await.refused(413, "too_large");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_is_refused_before_a_large_body_is_read_and_may_send_no_large_one_anywhere() {
    for_sqlite(async |database| {
        let server = Server::start(&database).await;
        for path in [QUESTIONS, DELIVERIES, "/v1/device/restrictions", "/v1/forms"] {
            for more in ["", "authorization: Bearer made-up\r\n", "idempotency-key: once\r\n"] {
                let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
                let head = format!(
                    "POST {path} HTTP/1.1\r\nhost: localhost\r\n{more}content-type: application/json\r\n\
                     content-length: 300000\r\n\r\n{{"
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                // Nothing more is sent: who waits for the rest does not answer.
                let mut answer = [0; 12];
                timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
                assert_eq!(&answer, b"HTTP/1.1 401", "{path} {more}");
            }
        }
        for path in ["/v1/sign-in", "/v1/pair", "/v1/set-up"] {
            let refused = server.post(path, None, &longer_than(BODY_LIMIT)).await;
            assert_eq!(refused.status, 413, "{path}: {}", refused.body);
        }
        server.stop().await;
    })
    .await;
}
