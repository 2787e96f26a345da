//! Clips that end, and clips that must not begin.

use super::*;

#[tokio::test]
async fn a_removed_phone_fetches_nothing() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        let (device, now) = (stage.seed.device, stage.app.ground.clock.now());
        write(&stage.app, move |tx| {
            Box::pin(async move { store::devices::remove(tx, device, now).await.map(drop) })
        })
        .await;
        stage.fetch(clip, &[]).await.is(403, "device_removed");
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_clip_loses_its_key_at_once_and_its_object_soon_after() {
    for_each_database(|database| async move {
        let stage = Stage::set(&database).await;
        let (kept, clip) = (stage.uploaded().await, stage.uploaded().await);
        let path = format!("/v1/clips/{clip}");
        assert_eq!(stage.call("DELETE", path.clone(), STAFF, &[]).await.status, StatusCode::NO_CONTENT);

        let mut tx = stage.app.ground.db.read().await.unwrap();
        let row = store::clips::by_id(&mut tx, clip).await.unwrap().unwrap();
        assert!(row.wrapped_key.is_none() && row.destroyed_at.is_some() && row.object_erased_at.is_none());
        drop(tx);
        stage.call("GET", path.clone(), STAFF, &[]).await.is(410, "clip_destroyed");
        stage.fetch(clip, &[]).await.is(410, "clip_destroyed");
        let ledger = fs::read_to_string(database.ledger_path()).unwrap();
        assert!(ledger.contains(&clip.to_string()), "a restore must not bring it back");
        assert_eq!(stage.objects().len(), 2);

        assert_eq!(destruction::run_once(&stage.app.ground).await.unwrap(), Erased { erased: 1, put_off: 0 });
        assert_eq!(stage.objects().len(), 1);
        let mut tx = stage.app.ground.db.read().await.unwrap();
        let row = store::clips::by_id(&mut tx, clip).await.unwrap().unwrap();
        assert!(row.object_erased_at.is_some());
        drop(tx);
        assert_eq!(stage.fetch(kept, &[]).await.status, StatusCode::OK);

        assert_eq!(stage.call("DELETE", path, STAFF, &[]).await.status, StatusCode::NO_CONTENT);
        assert_eq!(destruction::run_once(&stage.app.ground).await.unwrap(), Erased::default());
    })
    .await;
}

#[tokio::test]
async fn an_object_that_cannot_be_erased_is_tried_again() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        // Where the object was lies a folder with something in it: no file to delete.
        let [object] = <[PathBuf; 1]>::try_from(stage.objects()).unwrap();
        fs::remove_file(&object).unwrap();
        fs::create_dir(&object).unwrap();
        fs::write(object.join("in the way"), b"").unwrap();
        stage.call("DELETE", format!("/v1/clips/{clip}"), STAFF, &[]).await;
        assert_eq!(destruction::run_once(&stage.app.ground).await.unwrap(), Erased { erased: 0, put_off: 1 });
        assert_eq!(destruction::run_once(&stage.app.ground).await.unwrap(), Erased::default());
        fs::remove_dir_all(&object).unwrap();
        stage.app.ground.clock.advance(sync_core::instant::Span::from_mins(1));
        assert_eq!(destruction::run_once(&stage.app.ground).await.unwrap(), Erased { erased: 1, put_off: 0 });
    })
    .await;
}

