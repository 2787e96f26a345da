//! A noun keeps its name: each file of `http` that owns a route has a room of its name in the domain.

use std::{collections::BTreeSet, fs, path::Path};

/// Files of routes that ask a room of another name, each for a reason.
const EXCEPT: [&str; 2] = [
    // Whether the process lives asks nothing; whether it is ready asks `jobs/readiness`.
    "health",
    // An address of the settings, which no room keeps.
    "security_txt",
];

/// The files of routes that have no room of their name, as sentences.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn without_a_room(server: &Path) -> anyhow::Result<Vec<String>> {
    let (mut routes, mut rooms) = (BTreeSet::new(), BTreeSet::new());
    gather(&server.join("http"), &mut |name, text| {
        if text.contains("#[utoipa::path(") {
            routes.insert(name.to_owned());
        }
    })?;
    gather(&server.join("domain"), &mut |name, _| {
        rooms.insert(name.to_owned());
    })?;
    let homeless = routes.iter().filter(|name| !rooms.contains(*name) && !EXCEPT.contains(&name.as_str()));
    Ok(homeless.map(|name| format!("http/…/{name}.rs owns a route and has no room in the domain")).collect())
}

/// Tells each Rust file by its name and text; tests are left out.
fn gather(folder: &Path, tell: &mut impl FnMut(&str, &str)) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            gather(&path, tell)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            tell(&name, &fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_without_a_room_of_its_name_is_found() {
        let server = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = server.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("http/desk/releases.rs", "#[utoipa::path(get)]");
        write("http/wire/json.rs", "");
        write("domain/desk/releases.rs", "");
        assert!(without_a_room(server.path()).unwrap().is_empty());
        write("http/people/push.rs", "#[utoipa::path(post)]");
        assert_eq!(without_a_room(server.path()).unwrap().len(), 1);
    }
}
