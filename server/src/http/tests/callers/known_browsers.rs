//! A stranger who knows an e-mail address slows strangers down, and its owner not.

use serde_json::json;
use sync_core::instant::Span;

use crate::{
    app::App,
    domain::{
        callers::sign_in::askers::STRANGERS_REFILL,
        records::{audit, failed_tries},
    },
    http::tests::{Answer, PASSWORD, Server},
    nouns::settings::{Proxies, Settings},
    testing::{TestDatabase, execute, for_each_database, for_sqlite, number},
};

const WRONG: &str = "wrong horse battery";
const ENTRIES: &str = "SELECT COUNT(*) FROM audit_entry";

/// Behind a proxy on this computer, which tells the address of each caller.
async fn behind_a_proxy(database: &TestDatabase) -> Server {
    Server::start_with(database, |settings| Settings {
        proxies: Proxies::parse(&["127.0.0.1"]).unwrap(),
        is_secure: true,
        ..settings
    })
    .await
}

/// Who tries, from which network and with which cookie.
struct Caller<'c> {
    network: String,
    cookie: Option<&'c str>,
}

fn from(network: u32) -> Caller<'static> {
    Caller { network: format!("198.51.{}.{}", network / 256, network % 256), cookie: None }
}

impl Caller<'_> {
    async fn tries(&self, server: &Server, email: &str, password: &str, code: &str) -> Answer {
        let mut request =
            server.request("POST", "/v1/sign-in", None).header("x-forwarded-for", &self.network);
        if let Some(cookie) = self.cookie {
            request = request.header("cookie", format!("other=1; {cookie}; last=2"));
        }
        server
            .send_one_of_many(request.json(&json!({ "email": email, "password": password, "code": code })))
            .await
    }

    async fn signs_in(&self, server: &Server) -> Answer {
        server.app.ground.clock.advance(Span::from_secs(30));
        self.tries(server, &server.ada.email, PASSWORD, &server.code(&server.ada)).await
    }

    async fn fails(&self, server: &Server) -> Answer {
        self.tries(server, &server.ada.email, WRONG, "000000").await
    }
}

