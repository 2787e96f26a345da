//! Late restrictions: releases rest, and a therapist decides.

use super::*;
use crate::domain::decisions::late_restrictions::TAKEN_FOR;

impl Desk {
    async fn late(&self) -> Vec<Value> {
        let duties = self.send("GET", "/v1/duties", &self.ada, &Value::Null, None).await.expect(200);
        let duties = duties["duties"].as_array().unwrap().clone();
        duties.into_iter().filter(|duty| duty["kind"] == "decide_restriction").collect()
    }

    async fn decide_as(&self, token: &str, entry: EntryId, accept: bool) -> Answer {
        let path = self.of_client(&format!("late-restrictions/{entry}/decision"));
        self.send("POST", &path, token, &json!({ "accept": accept }), None).await
    }

    async fn decide(&self, entry: EntryId, accept: bool) -> Answer {
        self.decide_as(&self.ada, entry, accept).await
    }

    async fn standing(&self, release: ReleaseId) -> Value {
        self.truth(&release.to_string()).await["standing"].clone()
    }
}

fn end_of(release: ReleaseId) -> Act {
    Act::Revoke { on: RevokeOn::Release(release), hits: vec![release] }
}

#[tokio::test]
async fn what_ends_after_the_part_of_its_console_rests_until_a_therapist_says_yes_or_no() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let client = desk.therapy.client;
        let (laptop, token) = desk.laptop().await;
        let [kept, ended]: [ReleaseId; 2] =
            [desk.release().await, desk.release().await].map(|text| ReleaseId::parse(&text).unwrap());
        // Before the end it ends at once, and nobody is asked.
        let gone = ReleaseId::parse(&desk.release().await).unwrap();
        desk.restrict(&token, client, &[entry(&desk, laptop, end_of(gone))]).await.expect(204);
        assert_eq!(desk.standing(gone).await, "revoked");
        assert!(desk.late().await.is_empty());

        desk.end_part(1, laptop).await;
        let (no, yes) = (entry(&desk, laptop, end_of(kept)), entry(&desk, laptop, end_of(ended)));
        for _ in 0..2 {
            desk.restrict(&token, client, &[no.clone(), yes.clone()]).await.expect(204);
        }
        assert_eq!((desk.standing(kept).await, desk.standing(ended).await), (json!("held"), json!("held")));
        let late = desk.late().await;
        assert_eq!(late.len(), 2, "{late:?}");
        let first = late.iter().find(|duty| duty["entry"] == json!(no.0)).unwrap();
        assert_eq!(first["does"], "end_release");
        assert_eq!(first["release"], json!(kept));
        assert_eq!(first["device"], json!(laptop.device));
        assert!(first["title"].is_string());

        desk.decide(no.0, false).await.expect(204);
        assert_eq!(desk.standing(kept).await, "live");
        // What was declined does not rest anew, however often it comes.
        desk.restrict(&token, client, std::slice::from_ref(&no)).await.expect(204);
        assert_eq!(desk.standing(kept).await, "live");
        desk.decide(no.0, false).await.expect(204);
        desk.decide(no.0, true).await.refused(409, "conflict");
        assert_eq!(desk.standing(kept).await, "live");

        desk.decide(yes.0, true).await.expect(204);
        assert_eq!(desk.standing(ended).await, "revoked");
        desk.decide(yes.0, false).await.refused(409, "conflict");
        assert!(desk.late().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_late_amendment_rests_and_tightens_with_a_yes() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (laptop, token) = desk.laptop().await;
        let release = ReleaseId::parse(&desk.release().await).unwrap();
        desk.end_part(1, laptop).await;
        // An end that has come already ends for good, as a revocation does.
        let set = TermsChange { expires_at: Some(desk.therapy.now()), ..TermsChange::default() };
        let amended = entry(&desk, laptop, Act::Amend { release, set, over: Vec::new() });
        desk.restrict(&token, desk.therapy.client, std::slice::from_ref(&amended)).await.expect(204);
        assert_eq!(desk.standing(release).await, "held");
        assert_eq!(desk.late().await[0]["does"], "tighten");
        desk.decide(amended.0, true).await.expect(204);
        assert_eq!(desk.standing(release).await, "expired");
    })
    .await;
}

