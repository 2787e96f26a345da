//! Where to wake devices. Endpoint and secret are sealed: a thief who has them can make a phone
//! ring.

use sync_core::{id::DeviceId, instant::Instant};

use crate::store::{StoreError, Tx, db::on_tx};

/// A subscription that has not ended.
pub struct PushSubscription {
    /// The push service's URL, sealed.
    pub endpoint_sealed: Vec<u8>,
    /// The device's public key: 65 bytes.
    pub p256dh: Vec<u8>,
    /// The secret that the device shares with us, sealed.
    pub auth_sealed: Vec<u8>,
}

/// After how many refusals in a row a device counts as one that cannot be woken.
const DEAF_AFTER: i64 = 2;

/// Takes a device's subscription; it replaces any earlier one.
pub async fn put(
    tx: &mut Tx,
    device: DeviceId,
    new: &PushSubscription,
    push_key: &[u8; 32],
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO push_subscription (device, endpoint_sealed, p256dh, auth_sealed, created_at, push_key) \
                       VALUES ($1, $2, $3, $4, $5, $6) \
                       ON CONFLICT (device) DO UPDATE SET endpoint_sealed = excluded.endpoint_sealed, \
                       p256dh = excluded.p256dh, auth_sealed = excluded.auth_sealed, \
                       created_at = excluded.created_at, ended_at = NULL, \
                       push_key = excluded.push_key, refusals = 0, deaf_since = NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(new.endpoint_sealed.as_slice())
        .bind(new.p256dh.as_slice())
        .bind(new.auth_sealed.as_slice())
        .bind(at.as_millis())
        .bind(push_key.as_slice())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Finds a device's subscription, unless it has ended.
pub async fn of_device(tx: &mut Tx, device: DeviceId) -> Result<Option<PushSubscription>, StoreError> {
    const SQL: &str = "SELECT endpoint_sealed, p256dh, auth_sealed FROM push_subscription \
                       WHERE device = $1 AND ended_at IS NULL";
    let row: Option<(Vec<u8>, Vec<u8>, Vec<u8>)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_optional(c).await)?;
    let subscription =
        |(endpoint_sealed, p256dh, auth_sealed)| PushSubscription { endpoint_sealed, p256dh, auth_sealed };
    Ok(row.map(subscription))
}

/// Ends a device's subscription: its person does not want to be woken.
pub async fn end(tx: &mut Tx, device: DeviceId, at: Instant) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE push_subscription SET ended_at = $2, deaf_since = NULL \
                       WHERE device = $1 AND (ended_at IS NULL OR deaf_since IS NOT NULL)";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Ends the subscription with this key, and not one that the device has put in its place meanwhile: its push service does not
/// know it any more, and the device cannot be woken until it subscribes anew.
pub async fn end_exactly(
    tx: &mut Tx,
    device: DeviceId,
    p256dh: &[u8],
    at: Instant,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE push_subscription SET ended_at = $3, deaf_since = $3 \
                       WHERE device = $1 AND p256dh = $2 AND ended_at IS NULL";
    on_tx!(tx, c => sqlx::query(SQL)
        .bind(device.as_bytes().as_slice())
        .bind(p256dh)
        .bind(at.as_millis())
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Notes whether the subscription with this key was refused or taken.
pub async fn note_refused(
    tx: &mut Tx,
    device: DeviceId,
    p256dh: &[u8],
    is_refused: bool,
    at: Instant,
) -> Result<(), StoreError> {
    const REFUSED: &str = "UPDATE push_subscription SET refusals = refusals + 1, \
                           deaf_since = CASE WHEN refusals + 1 >= $4 THEN COALESCE(deaf_since, $3) END \
                           WHERE device = $1 AND p256dh = $2 AND ended_at IS NULL";
    const TAKEN: &str = "UPDATE push_subscription SET refusals = 0, deaf_since = NULL \
                         WHERE device = $1 AND p256dh = $2 AND ended_at IS NULL AND (refusals > 0 OR deaf_since IS NOT NULL) \
                         AND $3 >= 0 AND $4 > 0";
    on_tx!(tx, c => sqlx::query(if is_refused { REFUSED } else { TAKEN })
        .bind(device.as_bytes().as_slice())
        .bind(p256dh)
        .bind(at.as_millis())
        .bind(DEAF_AFTER)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Since when a device cannot be woken.
pub async fn deaf_since(tx: &mut Tx, device: DeviceId) -> Result<Option<Instant>, StoreError> {
    const SQL: &str = "SELECT deaf_since FROM push_subscription WHERE device = $1 AND deaf_since IS NOT NULL";
    let row: Option<(i64,)> =
        on_tx!(tx, c => sqlx::query_as(SQL).bind(device.as_bytes().as_slice()).fetch_optional(c).await)?;
    Ok(row.map(|(at,)| Instant::from_millis(at)))
}

/// Notes under which push key the devices subscribed of which that was not kept, and that those cannot be woken which
/// subscribed under another one than the server has. `is_new` where the server's was made just now.
///
/// # Errors
/// When the database fails.
pub async fn note_push_key(
    tx: &mut Tx,
    push_key: &[u8; 32],
    is_new: bool,
    at: Instant,
) -> Result<(), StoreError> {
    const KEPT: &str = "UPDATE push_subscription SET push_key = $1 WHERE push_key IS NULL";
    const DEAF: &str = "UPDATE push_subscription SET deaf_since = $2 WHERE ended_at IS NULL AND deaf_since IS NULL \
                        AND (push_key IS NULL OR push_key <> $1)";
    if !is_new {
        on_tx!(tx, c => sqlx::query(KEPT).bind(push_key.as_slice()).execute(c).await.map(drop))?;
    }
    on_tx!(tx, c => sqlx::query(DEAF).bind(push_key.as_slice()).bind(at.as_millis()).execute(c).await.map(drop))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::Urgency,
        testing::{Seed, for_each_database},
    };

    const NOW: Instant = Instant::from_millis(1_900_000_000_000);

    #[tokio::test]
    async fn an_answer_about_an_old_subscription_does_not_end_the_new_one() {
        for_each_database(|database| async move {
            let app = database.app().await;
            let device = Seed::sow(&app).await.device;
            let done: Result<(), StoreError> = app
                .ground
                .committer
                .commit(Urgency::Grant, move |tx| {
                    Box::pin(async move {
                        let with = |key| PushSubscription {
                            endpoint_sealed: vec![key],
                            p256dh: vec![key],
                            auth_sealed: vec![key],
                        };
                        put(tx, device, &with(1), &[0; 32], NOW).await?;
                        put(tx, device, &with(2), &[0; 32], NOW).await?;
                        end_exactly(tx, device, &[1], NOW).await?;
                        assert_eq!(of_device(tx, device).await?.unwrap().endpoint_sealed, [2]);
                        end_exactly(tx, device, &[2], NOW).await?;
                        assert!(of_device(tx, device).await?.is_none());
                        put(tx, device, &with(3), &[0; 32], NOW).await?;
                        assert_eq!(of_device(tx, device).await?.unwrap().p256dh, [3]);
                        end(tx, device, NOW).await?;
                        assert!(of_device(tx, device).await?.is_none());
                        Ok(())
                    })
                })
                .await;
            done.unwrap();
        })
        .await;
    }
}
