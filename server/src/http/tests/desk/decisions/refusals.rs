//! Requests that change nothing.

use super::*;

#[tokio::test]
async fn unknown_ids_and_those_of_others_are_answered_alike_and_change_nothing() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (desk, other) = (Desk::open(&app).await, Desk::open(&app).await);
        let foreign = other.release().await;
        let (release, before) = (desk.release().await, number(&app, "SELECT COUNT(*) FROM entry").await);
        let nobody = ReleaseId::from_bytes([9; 16]).to_string();
        let hold = other.post(&other.of_client("holds"), &json!({})).await.expect(201)["hold"].clone();
        let (no_clip, no_client) = (ClipId::from_bytes([9; 16]), ClientId::from_bytes([9; 16]));
        let no_entry = EntryId::from_bytes([9; 16]);
        let terms = json!({ "expires_at": "2027-01-22T08:00:00Z" });
        for (release_id, client, clip, entry) in [
            (&foreign, other.therapy.client, other.therapy.clip, hold),
            (&nobody, no_client, no_clip, json!(no_entry)),
        ] {
            let path = format!("/v1/releases/{release_id}");
            let of = |what: &str| format!("/v1/clients/{client}/{what}");
            let new = json!({ "clip": desk.therapy.clip, "terms": terms });
            let foreign_clip = json!({ "clip": clip, "terms": terms });
            let seen = json!({ "clip": desk.therapy.clip, "terms": terms, "seen": [entry] });
            let change = json!({ "set": { "daily_limit": 1 }, "over": [] });
            let over = json!({ "set": { "daily_limit": 1 }, "over": [entry] });
            for (method, path, body) in [
                ("PATCH", path.clone(), change),
                ("PATCH", format!("/v1/releases/{release}"), over),
                ("POST", format!("{path}/holds"), json!({})),
                ("POST", format!("{path}/confirmations"), json!({ "seen": [] })),
                ("POST", of("releases"), new),
                ("POST", desk.of_client("releases"), foreign_clip),
                ("POST", desk.of_client("releases"), seen),
                ("POST", of("holds"), json!({})),
                ("POST", of("lifts"), json!({ "holds": [entry] })),
                ("POST", desk.of_client("lifts"), json!({ "holds": [entry] })),
                ("POST", of("revocations"), json!({ "on": "shelf" })),
                ("POST", desk.of_client("revocations"), json!({ "on": { "release": release_id } })),
                ("POST", desk.of_client("revocations"), json!({ "on": { "clip": clip } })),
                ("GET", of("releases"), Value::Null),
                ("GET", of("documents"), Value::Null),
            ] {
                let answer = desk.send(method, &path, &desk.ada, &body, None).await;
                let told = answer.refused(404, "not_found");
                assert_eq!(told["detail"], "there is nothing here under this id", "{method} {path}");
            }
        }
        assert_eq!(number(&app, "SELECT COUNT(*) FROM entry").await, before + 1);
        assert_eq!(other.truth(&foreign).await["standing"], "held");
    })
    .await;
}

#[tokio::test]
async fn only_therapists_decide_and_only_over_terms_that_could_play() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let tighter = json!({ "set": { "daily_limit": 1 }, "over": [] });
        for role in [Role::Supervisor, Role::PracticeAdmin] {
            let staff = employ(&app, desk.therapy.practice, role).await;
            let token = token(&app, TokenKind::Session, Owner::Staff(staff.staff)).await;
            let path = desk.of_client("releases");
            desk.send("POST", &path, &token, &desk.new_release(&[]), None).await.refused(403, "not_allowed");
            let body = json!({ "on": "shelf" });
            let path = desk.of_client("revocations");
            desk.send("POST", &path, &token, &body, None).await.refused(403, "not_allowed");
            // A release that there is and one that there is not are answered alike.
            for release in [release.clone(), ReleaseId::from_bytes([9; 16]).to_string()] {
                let path = format!("/v1/releases/{release}");
                desk.send("PATCH", &path, &token, &tighter, None).await.refused(403, "not_allowed");
            }
        }
        assert_eq!(desk.entries().await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_value_out_of_bounds_is_refused_by_the_name_of_its_field_and_nothing_is_decided() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let release = desk.release().await;
        let entries = desk.entries().await;
        let (soon, far) = ("2027-01-22T08:00:00Z", "2036-01-01T08:00:00Z");
        for (field, terms) in [
            ("expires_at", json!({ "expires_at": "2026-01-15T08:00:00Z" })),
            ("expires_at", json!({ "expires_at": far })),
            ("not_before", json!({ "expires_at": soon, "not_before": soon })),
            ("offline_hours", json!({ "expires_at": soon, "offline_hours": 0 })),
            ("offline_hours", json!({ "expires_at": soon, "offline_hours": 745 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": 0 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": 99 })),
            ("daily_limit", json!({ "expires_at": soon, "daily_limit": -3 })),
            ("planned_daily", json!({ "expires_at": soon, "planned_daily": 1.5 })),
            ("quiet_hours", json!({ "expires_at": soon, "quiet_hours": [{ "from": "9", "to": "10:00" }] })),
        ] {
            let body = json!({ "clip": desk.therapy.clip, "terms": terms });
            let refused = desk.post(&desk.of_client("releases"), &body).await.refused(422, "out_of_bounds");
            assert_eq!(refused["field"], field, "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains(&format!("{field}: ")), "{refused}");
        }
        let late = json!([{ "at_ms": 3_600_000, "words": "Nobody hears it." }]);
        let words = json!({ "note": null, "marks": late, "parting_note": "Bye." });
        let body = json!({ "clip": desk.therapy.clip, "terms": { "expires_at": soon }, "words": words });
        let refused = desk.post(&desk.of_client("releases"), &body).await.refused(422, "out_of_bounds");
        assert_eq!(refused["field"], "marks");
        let path = format!("/v1/releases/{release}");
        for (field, set) in [
            ("expires_at", json!({ "expires_at": far })),
            ("daily_limit", json!({ "daily_limit": 0 })),
            ("daily_limit", json!({ "daily_limit": 1.5 })),
            ("set", json!({})),
        ] {
            let body = json!({ "set": set, "over": [] });
            let refused = desk.patch(&path, &body).await.refused(422, "out_of_bounds");
            assert_eq!(refused["field"], field);
        }
        for until in [far, "2020-01-01T08:00:00Z"] {
            for path in [format!("{path}/holds"), desk.of_client("holds")] {
                let refused =
                    desk.post(&path, &json!({ "until": until })).await.refused(422, "out_of_bounds");
                assert_eq!(refused["field"], "until");
            }
        }
        assert_eq!(desk.entries().await, entries);
        // An end that has come already takes something away, and is taken.
        let over = json!({ "set": { "expires_at": "2020-01-01T08:00:00Z" }, "over": [] });
        desk.patch(&path, &over).await.expect(204);
    })
    .await;
}
