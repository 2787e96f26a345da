//! What a machine can mend before a change is committed.

use crate::{
    apps::{javascript, web},
    checks::openapi,
    workspace::{self, cargo, root},
};

/// Lints first: what they rewrite is formatted after.
pub(crate) fn run() -> anyhow::Result<()> {
    let lints = ["clippy", "--fix", "--allow-dirty", "--allow-staged", "--workspace", "--all-targets"];
    workspace::run(&mut cargo(lints))?;
    workspace::run(&mut cargo(["fmt", "--all"]))?;
    let web = root().join("web");
    web::install(&web)?;
    javascript::run(&web, &["run", "--silent", "fix"])?;
    openapi::run()
}