fn cookie(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// Tries until the network waits; gives how many tries were looked at.
async fn until_it_waits(server: &Server, caller: &Caller<'_>) -> usize {
    for n in 0.. {
        let answer = caller.fails(server).await;
        if answer.status == 429 {
            return n;
        }
        answer.refused(401, "sign_in_failed");
    }
    unreachable!()
}

#[tokio::test]
async fn a_stranger_fails_a_thousand_times_and_the_therapist_signs_in_at_once() {
    for_each_database(async |database| {
        let server = behind_a_proxy(&database).await;
        let known = cookie(&from(0).signs_in(&server).await);
        for network in 0..200 {
            assert_eq!(until_it_waits(&server, &from(network)).await, 5, "{network}");
        }
        // Beyond what all strangers together have, no unknown browser is looked at, whatever it sends.
        from(60_000).signs_in(&server).await.refused(401, "sign_in_failed");
        // In the network of a stranger, too, whose attempts are used up.
        let therapist = Caller { cookie: Some(&known), ..from(7) };
        therapist.signs_in(&server).await.expect(200);
        from(60_001).signs_in(&server).await.refused(401, "sign_in_failed");
        server.app.ground.clock.advance(STRANGERS_REFILL);
        from(60_002).signs_in(&server).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_of_a_few_networks_keeps_no_unknown_browser_out_for_a_day() {
    for_sqlite(async |database| {
        let server = behind_a_proxy(&database).await;
        for _ in 0..96 {
            server.app.ground.clock.advance(Span::from_mins(15));
            for network in 0..4 {
                until_it_waits(&server, &from(network)).await;
            }
        }
        from(9).signs_in(&server).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_of_nobody_waits_like_one_of_the_staff() {
    for_each_database(async |database| {
        let server = behind_a_proxy(&database).await;
        let caller = from(1);
        let mut answers = Vec::new();
        for email in [&server.ada.email, "nobody@practice.example"] {
            let mut told = Vec::new();
            for _ in 0..7 {
                let answer = caller.tries(&server, email, WRONG, "000000").await;
                let wait = answer.headers.get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
                told.push((answer.status, wait, answer.body));
            }
            answers.push(told);
        }
        assert_eq!(answers[0], answers[1]);
        // Each looked-at try of either has written, so that the time of an answer tells nothing.
        assert_eq!(number(&server.app, "SELECT failed_count FROM unknown_address").await, 5);
        assert_eq!(number(&server.app, "SELECT failed_count FROM staff").await, 5);
        assert_eq!(
            answers[0].iter().map(|(status, ..)| *status).collect::<Vec<_>>(),
            [401, 401, 401, 401, 401, 429, 429]
        );
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_known_browser_has_tries_of_its_own_and_a_hundred_failures_end_it() {
    for_each_database(async |database| {
        let server = behind_a_proxy(&database).await;
        let first = from(1).signs_in(&server).await;
        let set = first.headers["set-cookie"].to_str().unwrap().to_owned();
        let known = cookie(&first);
        assert!(known.starts_with("__Host-refrain-known="), "{set}");
        assert!(set.ends_with("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict; Secure"), "{set}");
        let thief = Caller { cookie: Some(&known), ..from(1) };
        assert_eq!(until_it_waits(&server, &thief).await, 5);
        let refused = thief.signs_in(&server).await;
        // The half minute until the next code was longer than the second that the browser waits.
        assert_eq!(refused.status, 200, "{}", refused.body);
        thief.fails(&server).await.refused(401, "sign_in_failed");
        execute(&server.app, "UPDATE known_browser SET failed_count = 99").await;
        thief.fails(&server).await.refused(429, "too_many_requests");
        server.app.ground.clock.advance(Span::from_mins(15));
        thief.fails(&server).await.refused(401, "sign_in_failed");
        // As a stranger's from now on.
        assert_eq!(until_it_waits(&server, &thief).await, 5);
        let again = cookie(&from(2).signs_in(&server).await);
        let elsewhere = Caller { cookie: Some(&again), ..from(2) };
        elsewhere.signs_in(&server).await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_mark_of_another_person_or_of_nobody_is_a_strangers() {
    for_sqlite(async |database| {
        let server = behind_a_proxy(&database).await;
        let known = cookie(&from(0).signs_in(&server).await);
        let ben = server.employ("ben@practice.example", sync_core::policy::Role::Therapist).await;
        let caller = Caller { cookie: Some(&known), ..from(1) };
        for _ in 0..5 {
            caller.tries(&server, &ben.email, WRONG, "000000").await.refused(401, "sign_in_failed");
        }
        caller.tries(&server, &ben.email, WRONG, "000000").await.refused(429, "too_many_requests");
        let forged = Caller { cookie: Some("__Host-refrain-known=AAAA.BBBB"), ..from(2) };
        assert_eq!(until_it_waits(&server, &forged).await, 5);
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM known_browser").await, 0);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn six_hundred_tries_of_strangers_are_few_entries_of_the_audit_with_their_number() {
    for_each_database(async |database| {
        let server = behind_a_proxy(&database).await;
        let before = number(&server.app, ENTRIES).await;
        for network in 0..150 {
            for _ in 0..2 {
                from(network).fails(&server).await.refused(401, "sign_in_failed");
                let unknown = from(network).tries(&server, "nobody@practice.example", WRONG, "000000").await;
                unknown.refused(401, "sign_in_failed");
            }
            let code = json!({ "code": "0000-0000-0000", "name": "x", "exchange_key": super::super::public_key(),
                "signing_key": super::super::public_key() });
            let request = server.request("POST", "/v1/pair", None).header("x-forwarded-for", from(network).network);
            server.send_one_of_many(request.json(&code)).await.refused(404, "code_not_valid");
        }
        assert_eq!(failed_tries::run_once(&server.app.ground, false).await.unwrap(), 0, "the minute is not over");
        server.app.ground.clock.advance(Span::from_mins(1));
        assert_eq!(failed_tries::run_once(&server.app.ground, false).await.unwrap(), 2);
        assert_eq!(failed_tries::run_once(&server.app.ground, false).await.unwrap(), 0);
        assert_eq!(number(&server.app, ENTRIES).await, before + 2);
        assert_eq!(counts(&server.app, "fail_sign_in").await, [600]);
        assert_eq!(counts(&server.app, "fail_pairing").await, [150]);
        // What the running minute has is written when the server stops.
        from(1).fails(&server).await.refused(401, "sign_in_failed");
        failed_tries::run_once(&server.app.ground, true).await.unwrap();
        assert_eq!(counts(&server.app, "fail_sign_in").await, [600, 1]);
        let mut tx = server.app.ground.db.read().await.unwrap();
        let practice = crate::store::practices::find_first(&mut tx).await.unwrap().unwrap();
        let key = server.app.ground.keys.audit_key();
        let verified = audit::verify(&mut tx, &key, practice, &[]).await.unwrap();
        assert_eq!(verified.chain.entries, before + 3);
        drop(tx);
        server.stop().await;
    })
    .await;
}

async fn counts(app: &App, action: &str) -> Vec<u64> {
    let bodies = crate::testing::audited(app, action).await;
    bodies.iter().map(|body| body["count"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_caller_who_is_no_proxy_of_ours_names_no_other_address() {
    for_sqlite(async |database| {
        let server = Server::start_with(&database, |settings| Settings {
            proxies: Proxies::parse(&["10.0.0.0/8"]).unwrap(),
            ..settings
        })
        .await;
        for network in 0..20 {
            let email = format!("nobody{network}@practice.example");
            from(network).tries(&server, &email, WRONG, "000000").await.refused(401, "sign_in_failed");
        }
        from(20).fails(&server).await.refused(429, "too_many_requests");
        server.stop().await;
    })
    .await;
}
