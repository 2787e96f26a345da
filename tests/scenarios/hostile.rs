//! A paired phone sends everything that a phone never would, and the running server's memory stays bounded.
//!
//! Short: `cargo xtask bench hostile` does the same for a minute and measures. The bound is generous, because allocators
//! differ: without any of the limits of the protocol's table it is passed at once.

use std::time::Duration;

use anyhow::{Context, ensure};
use refrain_tests::{
    attacker::{ATTACKS, Attack},
    siege::Siege,
};

const MIB: u64 = 1 << 20;
/// The sixteen connections that a device may have keep twelve megabytes each; those that had to give way hold most of a
/// frame until they have said farewell. Without a limit of connections it is more.
const MOST: u64 = 720 * MIB;
/// What may stay when it is over. Allocators give memory back when they are next asked for some, and not at once.
const LEFT: u64 = 256 * MIB;
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_hostile_phone_does_not_make_the_running_server_grow() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let siege = Siege::begin(folder.path()).await?;
    let floor = siege.resident()?;
    for attack in ATTACKS {
        let cost = siege.attack(attack).await.with_context(|| format!("{attack:?}"))?;
        ensure!(cost.peak < floor + MOST, "{attack:?}: {} MiB, from {}", cost.peak / MIB, floor / MIB);
    }
    let given_back = async {
        while siege.resident()? > floor + LEFT {
            siege.attack(Attack::SameNumber).await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, given_back).await.context("what the attacks took is not given back")??;
    siege.end().await
}
