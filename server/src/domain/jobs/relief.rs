//! Relief: before the server has used up its memory, it lets go of documents and connections that
//! can come back.
//!
//! Each cost has its own bound, for each caller. This bound is for all callers together: so many may
//! come at once that each is within its bounds and their sum is not. Better that the heaviest device
//! connects anew than that the system ends the process, and every pause with it.

use crate::domain::documents::binder::Binders;

/// From which share of its memory on the server lets go, in percent.
const FROM: u64 = 70;

/// Lets go of documents and of the heaviest device's connections if so many bytes are used; whether it did.
pub fn run_once(binders: &Binders, used: u64) -> bool {
    if used.saturating_mul(100) < binders.ground.settings.memory.saturating_mul(FROM) {
        return false;
    }
    binders.relieve();
    true
}

/// How many bytes of memory the process has; none where the system does not tell (proc(5), statm).
#[must_use]
pub fn resident() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = told.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(rustix::param::page_size()).ok()?)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use sync_core::id::DeviceId;

    use super::*;
    use crate::{
        domain::documents::binder::Ending,
        testing::{for_sqlite, therapy::Therapy},
    };

    #[tokio::test]
    async fn the_heaviest_device_connects_anew_when_memory_is_short_and_no_other() {
        for_sqlite(|database| async move {
            let app = database.app().await;
            let therapy = Therapy::consented(&app).await;
            let binder = app.binders.of(therapy.client).await.unwrap();
            drop(binder.open(&app.ground).await.unwrap());
            let device = |n| app.binders.listen(DeviceId::from_bytes([n; 16]));
            let (light, heavy) = ([device(1), device(1)], device(2));
            heavy.keeps(10_000_000);
            let bound = app.ground.settings.memory;
            assert!(!run_once(&app.binders, bound / 2));
            assert!(heavy.ended().now_or_never().is_none());
            assert!(run_once(&app.binders, bound / 4 * 3));
            assert_eq!(heavy.ended().now_or_never(), Some(Ending::Relieves));
            assert!(run_once(&app.binders, bound / 4 * 3));
            assert!(light.iter().all(|light| light.ended().now_or_never().is_none()), "nobody else is heavy");
            assert!(binder.open(&app.ground).await.unwrap().contents().is_some(), "it is read again");
        })
        .await;
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_tells_how_much_memory_there_is() {
        assert!(resident().is_some_and(|bytes| bytes > 1_000_000));
    }
}
