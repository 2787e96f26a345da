//! Rows that no request writes: staff who cannot sign in, damage.

use super::*;
use sync_core::vocabulary::Vocabulary;

/// Adds a member of staff, who cannot sign in.
pub(crate) async fn employ(app: &App, practice: PracticeId, role: Role) -> StaffCaller {
    let staff = StaffId::new(app.ground.clock.now(), app.ground.entropy.bytes());
    let at = app.ground.clock.now();
    let mut tx = app.ground.db.read().await.unwrap();
    let sealing = app.ground.keys.practice(&mut tx, practice).await.unwrap();
    drop(tx);
    let name_sealed = sealing.seal(&format!("staff.name_sealed/{staff}"), NAME.as_bytes());
    let totp_sealed = sealing.seal(&format!("staff.totp_sealed/{staff}"), &[1; 20]);
    write(app, move |tx| {
        Box::pin(async move {
            let row = NewStaff {
                id: staff,
                practice,
                role,
                at,
                login_tag: staff.as_bytes(),
                name_sealed: &name_sealed,
                password_hash: "none",
                totp_sealed: &totp_sealed,
            };
            store::staff::insert(tx, &row).await
        })
    })
    .await;
    StaffCaller { staff, practice, role }
}

/// Adds a practice, with words.
pub(super) async fn open_practice(app: &App) -> PracticeId {
    let practice = PracticeId::new(app.ground.clock.now(), app.ground.entropy.bytes());
    let keys = app.ground.keys.create_practice(practice).unwrap();
    let row = Practice {
        id: practice,
        version: 0,
        created_at: app.ground.clock.now(),
        closed_at: None,
        held_at: None,
        name_sealed: Vec::new(),
        contact_sealed: Vec::new(),
        authority: keys.authority,
    };
    let ground = app.ground.clone();
    write(app, move |tx| {
        Box::pin(async move {
            store::practices::insert(tx, &row, &keys.wrapped_key).await?;
            let sealing = ground.keys.practice(tx, practice).await.unwrap();
            let name = sealing.seal(&format!("practice.name_sealed/{practice}"), b"Practice");
            let contact = sealing.seal(&format!("practice.contact_sealed/{practice}"), b"{}");
            store::practices::set_words(tx, practice, &name, &contact).await
        })
    })
    .await;
    practice
}

/// Ends what a member of staff has to do with a client.
pub(crate) async fn end_care(app: &App, client: ClientId, staff: StaffId) {
    let at = app.ground.clock.now().as_millis();
    write(app, move |tx| {
        Box::pin(async move {
            const SQL: &str = "UPDATE care SET ended_at = $3 WHERE client = $1 AND staff = $2";
            store::db::on_tx!(tx, c => sqlx::query(SQL)
                .bind(client.as_bytes().as_slice())
                .bind(staff.as_bytes().as_slice())
                .bind(at)
                .execute(c).await.map(drop))?;
            Ok(())
        })
    })
    .await;
}

/// Gives a token that a request may carry.
pub(crate) async fn token(app: &App, kind: TokenKind, owner: Owner) -> String {
    let token = crate::domain::credentials::tokens::BearerToken::new(app.ground.entropy.bytes());
    let (hash, at) = (token.hash(), app.ground.clock.now());
    write(app, move |tx| {
        Box::pin(async move { store::tokens::insert(tx, &hash, kind, owner, at, None).await })
    })
    .await;
    token.as_str().to_owned()
}

/// Does work in a transaction of its own.
pub(crate) async fn write<F>(app: &App, work: F)
where
    F: for<'t> FnOnce(&'t mut Tx) -> futures_util::future::BoxFuture<'t, Result<(), StoreError>>
        + Send
        + 'static,
{
    app.ground.committer.commit(Urgency::Grant, work).await.unwrap();
}

/// Leaves a document of a client as bytes that are none, as a bad disk does.
pub(crate) async fn damage(app: &App, client: ClientId, kind: Kind) {
    write(app, move |tx| {
        Box::pin(async move {
            const SQL: &str = "UPDATE document SET snapshot = $3 WHERE client = $1 AND kind = $2";
            store::db::on_tx!(tx, c => sqlx::query(SQL)
                .bind(client.as_bytes().as_slice())
                .bind(kind.as_str())
                .bind([1_u8].as_slice())
                .execute(c).await.map(drop))?;
            Ok(())
        })
    })
    .await;
}

/// Leaves the entries of a client under ids that are none: nothing can be decided from them.
pub(crate) async fn damage_entries(app: &App, client: ClientId) {
    write(app, move |tx| {
        Box::pin(async move {
            const SQL: &str = "UPDATE entry SET id = $2 WHERE client = $1";
            store::db::on_tx!(tx, c => sqlx::query(SQL)
                .bind(client.as_bytes().as_slice())
                .bind([1_u8].as_slice())
                .execute(c).await.map(drop))?;
            Ok(())
        })
    })
    .await;
}
