//! A client's own sessions on their phone, and the facts that belong to another person.

use std::sync::Arc;

use sync_core::{instant::Span, orders::RevokeOn, policy::Purpose};

use super::*;
use crate::{
    app::App,
    domain::{clips, people::consents},
    testing::{
        for_each_database, number,
        therapy::{Phone, Therapy},
    },
};

async fn own(app: &Arc<App>, phone: &Phone) -> OwnSessions {
    read(&app.ground, phone.caller).await.unwrap()
}

#[tokio::test]
async fn a_client_reads_their_sessions_the_pieces_and_their_own_papers() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let told = own(&app, &phone).await;
        let [session] = &told.sessions[..] else { panic!("one session") };
        assert_eq!((session.recording, session.day.as_str()), (therapy.recording, "2027-01-15"));
        let [piece] = &session.pieces[..] else { panic!("one piece") };
        assert!(piece.rests_on_them && piece.destroyed_on.is_none());
        let [record, paper] = &session.papers[..] else { panic!("her own papers, and not Tom's") };
        assert_eq!(record.purpose, Purpose::Record);
        assert_eq!((paper.purpose, paper.form), (Purpose::ReleaseToClient, Some(therapy.form)));
        assert_eq!((paper.agreed_on.as_deref(), &paper.changed_on), (Some("2027-01-15"), &None));
        assert_eq!(told.forms[0].paragraphs, ["You may stop at any time."]);

        therapy.pass(Span::from_hours(24));
        therapy.revoke(RevokeOn::Release(release)).await;
        clips::destroy(&app.ground, therapy.ada, therapy.clip).await.unwrap();
        let told = own(&app, &phone).await;
        let piece = &told.sessions[0].pieces[0];
        assert_eq!(piece.destroyed_on.as_deref(), Some("2027-01-16"));
        assert!(!piece.rests_on_them);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_mind_ends_at_once_what_rests_on_it_and_nothing_else() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (mia, tom) = Therapy::couple(&app).await;
        let (hers, his) = (mia.release().await, tom.release().await);
        let (phone, his_phone) = (mia.phone().await, tom.phone().await);
        assert!(phone.ask().await.lease(hers).is_some());
        let events = "SELECT COUNT(*) FROM consent_event WHERE kind = 'withdrawn'";
        for _ in 0..2 {
            consents::withdraw_own(&app.ground, phone.caller, mia.recording).await.unwrap();
            // What she had never agreed to is not withdrawn, nor twice.
            assert_eq!(number(&app, events).await, 2);
        }
        assert!(phone.ask().await.lease(hers).is_none());
        assert!(his_phone.ask().await.lease(his).is_none(), "she is heard in his, too");
        mia.settle().await;
        let told = own(&app, &phone).await;
        let session = told.sessions.iter().find(|one| one.recording == mia.recording).unwrap();
        assert_eq!(session.papers[0].changed_on.as_deref(), Some("2027-01-15"));
        assert!(session.pieces.iter().all(|piece| !piece.rests_on_them));
        // Tom reads nothing of hers: his papers stand, and the end looks like any other.
        let told = own(&app, &his_phone).await;
        let session = told.sessions.iter().find(|one| one.recording == mia.recording).unwrap();
        assert_eq!(session.papers.len(), 2);
        assert!(session.papers[0].changed_on.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_release_that_no_shelf_has_shown_is_not_told_and_a_strangers_session_is_nobodys() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let therapy = Therapy::begin(&app).await;
        let phone = therapy.phone().await;
        therapy.consent(therapy.mia, None).await;
        therapy.release().await;
        therapy.settle().await;
        let told = own(&app, &phone).await;
        assert!(!told.sessions[0].pieces[0].rests_on_them, "it waits for somebody else");

        let (other, ..) = Therapy::held(&app).await;
        let refused = consents::withdraw_own(&app.ground, phone.caller, other.recording).await;
        assert!(matches!(refused, Err(Refusal::NotFound)));
        let unseen = therapy.unseen_phone().await;
        assert!(matches!(read(&app.ground, unseen.caller).await, Err(Refusal::DeviceUnconfirmed)));
        let refused = consents::withdraw_own(&app.ground, unseen.caller, therapy.recording).await;
        assert!(matches!(refused, Err(Refusal::DeviceUnconfirmed)));
    })
    .await;
}
