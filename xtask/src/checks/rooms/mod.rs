//! Rooms: a newcomer finds the right file, and dependencies run one way. `cargo xtask rooms` keeps both.
//!
//! It fails on an arrow against the declared direction, on a circle that is more than a parent with its own children, on a
//! folder of more than [`FILES_MAX`] files, and on a source file of more than [`LINES_MAX`] lines.

mod graph;
mod routes;
mod rust;
mod typescript;

use std::{fs, path::Path};

use anyhow::ensure;

use self::graph::Graph;
use crate::workspace::root;

/// The most source files in one folder.
const FILES_MAX: usize = 15;
/// The most lines in one source file.
const LINES_MAX: usize = 400;

/// The rooms of the server from the ground up: each uses only those before it in this list.
const SERVER: [&str; 25] = [
    "nouns",
    "turns",
    "ledger",
    "objects",
    "store",
    "keys",
    "push",
    "ground",
    "domain/records",
    "domain/documents",
    "domain/credentials",
    "domain/people",
    "domain/callers",
    "domain/decisions",
    "domain/clips",
    "domain/leases",
    "domain/desk",
    "domain/sync",
    "domain/jobs",
    "app",
    "config",
    "http",
    "workers",
    "serve",
    "cli",
];

/// Rooms that must not know each other, although one stands above the other: HTTP asks the domain and nothing else.
const SHUT: [(&str, &[&str]); 1] = [("http", &["store", "ledger", "keys", "objects"])];

/// A tree of rooms.
struct Tree {
    name: &'static str,
    source: &'static str,
    read: fn(&Path) -> anyhow::Result<Graph>,
    /// From the ground up; empty where only circles are forbidden.
    order: &'static [&'static str],
}

const TREES: [Tree; 10] = [
    Tree { name: "media", source: "media/src", read: rust::read, order: &[] },
    Tree { name: "sync-core", source: "sync-core/src", read: rust::read, order: &[] },
    Tree { name: "proofs", source: "proofs/src", read: rust::read, order: &[] },
    Tree { name: "server", source: "server/src", read: rust::read, order: &SERVER },
    Tree { name: "tests", source: "tests/src", read: rust::read, order: &[] },
    Tree { name: "bridge", source: "web/bridge/src", read: rust::read, order: &[] },
    Tree { name: "xtask", source: "xtask/src", read: rust::read, order: &[] },
    Tree { name: "ui", source: "web/ui", read: typescript::read, order: &[] },
    Tree { name: "companion", source: "web/companion/src", read: typescript::read, order: &[] },
    Tree { name: "console", source: "web/console/src", read: typescript::read, order: &[] },
];

/// Where source files are counted.
const FOLDERS: [&str; 9] =
    ["fuzz/fuzz_targets", "media", "proofs", "server", "sync-core", "tests", "web", "xtask", ".ci"];
const ENDINGS: [&str; 5] = ["rs", "ts", "tsx", "mjs", "css"];
/// Written by tools or by others.
const NOT_OURS: [&str; 3] = ["node_modules", "pkg", "target"];

/// Files and folders that are too large still. One that has shrunk fails until its line is gone.
const NOT_YET: [&str; 0] = [];

/// Checks every tree, and prints its figures.
///
/// # Errors
/// When a rule is broken; each break has been printed.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut broken = Vec::new();
    println!(
        "{:<10} {:>6} {:>7} {:>7} {:>7} {:>8}",
        "tree", "rooms", "floors", "arrows", "upward", "circles"
    );
    for tree in &TREES {
        let graph = (tree.read)(&root().join(tree.source))?;
        let upward = upward(&graph, tree.order);
        let circles = graph.forbidden_circles();
        println!(
            "{:<10} {:>6} {:>7} {:>7} {:>7} {:>8}",
            tree.name,
            graph.rooms(),
            graph.floors(),
            graph.arrows().count(),
            upward.len(),
            circles.len()
        );
        broken
            .extend(upward.into_iter().map(|(from, to)| format!("{}: {from} must not use {to}", tree.name)));
        broken.extend(circles.into_iter().map(|circle| {
            let rooms: Vec<_> = circle.into_iter().collect();
            format!("{}: a circle of {}: {}", tree.name, rooms.len(), rooms.join(", "))
        }));
    }
    broken.extend(routes::without_a_room(&root().join("server/src"))?);
    let mut large = Vec::new();
    for folder in FOLDERS {
        count(&root().join(folder), &mut large)?;
    }
    let shrunk = NOT_YET.iter().filter(|known| !large.iter().any(|(path, _)| path == *known));
    broken.extend(shrunk.map(|path| format!("{path} is not too large any more: take it off the list")));
    let new = large.iter().filter(|(path, _)| !NOT_YET.contains(&path.as_str()));
    broken.extend(new.map(|(path, why)| format!("{path}: {why}")));
    broken.iter().for_each(|line| println!("  {line}"));
    ensure!(broken.is_empty(), "{} rooms are not in order", broken.len());
    Ok(())
}

/// Arrows against the order, and through doors that are shut.
fn upward(graph: &Graph, order: &[&str]) -> Vec<(String, String)> {
    let floor = |room: &str| order.iter().position(|known| lies_in(room, known));
    let is_wrong = |from: &str, to: &str| {
        let is_upward = matches!((floor(from), floor(to)), (Some(from), Some(to)) if to > from);
        let is_shut = !order.is_empty()
            && SHUT
                .iter()
                .any(|(above, below)| lies_in(from, above) && below.iter().any(|below| lies_in(to, below)));
        is_upward || is_shut
    };
    let wrong = graph.arrows().filter(|(from, to)| is_wrong(from, to));
    wrong.map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
}

fn lies_in(room: &str, folder: &str) -> bool {
    room.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Folders with too many files, and files with too many lines.
fn count(folder: &Path, large: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            count(&path, large)?;
        } else if path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) {
            let text = fs::read_to_string(&path)?;
            let lines = text.lines().count();
            files += 1;
            if lines > LINES_MAX && !text.starts_with(WRITTEN_BY_A_TOOL) {
                large.push((shown(&path), format!("{lines} lines, {LINES_MAX} at most")));
            }
        }
    }
    if files > FILES_MAX {
        large.push((shown(folder), format!("{files} files, {FILES_MAX} at most")));
    }
    Ok(())
}

/// How a file begins that a tool has written.
const WRITTEN_BY_A_TOOL: &str = "/**\n * This file was auto-generated";

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_against_the_order_or_through_a_shut_door_is_found() {
        let mut graph = Graph::default();
        graph.add_arrow("domain/desk/releases", "domain/decisions/commit");
        graph.add_arrow("http/desk", "domain/desk/releases");
        assert!(upward(&graph, &SERVER).is_empty());
        graph.add_arrow("domain/decisions/commit", "domain/desk");
        graph.add_arrow("http/desk", "store/people/clients");
        let found = upward(&graph, &SERVER);
        assert_eq!(
            found.iter().map(|(from, _)| from.as_str()).collect::<Vec<_>>(),
            ["domain/decisions/commit", "http/desk"]
        );
    }
}
