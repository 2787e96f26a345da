//! The web apps in a real browser, against the real server.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::Context;

use super::{javascript, web};
use crate::workspace::{self, Metadata, root};

/// A browser that the stories know.
pub(crate) struct Browser {
    /// How people call it.
    pub(crate) name: &'static str,
    /// Says which program it is, where it is not found by its name.
    variable: &'static str,
    programs: &'static [&'static str],
    /// What must be there beside it.
    needs: Option<&'static str>,
    /// What its stories' files begin with.
    stories: &'static str,
}

/// Chromium has most stories, and draws the pictures; without it there are none.
pub(crate) const BROWSERS: [Browser; 3] = [
    Browser {
        name: "Chromium",
        variable: "REFRAIN_TEST_CHROMIUM",
        programs: &["chromium", "chromium-browser", "google-chrome"],
        needs: None,
        stories: "",
    },
    Browser {
        name: "Firefox",
        variable: "REFRAIN_TEST_FIREFOX",
        programs: &["firefox-esr", "firefox"],
        needs: None,
        stories: "firefox",
    },
    Browser {
        name: "WebKit",
        variable: "REFRAIN_TEST_WEBKIT",
        programs: &["WebKitWebDriver"],
        needs: Some("Xvfb"),
        stories: "webkit",
    },
];

/// A browser that is here, and its program.
pub(crate) type Found = (&'static Browser, PathBuf);

impl Browser {
    /// Finds it, and a Node that can steer it.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn find(&'static self) -> anyhow::Result<Found> {
        javascript::find_node()?;
        if let Some(beside) = self.needs {
            program(beside).with_context(|| format!("{beside} is not installed"))?;
        }
        let named = env::var_os(self.variable).map(PathBuf::from);
        let found = named.or_else(|| self.programs.iter().find_map(|name| program(name)));
        Ok((self, found.with_context(|| format!("{} is not installed", self.name))?))
    }
}

/// Where the path has a program.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(name)).find(|place| place.is_file())
}

/// Installs what the apps are built and tested with. Before anything slow: a registry that has moved on is heard of early.
pub(crate) fn install() -> anyhow::Result<()> {
    let web = root().join("web");
    [web.clone(), web.join("lighthouse")].iter().try_for_each(|package| web::install(package))
}

/// Builds apps, server and stage, and runs the tests of those browsers that are here. If `long`, it also draws every screen,
/// which a page that has lost its way does not survive, and asks Lighthouse.
pub(crate) fn test(found: &[Found], long: bool) -> anyhow::Result<()> {
    install()?;
    let stage = Stage::build()?;
    rules()?;
    let draws = long && found.iter().any(|(browser, _)| browser.name == BROWSERS[0].name);
    // The longest go first, so that both workers end together.
    let mut files: Vec<_> = if draws { SCREENS.map(PathBuf::from).into() } else { Vec::new() };
    files.extend(stories(found)?);
    if draws {
        files.push(PathBuf::from("lighthouse/lighthouse.test.mjs"));
    }
    // What stories are unsteady is kept where the next run finds it.
    let mut play = stage.node(found, &["tests/play.mjs"]);
    workspace::run(play.args(&files).env("REFRAIN_UNSTEADY", &stage.unsteady))
}

/// The files of stories whose browser is here, in every folder but that of the rules.
fn stories(found: &[Found]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in fs::read_dir(root().join("web/tests"))? {
        let folder = folder?.path();
        if !folder.is_dir() || folder.ends_with(RULES) {
            continue;
        }
        for file in fs::read_dir(folder)? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let whose = BROWSERS.iter().rev().find(|browser| name.starts_with(browser.stories));
            let is_here = |browser: &Browser| found.iter().any(|(here, _)| here.name == browser.name);
            if name.ends_with(".test.mjs") && whose.is_some_and(is_here) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Tests the rules of the apps that need no page, in Node alone.
fn rules() -> anyhow::Result<()> {
    let web = root().join("web");
    let mut node = Command::new("node");
    node.current_dir(&web).arg("--test");
    for entry in fs::read_dir(web.join("tests").join(RULES))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            node.arg(path);
        }
    }
    workspace::run(&mut node)
}

/// Writes every screen, by day and by night, into a folder.
pub(crate) fn screenshots() -> anyhow::Result<PathBuf> {
    let stage = Stage::build()?;
    let found = [BROWSERS[0].find()?];
    for screens in SCREENS {
        workspace::run(&mut stage.node(&found, &[screens]))?;
    }
    Ok(stage.screens)
}

/// Draw every screen, by day and by night.
const SCREENS: [&str; 2] = ["tests/screens/console.mjs", "tests/screens/companion.mjs"];
/// The folder, in that of the tests, of what Node plays without a browser.
const RULES: &str = "rules";

/// What the stories play on: the built apps, the server, and a therapist who does what she is told.
struct Stage {
    apps: PathBuf,
    programs: PathBuf,
    screens: PathBuf,
    unsteady: PathBuf,
}

impl Stage {
    fn build() -> anyhow::Result<Self> {
        let apps = web::build(web::Packing::Quick)?;
        let programs = workspace::programs(true)?;
        let target = Metadata::own()?.target_directory;
        let (screens, unsteady) = (target.join("screenshots"), target.join("unsteady.json"));
        Ok(Self { apps, programs, screens, unsteady })
    }

    /// A Node in the web folder that is told where everything is.
    fn node(&self, found: &[Found], args: &[&str]) -> Command {
        let program = |name: &str| self.programs.join(format!("{name}{}", env::consts::EXE_SUFFIX));
        let mut node = Command::new("node");
        node.current_dir(root().join("web")).args(args);
        node.envs(found.iter().map(|(browser, program)| (browser.variable, program)));
        node.env("REFRAIN_TEST_WEB", &self.apps)
            .env("REFRAIN_TEST_STAGE", program("stage"))
            .env("REFRAIN_TEST_SERVER", program("refrain-under-test"))
            .env("REFRAIN_SCREENS", &self.screens);
        node
    }
}
