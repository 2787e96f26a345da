use sync_core::instant::Span;

use crate::{
    domain::{callers::sign_in::SESSION_FOR, records::failed_tries},
    http::tests::{PASSWORD, Server},
    testing::{audited, execute, for_each_database, number},
};

#[tokio::test]
async fn a_therapist_signs_in_reads_the_practice_and_signs_out() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        let practice = ada.get("/v1/practice").await.expect(200);
        assert_eq!(practice["name"], "Practice at the Lake");
        assert_eq!(practice["contact"]["crisis"], "143");
        assert_eq!(practice["authority"]["public_key"].as_str().unwrap().len(), 87);
        ada.post("/v1/sign-out", &serde_json::json!({})).await.expect(204);
        ada.get("/v1/practice").await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_failure_answers_alike() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let code = server.code(&server.ada);
        let wrong_code = if code == "000000" { "000001" } else { "000000" };
        let wrong = [
            server.try_sign_in("nobody@practice.example", PASSWORD, &code).await,
            server.try_sign_in(&server.ada.email, "wrong horse battery", &code).await,
            server.try_sign_in(&server.ada.email, PASSWORD, wrong_code).await,
            server.try_sign_in(&server.ada.email, PASSWORD, "").await,
            server.try_sign_in("", "", "").await,
        ];
        let bodies = wrong.map(|answer| answer.refused(401, "sign_in_failed"));
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_is_taken_once_and_no_older_one_after_it() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let older = server.code(&server.ada);
        server.app.ground.clock.advance(Span::from_secs(30));
        let code = server.code(&server.ada);
        server.try_sign_in(&server.ada.email, PASSWORD, &code).await.expect(200);
        server.try_sign_in(&server.ada.email, PASSWORD, &code).await.refused(401, "sign_in_failed");
        server.try_sign_in(&server.ada.email, PASSWORD, &older).await.refused(401, "sign_in_failed");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_sign_ins_with_one_code_at_once_one_succeeds() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let code = server.code(&server.ada);
        let attempt = || server.try_sign_in(&server.ada.email, PASSWORD, &code);
        let (one, two) = tokio::join!(attempt(), attempt());
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn after_five_failures_a_network_waits_and_longer_after_each() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let failed = || server.try_sign_in(&server.ada.email, "wrong horse battery", "000000");
        for _ in 0..5 {
            failed().await.refused(401, "sign_in_failed");
        }
        let right = async || server.try_sign_in(&server.ada.email, PASSWORD, &server.code(&server.ada)).await;
        for secs in [1, 2, 4] {
            let waits = right().await;
            assert_eq!(waits.headers["retry-after"], secs.to_string());
            waits.refused(429, "too_many_requests");
            server.app.ground.clock.advance(Span::from_secs(secs).saturating_sub(Span::from_millis(1)));
            right().await.refused(429, "too_many_requests");
            server.app.ground.clock.advance(Span::from_millis(1));
            failed().await.refused(401, "sign_in_failed");
        }
        server.app.ground.clock.advance(Span::from_secs(8));
        right().await.expect(200);
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn four_failures_are_forgotten_by_a_success() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        for _ in 0..2 {
            for _ in 0..4 {
                let failed = server.try_sign_in(&server.ada.email, "wrong horse battery", "000000").await;
                failed.refused(401, "sign_in_failed");
            }
            server.ada().await;
        }
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let ada = server.ada().await;
        server.app.ground.clock.advance(SESSION_FOR.saturating_sub(Span::from_millis(1)));
        ada.get("/v1/practice").await.expect(200);
        server.app.ground.clock.advance(Span::from_millis(1));
        ada.get("/v1/practice").await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        for token in [None, Some(""), Some("x"), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
            let refused = server.get("/v1/practice", token).await;
            assert_eq!(refused.headers["www-authenticate"], "Bearer");
            refused.refused(401, "unauthenticated");
        }
        let basic = server.request("GET", "/v1/practice", None).basic_auth("ada", Some("x"));
        server.send(basic).await.refused(401, "unauthenticated");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_address_may_guess_so_often_and_more_after_a_while() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let try_nobody =
            async |n: usize| server.try_sign_in(&format!("nobody{n}@practice.example"), "x", "000000").await;
        for n in 0..20 {
            try_nobody(n).await.refused(401, "sign_in_failed");
        }
        let refused = try_nobody(20).await;
        assert_eq!(refused.headers["retry-after"], "6");
        refused.refused(429, "too_many_requests");
        server.app.ground.clock.advance(Span::from_secs(6));
        try_nobody(20).await.refused(401, "sign_in_failed");
        try_nobody(21).await.refused(429, "too_many_requests");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn sign_ins_good_and_bad_are_in_the_audit() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        let before = number(&server.app, "SELECT COUNT(*) FROM audit_entry").await;
        server.ada().await;
        server.try_sign_in(&server.ada.email, "x", "000000").await.refused(401, "sign_in_failed");
        server.try_sign_in("nobody@practice.example", "x", "000000").await.refused(401, "sign_in_failed");
        failed_tries::run_once(&server.app.ground, true).await.unwrap();
        assert_eq!(number(&server.app, "SELECT COUNT(*) FROM audit_entry").await, before + 2);
        let failed = audited(&server.app, "fail_sign_in").await;
        assert_eq!((failed.len(), &failed[0]["count"]), (1, &2.into()));
        assert_eq!(failed[0]["subjects"].as_array().map(Vec::len), Some(1), "whose address was tried");
        server.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whose_part_has_ended_is_told_so_with_password_and_code_and_nobody_else_is() {
    for_each_database(async |database| {
        let server = Server::start(&database).await;
        execute(&server.app, "UPDATE staff SET ended_at = 1").await;
        let code = server.code(&server.ada);
        server
            .try_sign_in(&server.ada.email, "wrong horse battery", &code)
            .await
            .refused(401, "sign_in_failed");
        server.try_sign_in(&server.ada.email, PASSWORD, "000000").await.refused(401, "sign_in_failed");
        server.try_sign_in(&server.ada.email, PASSWORD, &code).await.refused(403, "account_ended");
        // Once: a code that was seen over a shoulder asks nothing.
        server.try_sign_in(&server.ada.email, PASSWORD, &code).await.refused(401, "sign_in_failed");
        server.stop().await;
    })
    .await;
}
