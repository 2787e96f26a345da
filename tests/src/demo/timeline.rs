//! The output of the demo: one line for each step, with how long it really took.

use std::time::Duration;

/// A timeline on standard output.
pub struct Timeline {
    began: std::time::Instant,
}

/// How wide the words of a step are printed.
const WIDTH: usize = 84;

impl Timeline {
    /// Begins now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the demo shows real durations")]
    pub fn begin() -> Self {
        Self { began: std::time::Instant::now() }
    }

    /// Heads a chapter.
    pub fn chapter(&self, words: &str) {
        println!("\n  {words}");
    }

    /// Does a step and prints it.
    ///
    /// # Errors
    /// What the step came to; it is printed as well.
    #[allow(clippy::disallowed_methods, reason = "the demo shows real durations")]
    pub async fn step<T>(
        &self,
        words: &str,
        step: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let before = std::time::Instant::now();
        let done = step.await;
        let mark = if done.is_ok() { ' ' } else { '✗' };
        let (at, took) = (before - self.began, before.elapsed());
        println!("  {:>5.1} s {mark} {words:<WIDTH$} {:>9}", at.as_secs_f64(), format_took(took));
        done
    }

    /// Prints something that was found out, under its step.
    pub fn found(&self, words: &str) {
        println!("            → {words}");
    }
}

fn format_took(took: Duration) -> String {
    if took.as_secs() >= 1 {
        format!("{:.2} s", took.as_secs_f64())
    } else {
        format!("{:.1} ms", took.as_secs_f64() * 1_000.0)
    }
}