#[tokio::test]
async fn an_object_whose_row_was_refused_is_deleted() {
    for_sqlite(|database| async move {
        let stage = Stage::set(&database).await;
        let seed = stage.seed;
        let mut upload = stage.app.upload_budget.begin(seed.staff, None, None).unwrap();
        upload.push(MP3).unwrap();
        // Care ended while the bytes came in: asked at the start, and asked again at the end.
        write(&stage.app, move |tx| {
            Box::pin(async move {
                let sql = "UPDATE care SET ended_at = 1";
                on_tx!(tx, c => sqlx::query(sql).execute(c).await.map(drop))?;
                Ok(())
            })
        })
        .await;
        let caller = StaffCaller { staff: seed.staff, practice: seed.practice, role: Role::Therapist };
        let new = NewClip { recording: seed.recording, title: "x".into(), heard: [seed.participant].into() };
        let refused = clips::add(
            &stage.app.ground,
            caller,
            new,
            upload.finish(&stage.app.ground, caller).await.unwrap(),
        )
        .await
        .err();
        assert!(matches!(refused, Some(Refusal::NotFound)), "{refused:?}");
        assert_eq!((stage.objects(), number(&stage.app, CLIPS).await), (vec![], 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_uploaded_while_somebody_who_was_there_does_not_consent_to_be_recorded() {
    for_each_database(|database| async move {
        let stage = Stage::set(&database).await;
        stage.says(ConsentKind::Withdrawn, Purpose::Record).await;
        let before = number(&stage.app, "SELECT COUNT(*) FROM clip").await;
        stage.upload(MP3).await.is(409, "record_missing");
        assert_eq!(number(&stage.app, "SELECT COUNT(*) FROM clip").await, before);
        stage.says(ConsentKind::Given, Purpose::Record).await;
        stage.uploaded().await;
    })
    .await;
}

#[tokio::test]
async fn i3_a_clip_is_watched_in_the_room_where_everybody_heard_in_it_consents_to_that() {
    for_each_database(|database| async move {
        let stage = Stage::set(&database).await;
        let clip = stage.uploaded().await;
        let path = format!("/v1/clips/{clip}/media");
        let app = &stage.app;
        let said = |kind, purpose| stage.says(kind, purpose);
        let audited = "SELECT COUNT(*) FROM audit_entry";
        said(ConsentKind::Given, Purpose::ReleaseToClient).await;
        stage.call("GET", path.clone(), STAFF, &[]).await.is(409, "consent_missing");
        let before = number(app, audited).await;

        said(ConsentKind::Given, Purpose::ReviewTogether).await;
        let whole = stage.call("GET", path.clone(), STAFF, &[]).await;
        assert_eq!(
            (whole.status, whole.headers["content-type"].as_bytes()),
            (StatusCode::OK, &b"audio/mpeg"[..])
        );
        assert!(whole.body == MP3 && whole.headers["cache-control"] == "no-store");
        assert_eq!(number(app, audited).await, before + 1, "each showing, and none that was refused");
        // Whoever asks for the rest first has seen it, too. A player's further ranges are the same showing.
        app.ground.clock.advance(sync_core::instant::Span::from_hours(1));
        let shown = async |method: &str, range: &str| {
            let headers = [("range", range)];
            let headers = if range.is_empty() { &headers[..0] } else { &headers[..] };
            stage.call(method, path.clone(), STAFF, headers).await;
            number(app, audited).await - before
        };
        assert_eq!(shown("HEAD", "").await, 1, "nothing was shown");
        assert_eq!(shown("GET", "bytes=1-").await, 2);
        assert_eq!(shown("GET", "bytes=0-").await, 2);
        app.ground.clock.advance(sync_core::instant::Span::from_mins(59));
        assert_eq!(shown("GET", "").await, 2);
        app.ground.clock.advance(sync_core::instant::Span::from_mins(1));
        assert_eq!(shown("GET", "bytes=9-10").await, 3);
        // Any range, within a record and across several.
        for (from, to) in [(0, 0), (5, 70_000), (65_518, 65_520), (MP3.len() - 3, MP3.len() - 1)] {
            let part =
                stage.call("GET", path.clone(), STAFF, &[("range", &format!("bytes={from}-{to}"))]).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
            assert_eq!(part.headers["content-range"], format!("bytes {from}-{to}/{}", MP3.len()));
            assert!(part.body == MP3[from..=to], "{from}-{to}");
        }

        for token in [DEVICE, "nobody"] {
            assert!(stage.call("GET", path.clone(), token, &[]).await.status.is_client_error());
        }
        said(ConsentKind::Withdrawn, Purpose::ReviewTogether).await;
        stage.call("GET", path.clone(), STAFF, &[]).await.is(409, "consent_missing");
        stage.call("DELETE", format!("/v1/clips/{clip}"), STAFF, &[]).await;
        stage.call("GET", path, STAFF, &[]).await.is(410, "clip_destroyed");
    })
    .await;
}
