//! The cost of attacks for others, and the server's memory, on the real program over real sockets.
//!
//! Every attack goes on for `SIEGE_SECONDS` (10) each, beside a therapist who pauses clips, a phone
//! that asks for leases and an operator who asks if the server is ready. Then the bench kills the
//! server and starts it again on the state that the attacks have left, and all of them come once
//! more. The bounds stand in docs/threat-model.md.

use std::time::Duration;

use anyhow::Context;
use refrain_tests::{
    attacker::ATTACKS,
    bystander::quantiles,
    flood::FLOODS,
    neighbourhood::{Neighbourhood, Toll},
};

const MIB: f64 = 1_048_576.0;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo bench <filter>` hands the filter to every benchmark: this one is called "hostile".
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if filter.is_some_and(|filter| !"hostile".contains(&filter)) {
        return Ok(());
    }
    let seconds = std::env::var("SIEGE_SECONDS").ok().map(|seconds| seconds.parse()).transpose()?;
    let lasts = Duration::from_secs(seconds.unwrap_or(10));
    let folder = tempfile::tempdir()?;
    let mut neighbourhood = Neighbourhood::begin(folder.path(), 1).await?;
    println!("waits in ms: median, one in twenty, longest; memory at most, in MiB");
    println!("{:<18} {:>9} {:>20} {:>20} {:>20} {:>7}", "", "answered", "pause", "lease", "ready", "memory");
    for round in 0..2 {
        if round == 1 {
            let took = neighbourhood.start_again().await?;
            println!("killed, and ready again after {} ms", took.as_millis());
        }
        for flood in FLOODS {
            let name = format!("{flood:?}");
            tell(&name, &neighbourhood.flood(flood, lasts).await.context(name.clone())?);
        }
        for attack in ATTACKS {
            let name = format!("{attack:?}");
            tell(&name, &neighbourhood.attack(attack, lasts).await.context(name.clone())?);
        }
    }
    neighbourhood.end().await
}

fn tell(name: &str, toll: &Toll) {
    let waits = |took: &[Duration]| quantiles(took).map(|took| format!("{:>6}", took.as_millis())).concat();
    println!(
        "{name:<18} {:>9} {:>20} {:>20} {:>20} {:>7.0}",
        toll.answered,
        waits(&toll.waits.pause),
        waits(&toll.waits.lease),
        waits(&toll.waits.ready),
        toll.peak as f64 / MIB
    );
}