#[tokio::test]
async fn a_late_revocation_of_a_clip_rests_here_and_ends_everywhere_with_a_yes() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (laptop, token) = desk.laptop().await;
        let releases: Vec<ReleaseId> = [desk.release().await, desk.release().await]
            .iter()
            .map(|text| ReleaseId::parse(text).unwrap())
            .collect();
        desk.end_part(1, laptop).await;
        let on = RevokeOn::Clip(desk.therapy.clip);
        let revoked = entry(&desk, laptop, Act::Revoke { on, hits: releases.clone() });
        let wide = "SELECT COUNT(*) FROM taken_back";
        desk.restrict(&token, desk.therapy.client, std::slice::from_ref(&revoked)).await.expect(204);
        for release in &releases {
            assert_eq!(desk.standing(*release).await, "held");
        }
        assert_eq!((number(&app, wide).await, desk.late().await[0]["does"].clone()), (0, json!("end_clip")));
        // What is shared since does not begin to rest because the laptop says the same again.
        let since = ReleaseId::parse(&desk.release().await).unwrap();
        desk.restrict(&token, desk.therapy.client, std::slice::from_ref(&revoked)).await.expect(204);
        assert_eq!((desk.standing(since).await, desk.late().await.len()), (json!("live"), 1));
        desk.decide(revoked.0, true).await.expect(204);
        for release in &releases {
            assert_eq!(desk.standing(*release).await, "revoked");
        }
        assert_eq!(number(&app, wide).await, 1);
        // The shelf is as free as it was: a new release plays.
        let seen =
            desk.post(&desk.of_client("releases"), &desk.new_release(&[])).await.refused(409, "unseen");
        let again = desk.new_release(seen["entries"].as_array().unwrap());
        let made = desk.post(&desk.of_client("releases"), &again).await.expect(201);
        assert_eq!(desk.truth(made["release"].as_str().unwrap()).await["standing"], "live");
    })
    .await;
}

#[tokio::test]
async fn what_ends_everything_lets_the_shelf_rest() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (laptop, token) = desk.laptop().await;
        let release = ReleaseId::parse(&desk.release().await).unwrap();
        desk.end_part(1, laptop).await;
        let revoked = entry(&desk, laptop, Act::Revoke { on: RevokeOn::Shelf, hits: vec![release] });
        desk.restrict(&token, desk.therapy.client, std::slice::from_ref(&revoked)).await.expect(204);
        assert_eq!(
            (desk.standing(release).await, desk.late().await[0]["does"].clone()),
            (json!("held"), json!("end_shelf"))
        );
        desk.decide(revoked.0, false).await.expect(204);
        assert_eq!(desk.standing(release).await, "live");
    })
    .await;
}

#[tokio::test]
async fn restrictions_are_taken_for_thirty_days_after_each_end_and_then_no_more() {
    for ending in 0..3 {
        for_each_database(|database| async move {
            let app = database.app().await;
            let desk = Desk::open(&app).await;
            let client = desk.therapy.client;
            let (laptop, token) = desk.laptop().await;
            let release = ReleaseId::parse(&desk.release().await).unwrap();
            desk.end_part(ending, laptop).await;
            let hold = |_| Act::Hold { on: HoldOn::Release(release), until: None, hits: Vec::new() };
            let holds = [0, 1].map(hold).map(|act| entry(&desk, laptop, act));
            desk.therapy.pass(Span::from_millis(TAKEN_FOR.as_millis() - 1));
            desk.restrict(&token, client, &holds[..1]).await.expect(204);
            desk.therapy.pass(Span::from_millis(1));
            let before = desk.entries().await;
            let revoked = entry(&desk, laptop, end_of(release));
            for late in [holds[0].clone(), holds[1].clone(), revoked] {
                desk.restrict(&token, client, &[late]).await.refused(403, "ended_too_long");
            }
            let waiting = number(&app, "SELECT COUNT(*) FROM late_restriction").await;
            assert_eq!((desk.entries().await, waiting), (before, 0));
        })
        .await;
    }
}

#[tokio::test]
async fn a_console_has_so_many_that_wait_and_no_more() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let desk = Desk::open(&app).await;
        let (laptop, token) = desk.laptop().await;
        let release = ReleaseId::parse(&desk.release().await).unwrap();
        desk.end_part(1, laptop).await;
        let mut last = Vec::new();
        for _ in 0..4 {
            last = (0..64).map(|_| entry(&desk, laptop, end_of(release))).collect();
            desk.restrict(&token, desk.therapy.client, &last).await.expect(204);
        }
        let one_more = [entry(&desk, laptop, end_of(release))];
        desk.restrict(&token, desk.therapy.client, &one_more).await.refused(422, "out_of_bounds");
        desk.decide(last[0].0, false).await.expect(204);
        desk.restrict(&token, desk.therapy.client, &one_more).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_therapist_of_the_client_decides_and_nobody_else() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (desk, other) = (Desk::open(&app).await, Desk::open(&app).await);
        let (laptop, token_of_laptop) = desk.laptop().await;
        let release = ReleaseId::parse(&desk.release().await).unwrap();
        desk.end_part(1, laptop).await;
        let revoked = entry(&desk, laptop, end_of(release));
        desk.restrict(&token_of_laptop, desk.therapy.client, std::slice::from_ref(&revoked))
            .await
            .expect(204);
        let supervisor = employ(&app, desk.therapy.practice, Role::Supervisor).await;
        let supervisor = token(&app, TokenKind::Session, Owner::Staff(supervisor.staff)).await;
        for accept in [true, false] {
            desk.decide_as(&other.ada, revoked.0, accept).await.refused(404, "not_found");
            desk.decide_as(&supervisor, revoked.0, accept).await.refused(403, "not_allowed");
            desk.decide_as(&token_of_laptop, revoked.0, accept).await.refused(403, "not_allowed");
            desk.decide(EntryId::from_bytes([3; 16]), accept).await.refused(404, "not_found");
        }
        assert!(other.late().await.is_empty());
        assert_eq!(desk.standing(release).await, "held");
    })
    .await;
}
