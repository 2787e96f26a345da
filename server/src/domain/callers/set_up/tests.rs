//! Setting up a practice: the right caller, the number of tries, and the end of the code.

use sync_core::instant::Span;
use totp_rs::Totp;

use super::*;
use crate::{
    app::App,
    domain::{
        callers::sign_in::{self, Attempt, Proof},
        people::{practice::Contact, staff::NewStaff},
    },
    testing::{for_each_database, for_sqlite, number},
};

const PASSWORD: &str = "correct horse battery";
const PRACTICES: &str = "SELECT COUNT(*) FROM practice";

fn new(crisis: &str) -> NewPractice {
    NewPractice {
        name: "Practice by the Invented River".into(),
        contact: Contact { practice: "030 000001".into(), crisis: crisis.into() },
        therapist: NewStaff {
            email: "ada@practice.example".into(),
            name: "Ada Testperson".into(),
            password: Zeroizing::new(PASSWORD.into()),
        },
    }
}

fn shows(app: &App, otpauth: &str) -> String {
    let seconds = u64::try_from(app.ground.clock.now().as_millis() / 1_000).unwrap();
    Totp::from_url(otpauth).unwrap().generate(seconds).to_string()
}

#[tokio::test]
async fn whoever_holds_the_code_sets_up_once_and_signs_in() {
    for_each_database(|database| async move {
        let app = database.app().await;
        assert!(!app.set_up.waits());
        let none = prepare(&app.ground, &app.passwords, &app.set_up, "0000-0000-0000", new("143")).await;
        assert!(matches!(none, Err(Refusal::CodeNotValid)), "there is no code before one is printed");
        let code = app.set_up.open(app.ground.entropy.bytes());
        assert!(app.set_up.waits());
        let otpauth = prepare(&app.ground, &app.passwords, &app.set_up, &code.to_lowercase(), new("143"))
            .await
            .unwrap();
        assert_eq!(number(&app, PRACTICES).await, 0, "nothing is stored before the proof");
        assert!(matches!(
            finish(&app.ground, &app.set_up, &code, "000000").await,
            Err(Refusal::ProofNotRight)
        ));
        finish(&app.ground, &app.set_up, &code, &shows(&app, &otpauth)).await.unwrap();
        assert_eq!(number(&app, PRACTICES).await, 1);
        assert!(!app.set_up.waits());
        let again = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await;
        assert!(matches!(again, Err(Refusal::CodeNotValid)), "it was used");
        app.ground.clock.advance(Span::from_secs(60));
        let proof = Proof::PasswordAndCode {
            password: Zeroizing::new(PASSWORD.into()),
            code: Zeroizing::new(shows(&app, &otpauth)),
        };
        assert!(
            sign_in::sign_in(
                &app.ground,
                &app.passwords,
                Attempt { email: "ada@practice.example".into(), proof }
            )
            .await
            .is_ok()
        );
    })
    .await;
}

#[tokio::test]
async fn wrong_tries_end_the_code_whatever_they_try() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let code = app.set_up.open(app.ground.entropy.bytes());
        let otpauth = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        let right = shows(&app, &otpauth);
        for n in 0..TRIES_MAX {
            assert!(app.set_up.waits(), "{n}");
            let refused = if n % 2 == 0 {
                finish(&app.ground, &app.set_up, "0000-0000-0000", &right).await
            } else {
                finish(&app.ground, &app.set_up, &code, "000000").await
            };
            assert!(refused.is_err());
        }
        assert!(!app.set_up.waits());
        assert!(matches!(finish(&app.ground, &app.set_up, &code, &right).await, Err(Refusal::CodeNotValid)));
        assert_eq!(number(&app, PRACTICES).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_crisis_number_is_needed_and_what_was_typed_last_counts() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let code = app.set_up.open(app.ground.entropy.bytes());
        let without = prepare(&app.ground, &app.passwords, &app.set_up, &code, new(" ")).await;
        assert!(matches!(without, Err(Refusal::OutOfBounds(_))), "{without:?}");
        assert!(
            matches!(finish(&app.ground, &app.set_up, &code, "000000").await, Err(Refusal::CodeNotValid)),
            "nothing was prepared"
        );
        let first = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        let second = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        assert!(matches!(
            finish(&app.ground, &app.set_up, &code, &shows(&app, &first)).await,
            Err(Refusal::ProofNotRight)
        ));
        finish(&app.ground, &app.set_up, &code, &shows(&app, &second)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_another_server_has_set_up_is_set_up() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let code = app.set_up.open(app.ground.entropy.bytes());
        let otpauth = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        practice::open(&app.ground, &app.passwords, new("143")).await.unwrap();
        assert!(matches!(
            finish(&app.ground, &app.set_up, &code, &shows(&app, &otpauth)).await,
            Err(Refusal::Conflict)
        ));
        assert!(!app.set_up.waits());
        assert_eq!(number(&app, PRACTICES).await, 1);
    })
    .await;
}
