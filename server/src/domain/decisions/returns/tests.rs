//! A client says that a clip does not help.

use sync_core::{
    documents::{Kind, Letter, ShelfState, append},
    id::{EntryId, ReleaseId},
    instant::Span,
    lease::DenialKind,
    orders::RevokeOn,
};

use crate::{
    domain::sync::tests::Device,
    nouns::callers::DeviceCaller,
    testing::{
        for_each_database, for_sqlite, number,
        therapy::{FIRST, Phone, Therapy},
    },
};

/// A phone writes a letter under an id.
async fn write(therapy: &Therapy, phone: &Phone, id: EntryId, letter: &Letter) {
    let mut device = Device::connect(therapy, DeviceCaller::Companion(phone.caller), &[Kind::Journal]).await;
    device.exchange().await.unwrap();
    append(device.documents.values_mut().next().unwrap(), &[(id, letter.encode())]).unwrap();
    device.exchange().await.unwrap();
    assert!(device.refusals.is_empty());
}

const LETTER: EntryId = EntryId::from_bytes([3; 16]);

#[tokio::test]
async fn a_clip_that_does_not_help_rests_on_every_device_until_a_therapist_lifts_it() {
    for_each_database(|database| async move {
        let app = database.app().await;
        let (therapy, release, tablet) = Therapy::held(&app).await;
        let phone = therapy.phone().await;
        let said = Letter::Return { release, at: therapy.now() - Span::from_hours(9) };
        write(&therapy, &phone, LETTER, &said).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Paused));
        assert_eq!(tablet.ask().await.denied(release), [(DenialKind::Paused, FIRST)]);
        assert!(phone.ask().await.is_empty());
        let urgent = "SELECT COUNT(*) FROM outbox WHERE kind = 'wake_up' AND urgency = 'high'";
        assert_eq!(number(&app, urgent).await, 1);
        therapy.lift(LETTER).await;
        assert!(tablet.ask().await.lease(release).is_some());
        // As after a restore that has forgotten that it came.
        crate::testing::execute(&app, "DELETE FROM letter").await;
        write(&therapy, &phone, LETTER, &said).await;
        assert_eq!(therapy.state(release).await, Some(ShelfState::Live));
    })
    .await;
}

#[tokio::test]
async fn a_letter_about_what_has_ended_or_is_not_theirs_holds_nothing() {
    for_sqlite(|database| async move {
        let app = database.app().await;
        let (therapy, release, phone) = Therapy::held(&app).await;
        let (other, theirs, _) = Therapy::held(&app).await;
        therapy.revoke(RevokeOn::Release(release)).await;
        let entries = "SELECT COUNT(*) FROM entry";
        let before = number(&app, entries).await;
        let strange = ReleaseId::from_bytes([9; 16]);
        for (n, release) in [release, theirs, strange].into_iter().enumerate() {
            let id = EntryId::from_bytes([n as u8; 16]);
            write(&therapy, &phone, id, &Letter::Return { release, at: therapy.now() }).await;
        }
        let live = therapy.release().await;
        let words = "It is too long.".to_owned();
        let request = Letter::Request { release: Some(live), at: therapy.now(), words };
        write(&therapy, &phone, LETTER, &request).await;
        assert_eq!(number(&app, entries).await, before + 1, "the release itself");
        assert_eq!(other.state(theirs).await, Some(ShelfState::Live));
        assert_eq!(therapy.state(live).await, Some(ShelfState::Live));
    })
    .await;
}
