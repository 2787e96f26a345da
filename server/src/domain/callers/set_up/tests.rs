//! Setting up a practice: the right caller, the number of tries, and the end of the code.

use sync_core::instant::Span;
use totp_rs::Totp;

use super::*;
use crate::{
    app::App,
    domain::{
        callers::{
            known_browsers::Browser,
            sign_in::{self, Attempt, Proof},
        },
        people::{practice::Contact, staff::NewStaff},
    },
    testing::{TestDatabase, for_each_database, for_sqlite, number},
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

/// Opens set-up; gives the code of the file.
fn open(app: &App, database: &TestDatabase) -> String {
    let file = app.set_up.open(database.dir.path(), &app.ground.entropy).unwrap();
    std::fs::read_to_string(file).unwrap().trim().to_owned()
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
        assert!(matches!(none, Err(Refusal::CodeNotValid)), "there is no code before one is made");
        let code = open(&app, &database);
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
                &app.waits,
                Attempt {
                    email: "ada@practice.example".into(),
                    proof,
                    network: [127, 0, 0, 1].into(),
                    browser: Browser::default()
                }
            )
            .await
            .is_ok()
        );
    })
    .await;
}

#[tokio::test]
async fn no_stranger_ends_set_up_with_wrong_codes() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let code = open(&app, &database);
        for _ in 0..1_000 {
            let refused =
                prepare(&app.ground, &app.passwords, &app.set_up, "0000-0000-0000", new("143")).await;
            assert!(matches!(refused, Err(Refusal::CodeNotValid)));
        }
        let otpauth = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        let right = shows(&app, &otpauth);
        for _ in 0..20 {
            assert!(finish(&app.ground, &app.set_up, "0000-0000-0000", &right).await.is_err());
            assert!(finish(&app.ground, &app.set_up, &code, "000000").await.is_err());
        }
        finish(&app.ground, &app.set_up, &code, &right).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_code_lies_in_a_private_file_until_it_is_used_or_the_server_stops() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let file = app.set_up.open(database.dir.path(), &app.ground.entropy).unwrap();
        assert!(crate::nouns::durable::check_private(&file).is_ok());
        let first = std::fs::read_to_string(&file).unwrap();
        app.close().await;
        assert!(!file.exists());
        std::fs::write(&file, first.as_str()).unwrap();
        let app = database.app().await;
        let code = open(&app, &database);
        assert_ne!(code, first.trim(), "a code of a server that was killed is none");
        let otpauth = prepare(&app.ground, &app.passwords, &app.set_up, &code, new("143")).await.unwrap();
        assert!(file.exists());
        finish(&app.ground, &app.set_up, &code, &shows(&app, &otpauth)).await.unwrap();
        assert!(!file.exists());
    })
    .await;
}

#[tokio::test]
async fn a_crisis_number_is_needed_and_what_was_typed_last_counts() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let code = open(&app, &database);
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
        let code = open(&app, &database);
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
