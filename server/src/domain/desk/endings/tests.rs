//! Releases that end soon, and the staff who see them.

use sync_core::{instant::Span, orders::RevokeOn};

use super::*;
use crate::testing::{for_each_database, therapy::Therapy};

#[tokio::test]
async fn endings_come_in_pages_the_next_first_and_what_is_over_is_none() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::consented(&app).await;
        let (other, now) = (Therapy::consented(&app).await, therapy.now());
        let mut made = Vec::new();
        for n in 1..=PAGE + 2 {
            let terms = sync_core::terms::Terms {
                expires_at: now + Span::from_hours(u64::try_from(n).unwrap()),
                ..therapy.terms()
            };
            made.push(therapy.release_as(terms, Vec::new()).await.unwrap());
        }
        therapy.revoke(RevokeOn::Release(made.remove(1))).await;
        other.release().await;
        let all = now + Span::from_days(30);
        let first = page(&app.ground, therapy.ada, all, None).await.unwrap();
        assert_eq!(first.endings.len(), PAGE);
        let place = first.next.unwrap();
        assert_eq!(Cursor::parse(&place.to_text()), Some(place));
        let rest = page(&app.ground, therapy.ada, all, Some(place)).await.unwrap();
        assert!(rest.next.is_none());
        let listed: Vec<_> = first.endings.iter().chain(&rest.endings).map(|one| one.release).collect();
        assert_eq!(listed, made);
        assert!(first.endings.iter().all(|one| one.title.as_deref() == Some("Breathing")));
        let soon = page(&app.ground, therapy.ada, now + Span::from_hours(4), None).await.unwrap();
        assert_eq!(soon.endings.iter().map(|one| one.release).collect::<Vec<_>>(), made[..2]);
        therapy.pass(Span::from_hours(3));
        let soon = page(&app.ground, therapy.ada, now + Span::from_hours(4), None).await.unwrap();
        assert!(soon.endings.is_empty(), "it has ended, whether that was recorded or not");
    })
    .await;
}
