//! Tests that cannot run here: told by name, and a failure where everything is required.

use std::env;

use anyhow::bail;

/// What is skipped, and why. A skip that nobody reads would look like a pass.
pub(crate) struct Skips {
    lines: Vec<String>,
    noted: Vec<String>,
    required: bool,
}

impl Skips {
    /// Begins with nothing skipped.
    pub(crate) fn new() -> Self {
        let required = env::var_os("REFRAIN_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
        Self { lines: Vec::new(), noted: Vec::new(), required }
    }

    /// Notes that something is skipped.
    pub(crate) fn skip(&mut self, what: &str, why: &anyhow::Error) {
        self.lines.push(format!("  SKIPPED: {what}: {why:#}"));
    }

    /// Notes a skip that is no failure anywhere: it depends on the network alone.
    pub(crate) fn note(&mut self, what: &str, why: &anyhow::Error) {
        self.noted.push(format!("  SKIPPED: {what}: {why:#}"));
    }

    /// Fails if something is missing where everything is required: before the long steps, not after.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.required && !self.lines.is_empty() {
            bail!("REFRAIN_TEST_REQUIRE_ALL=1, and this machine lacks what is needed");
        }
        Ok(())
    }

    /// Prints what was skipped, last of all, where it is seen.
    pub(crate) fn report(&self) {
        let lines = [self.lines.as_slice(), &self.noted].concat();
        if !lines.is_empty() {
            println!("\n{0}\nNot tested here:\n{1}\n{0}", "!".repeat(80), lines.join("\n"));
        }
    }
}
