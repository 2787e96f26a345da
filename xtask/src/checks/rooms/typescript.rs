//! The rooms of a TypeScript app: its files, and what they import from each other.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::graph::Graph;

const ENDINGS: [&str; 3] = ["ts", "tsx", "mjs"];

/// Reads the graph of all files in a folder.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn read(source: &Path) -> anyhow::Result<Graph> {
    let mut graph = Graph::default();
    gather(source, source, &mut graph)?;
    Ok(graph)
}

fn gather(source: &Path, folder: &Path, graph: &mut Graph) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(source, &path, graph)?;
        } else if is_source(&path) {
            let room = name(source, &path);
            graph.add_room(&room);
            for import in imports(&fs::read_to_string(&path)?) {
                let target = plain(&folder.join(import));
                if let Some(target) = file_of(&target).filter(|target| target.starts_with(source)) {
                    graph.add_arrow(&room, &name(source, &target));
                }
            }
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// The file of a specifier, which may have no ending.
fn file_of(target: &Path) -> Option<PathBuf> {
    let with = |ending: &str| PathBuf::from(format!("{}.{ending}", target.display()));
    let mut places = std::iter::once(target.to_owned()).chain(ENDINGS.map(with));
    places.find(|place| is_source(place) && place.is_file())
}

fn name(source: &Path, path: &Path) -> String {
    path.strip_prefix(source).unwrap_or(path).to_string_lossy().into_owned()
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

/// Relative specifiers of `import … from "…"`, `export … from "…"`, `import "…"` and `import("…")`.
fn imports(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for before in ["from \"", "import \"", "import(\""] {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            found.extend(rest.split_once('"').map(|(path, _)| path).filter(|path| path.starts_with('.')));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_import_is_an_arrow() {
        let text = "import { a } from \"./a.ts\";\nimport \"./b.ts\";\nexport * from \"../c.ts\";\n\
                    const d = await import(\"./d.tsx\");\nimport { h } from \"preact\";";
        let mut found = imports(text);
        found.sort_unstable();
        assert_eq!(found, ["../c.ts", "./a.ts", "./b.ts", "./d.tsx"]);
    }
}
