//! What a program uses, as the system counts it.

use std::time::Duration;

use anyhow::Context;
use rustix::param::clock_ticks_per_second;

use super::Process;

/// What a program has in memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most, since it was started or [`Process::forget_peak`].
    pub peak: u64,
}

impl Process {
    /// How much CPU time it has used since it was started (proc(5), `/proc/[pid]/stat`, utime and stime).
    ///
    /// # Errors
    /// When it does not run, or on a system without `/proc`.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let id = self.running.as_ref().and_then(|running| running.child.id()).context("it is not running")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The name stands in brackets and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')').context("stat")?.1.split_whitespace().collect();
        let ticks = |index: usize| anyhow::Ok(fields.get(index).context("stat")?.parse::<u32>()?);
        Ok(Duration::from_secs((ticks(11)? + ticks(12)?).into()) / u32::try_from(clock_ticks_per_second())?)
    }

    /// How much of it is in memory (proc(5), `/proc/[pid]/status`).
    ///
    /// # Errors
    /// When it does not run, or on a system without `/proc`.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let id = self.running.as_ref().and_then(|running| running.child.id()).context("it is not running")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("status")?;
            anyhow::Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
        };
        Ok(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }

    /// Counts the peak of its memory from here on (proc(5), `/proc/[pid]/clear_refs`).
    ///
    /// # Errors
    /// See [`Process::memory`].
    pub fn forget_peak(&self) -> anyhow::Result<()> {
        let id = self.running.as_ref().and_then(|running| running.child.id()).context("it is not running")?;
        Ok(std::fs::write(format!("/proc/{id}/clear_refs"), "5")?)
    }
}
