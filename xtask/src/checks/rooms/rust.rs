//! The rooms of a Rust crate: its module files, and the paths by which they name each other. Tests are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree, Visibility, visit::Visit};

use super::graph::Graph;

/// Files of these names are tests, or for tests alone.
const FOR_TESTS: [&str; 2] = ["tests", "testing"];

/// Reads the graph of the crate whose `lib.rs` or `main.rs` is in this folder.
///
/// # Errors
/// When a file cannot be read or parsed.
pub(crate) fn read(source: &Path) -> anyhow::Result<Graph> {
    let mut files = BTreeMap::new();
    gather(source, &[], &mut files)?;
    let mut krate = Crate { rooms: files.keys().cloned().collect(), doors: BTreeMap::new() };
    for (room, file) in &files {
        for item in &file.items {
            if let Item::Use(item) = item
                && !matches!(item.vis, Visibility::Inherited)
            {
                for (name, path) in used(item) {
                    krate.doors.insert((room.clone(), name), path);
                }
            }
        }
    }
    let mut graph = Graph::default();
    for (room, file) in &files {
        graph.add_room(&room.join("/"));
        let mut paths = Paths::default();
        paths.visit_file(file);
        for path in &paths.0 {
            if let Some(to) = krate.find(room, path) {
                graph.add_arrow(&room.join("/"), &to.join("/"));
            }
        }
    }
    Ok(graph)
}

/// A module's path below the crate.
type Module = Vec<String>;

struct Crate {
    rooms: BTreeSet<Module>,
    /// What a module lets others use under its own name.
    doors: BTreeMap<(Module, String), Vec<String>>,
}

impl Crate {
    /// The room that a path leads to, as it is written in a room.
    fn find(&self, here: &Module, path: &[String]) -> Option<Module> {
        self.walk(here, path, 0)
    }

    fn walk(&self, here: &Module, path: &[String], doors: usize) -> Option<Module> {
        let mut at = here.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" | "super" => {
                while let [first, further @ ..] = rest
                    && matches!(first.as_str(), "self" | "super")
                {
                    if first == "super" {
                        at.pop();
                    }
                    rest = further;
                }
            }
            first => {
                let child = [here.as_slice(), &[first.to_owned()]].concat();
                let is_ours =
                    self.rooms.contains(&child) || self.doors.contains_key(&(here.clone(), first.to_owned()));
                is_ours.then_some(())?;
            }
        }
        while let [name, further @ ..] = rest {
            let child = [at.as_slice(), std::slice::from_ref(name)].concat();
            if self.rooms.contains(&child) {
                (at, rest) = (child, further);
                continue;
            }
            let door = self.doors.get(&(at.clone(), name.clone()));
            // Two doors may lead to each other.
            if let Some(door) = door.filter(|_| doors < 8) {
                let behind = [door.as_slice(), further].concat();
                return self.walk(&at, &behind, doors + 1).or(Some(at));
            }
            break;
        }
        Some(at)
    }
}

fn gather(folder: &Path, module: &[String], files: &mut BTreeMap<Module, syn::File>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if FOR_TESTS.contains(&name.as_str()) || name == "bin" {
            continue;
        }
        let below = [module, std::slice::from_ref(&name)].concat();
        if path.is_dir() {
            gather(&path, &below, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let is_program = name == "main" && folder.join("lib.rs").is_file();
            if is_program {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let file = syn::parse_file(&text).with_context(|| path.display().to_string())?;
            let is_head = matches!(name.as_str(), "mod" | "lib" | "main");
            files.insert(if is_head { module.to_vec() } else { below }, file);
        }
    }
    Ok(())
}

/// Each name that a `use` brings, and its path.
fn used(item: &ItemUse) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    unfold(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn unfold(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            unfold(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            found.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push((name.clone(), [before.as_slice(), &[name]].concat()));
        }
        UseTree::Rename(renamed) => {
            let path = [before.as_slice(), &[renamed.ident.to_string()]].concat();
            found.push((renamed.rename.to_string(), path));
        }
        UseTree::Glob(_) => found.push(("*".to_owned(), before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| unfold(tree, before, found)),
    }
}

/// Every path of a file outside of its tests.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.0.extend(used(item).into_iter().map(|(_, path)| path));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.0.push(names);
        }
        syn::visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let graph = read(folder.path()).unwrap();
        graph.arrows().map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
    }

    fn arrow(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn an_arrow_is_a_use_or_a_path_and_not_what_tests_use() {
        let found = graph(&[
            ("lib.rs", "mod desk; mod store;"),
            ("desk.rs", "use crate::{store::{self, Row}}; #[cfg(test)] mod tests { use crate::desk::x; }"),
            ("store.rs", "fn f() -> super::desk::Desk { todo() } #[cfg(test)] fn g() { crate::desk::h() }"),
        ]);
        assert_eq!(found, [arrow("desk", "store"), arrow("store", "desk")]);
    }

    #[test]
    fn an_arrow_leads_through_a_door_to_the_room_behind_it() {
        let found = graph(&[
            ("lib.rs", "mod desk; mod store;"),
            ("desk.rs", "use crate::store::{clients, Row};"),
            ("store/mod.rs", "mod people; mod rows; pub use people::clients; pub use rows::Row;"),
            ("store/people/mod.rs", "pub mod clients;"),
            ("store/people/clients.rs", ""),
            ("store/rows.rs", ""),
        ]);
        assert!(found.contains(&arrow("desk", "store/people/clients")), "{found:?}");
        assert!(found.contains(&arrow("desk", "store/rows")), "{found:?}");
    }
}
