//! The memory of the running server while a paired phone attacks it in every way, again and again.
//!
//! `SIEGE_SECONDS` says for how long (60). The floor is the server's memory before the first
//! attack, when a phone has been paired and served. Flat means that no round ends with more than
//! those before it.

use std::time::Duration;

use anyhow::Context;
use refrain_tests::{
    attacker::{ATTACKS, Attack},
    siege::Siege,
};
use tokio::time::Instant;

const MIB: f64 = 1_048_576.0;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo bench <filter>` hands the filter to every benchmark: this one is called "hostile".
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if filter.is_some_and(|filter| !"hostile".contains(&filter)) {
        return Ok(());
    }
    let seconds =
        std::env::var("SIEGE_SECONDS").ok().map(|seconds| seconds.parse()).transpose()?.unwrap_or(60);
    let folder = tempfile::tempdir()?;
    let siege = Siege::begin(folder.path()).await?;
    let floor = siege.resident()?;
    println!("floor, a phone paired and served    {:>7.1} MiB", floor as f64 / MIB);

    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut peaks, mut ends) = (vec![Vec::new(); ATTACKS.len()], Vec::new());
    while Instant::now() < until || ends.len() < 2 {
        for (attack, peaks) in ATTACKS.into_iter().zip(&mut peaks) {
            let cost = siege.attack(attack).await.with_context(|| format!("{attack:?}"))?;
            peaks.push(cost.peak);
        }
        ends.push(siege.resident()?);
    }
    println!("{} rounds; peak of each attack above the floor, median and greatest:", ends.len());
    for (attack, mut peaks) in ATTACKS.into_iter().zip(peaks) {
        peaks.sort_unstable();
        let above = |peak: Option<&u64>| peak.map_or(0.0, |peak| peak.saturating_sub(floor) as f64 / MIB);
        let (median, greatest) = (above(peaks.get(peaks.len() / 2)), above(peaks.last()));
        println!(
            "{:<20} {:<22} {median:>7.1} MiB {greatest:>7.1} MiB",
            format!("{attack:?}"),
            Attack::code(attack)
        );
    }
    let ends: Vec<_> = ends.iter().map(|end| format!("{:.0}", *end as f64 / MIB)).collect();
    println!("after each round, MiB: {}", ends.join(" "));
    siege.end().await
}
