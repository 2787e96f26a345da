//! Marking letters as read, by caller, and the entry in the audit.

use super::*;
use crate::testing::{
    for_each_database, number,
    therapy::{Therapy, employ, end_care, write},
};
use sync_core::policy::Role;

const READINGS: &str = "SELECT COUNT(*) FROM letter_reading";
const AUDITED: &str = "SELECT COUNT(*) FROM audit_entry";

async fn received(therapy: &Therapy, n: u8) -> EntryId {
    let (client, letter, at) = (therapy.client, EntryId::from_bytes([n; 16]), therapy.now());
    write(&therapy.app, move |tx| {
        Box::pin(async move { store::letters::insert(tx, client, letter, at, b"words").await.map(drop) })
    })
    .await;
    letter
}

#[tokio::test]
async fn letters_are_marked_once_all_or_none_and_it_is_audited() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let (one, two) = (received(&therapy, 1).await, received(&therapy, 2).await);
        let audited = number(&app, AUDITED).await;
        let nowhere = EntryId::from_bytes([9; 16]);
        let mark = |letters: &[EntryId]| {
            mark(&app.ground, therapy.ada, therapy.client, letters.iter().copied().collect())
        };
        assert!(matches!(mark(&[one, nowhere]).await, Err(Refusal::NotFound)));
        assert_eq!(
            (number(&app, READINGS).await, number(&app, AUDITED).await),
            (0, audited),
            "none half-done"
        );
        mark(&[one]).await.unwrap();
        for _ in 0..2 {
            mark(&[one, two]).await.unwrap();
        }
        assert_eq!((number(&app, READINGS).await, number(&app, AUDITED).await), (2, audited + 2));
        assert!(matches!(mark(&[]).await, Err(Refusal::WrongCount { .. })));
        let many: Vec<_> =
            (0..=LETTERS_MAX).map(|_| EntryId::from_bytes(app.ground.entropy.bytes())).collect();
        assert!(matches!(mark(&many).await, Err(Refusal::WrongCount { .. })));
    })
    .await;
}

#[tokio::test]
async fn nobody_marks_what_they_may_not_read() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let letter = received(&therapy, 1).await;
        let other = Therapy::begin(&app).await;
        let admin = employ(&app, therapy.practice, Role::PracticeAdmin).await;
        let colleague = employ(&app, therapy.practice, Role::Therapist).await;
        let mark = |caller, client| mark(&app.ground, caller, client, [letter].into());
        assert!(matches!(mark(admin, therapy.client).await, Err(Refusal::NotAllowed)));
        assert!(matches!(mark(colleague, therapy.client).await, Err(Refusal::NotFound)));
        assert!(matches!(mark(other.ada, therapy.client).await, Err(Refusal::NotFound)));
        assert!(
            matches!(mark(other.ada, other.client).await, Err(Refusal::NotFound)),
            "it is not that client's"
        );
        end_care(&app, therapy.client, therapy.ada.staff).await;
        assert!(matches!(mark(therapy.ada, therapy.client).await, Err(Refusal::NotFound)));
        assert_eq!(number(&app, READINGS).await, 0);
    })
    .await;
}
