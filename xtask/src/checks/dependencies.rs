//! The crates that we build upon: licences, banned crates and sources, as `deny.toml` says.
//!
//! A reader of our own, over the graph that cargo itself prints: cargo-deny reads the same file and says the same, and takes
//! minutes to build. The lists are in `deny.toml` alone. Advisories need a database from the network: [`advisories`].

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, ensure};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::workspace::{cargo, has_cargo, root};

const POLICY: &str = "deny.toml";

/// The lists of `deny.toml`.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: BTreeSet<String>,
}

/// The packages of `cargo metadata`.
#[derive(Deserialize)]
struct Graph {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None for a package of our own.
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    path: Option<String>,
}

/// Checks every package of the graph, with all features.
///
/// # Errors
/// When cargo fails, or a package is not allowed: each is printed with the reason.
pub(crate) fn check() -> anyhow::Result<()> {
    let policy: Policy = toml::from_str(&fs::read_to_string(root().join(POLICY))?).context(POLICY)?;
    let output = cargo(["metadata", "--format-version=1", "--locked", "--all-features"]).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    let graph: Graph = serde_json::from_slice(&output.stdout)?;
    let objections = policy.objections(&graph);
    objections.iter().for_each(|objection| println!("  {objection}"));
    ensure!(objections.is_empty(), "{POLICY} does not allow {} packages", objections.len());
    println!("{} packages, and {POLICY} allows each", graph.packages.len());
    Ok(())
}

/// Asks for advisories where cargo-deny is installed and its database can be reached.
///
/// # Errors
/// Why they were not asked for, or that there is one.
pub(crate) fn advisories() -> anyhow::Result<()> {
    ensure!(has_cargo("deny"), "cargo-deny is not installed");
    let output = cargo(["deny", "--locked", "check", "advisories"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", said.lines().last().unwrap_or("cargo-deny failed"));
    Ok(())
}

impl Policy {
    fn objections(&self, graph: &Graph) -> Vec<String> {
        let exceptions: BTreeMap<_, _> =
            self.licenses.exceptions.iter().map(|one| (one.name.as_str(), &one.allow)).collect();
        let mut objections = Vec::new();
        for package in &graph.packages {
            let mut object = |why: String| {
                objections.push(format!("{} {}: {why}", package.name, package.version));
            };
            if let Some(ban) = self.bans.deny.iter().find(|ban| ban.name == package.name) {
                object(format!("banned: {}", ban.reason));
            }
            let exception = exceptions.get(package.name.as_str());
            let is_allowed = |id: &str| {
                self.licenses.allow.contains(id) || exception.is_some_and(|allowed| allowed.contains(id))
            };
            if let Err(why) = check_licence(package.license.as_deref(), is_allowed) {
                object(why);
            }
            match &package.source {
                Some(source) if !self.is_allowed_source(source) => object(format!("comes from {source}")),
                Some(_) => {}
                None => {
                    let wild = package.dependencies.iter().find(|one| one.req == "*" && one.path.is_none());
                    if let Some(wild) = wild {
                        object(format!("takes any version of {}", wild.name));
                    }
                }
            }
        }
        objections
    }

    fn is_allowed_source(&self, source: &str) -> bool {
        source
            .strip_prefix("registry+")
            .is_some_and(|registry| self.sources.allow_registry.contains(registry))
    }
}

fn check_licence(licence: Option<&str>, is_allowed: impl Fn(&str) -> bool) -> Result<(), String> {
    let text = licence.ok_or("names no licence")?;
    let parsed = Expression::parse_mode(text, ParseMode::LAX);
    let parsed = parsed.map_err(|_| format!("its licence cannot be read: {text}"))?;
    // An exception such as LLVM's only allows more.
    let is_met = parsed.evaluate(|required| required.license.id().is_some_and(|id| is_allowed(id.name)));
    if is_met { Ok(()) } else { Err(format!("its licence is not allowed: {text}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn objections(package: serde_json::Value) -> Vec<String> {
        let policy: Policy = toml::from_str(&fs::read_to_string(root().join(POLICY)).unwrap()).unwrap();
        let graph = serde_json::from_value(json!({ "packages": [package] })).unwrap();
        policy.objections(&graph)
    }

    fn package(name: &str, licence: &str, source: Option<&str>, req: &str) -> serde_json::Value {
        let dependencies = [json!({ "name": "other", "req": req, "path": null })];
        json!({ "name": name, "version": "1.0.0", "license": licence, "source": source, "dependencies": dependencies })
    }

    #[test]
    fn a_package_under_an_allowed_licence_from_the_registry_is_allowed() {
        for licence in ["MIT", "MIT OR MPL-2.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
            assert!(objections(package("good", licence, Some(REGISTRY), "^1")).is_empty(), "{licence}");
        }
        assert!(objections(package("webpki-roots", "CDLA-Permissive-2.0", Some(REGISTRY), "^1")).is_empty());
    }

    #[test]
    fn a_forged_licence_a_banned_crate_a_git_source_and_a_wildcard_are_not() {
        for licence in ["MPL-2.0", "MIT AND GPL-3.0", "", "Free as in beer", "CDLA-Permissive-2.0"] {
            assert_eq!(objections(package("bad", licence, Some(REGISTRY), "^1")).len(), 1, "{licence}");
        }
        assert_eq!(objections(package("openssl", "Apache-2.0", Some(REGISTRY), "^1")).len(), 1);
        let git = "git+https://example.org/bad?rev=1#1";
        assert_eq!(objections(package("bad", "MIT", Some(git), "^1")).len(), 1);
        assert_eq!(objections(package("ours", "MIT", None, "*")).len(), 1);
        let unnamed = json!({ "name": "bad", "version": "1.0.0", "license": null, "source": REGISTRY, "dependencies": [] });
        assert_eq!(objections(unnamed).len(), 1);
    }
}
