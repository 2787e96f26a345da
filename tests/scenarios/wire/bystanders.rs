//! While phones, staff and strangers do their worst, bystanders do not wait.
//!
//! The test is short, and comes by a part of the connections, for the machine is shared:
//! `cargo xtask bench hostile` does the same in full, starts the server again on the state that the
//! attacks have left, and measures.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain_tests::{bystander::quantiles, flood::FLOODS, neighbourhood::Neighbourhood};

/// How long each flood lasts.
const LASTS: Duration = Duration::from_millis(700);
/// By which part of its connections each comes.
const PART: usize = 4;
/// Within these times bystanders are answered, half of the times at least: thrice the time that is promised, for this
/// program is not optimised, and other tests run beside it. Without the bounds they wait for 4 to 30 seconds.
const PAUSE_WITHIN: Duration = Duration::from_secs(3);
const LEASE_WITHIN: Duration = Duration::from_secs(6);
const READY_WITHIN: Duration = Duration::from_secs(3);
/// The server's memory, whatever happens.
const MEMORY: u64 = 1 << 30;

#[tokio::test]
async fn nobody_waits_while_others_do_their_worst() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let neighbourhood = Neighbourhood::begin(folder.path(), PART).await?;
    for flood in FLOODS {
        let toll = neighbourhood.flood(flood, LASTS).await.with_context(|| format!("{flood:?}"))?;
        let waits = [&toll.waits.pause, &toll.waits.lease, &toll.waits.ready].map(|took| quantiles(took)[0]);
        let [pause, lease, ready] = waits;
        ensure!(pause < PAUSE_WITHIN && lease < LEASE_WITHIN && ready < READY_WITHIN, "{flood:?}: {waits:?}");
        ensure!(toll.peak < MEMORY, "{flood:?}: {} bytes", toll.peak);
    }
    neighbourhood.end().await
}
