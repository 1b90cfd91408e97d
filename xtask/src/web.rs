//! The web app: building it with Trunk, and knowing when that is not needed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::shell::{self, Context, Outcome, cargo, program, root, target_dir};
use crate::{size, tools};

/// What the web app is made of. Whatever is newer than the last build causes the next one.
const SOURCES: [&str; 12] = [
    ".cargo/config.toml",
    "frontend",
    "crates/api-types",
    "crates/domain",
    "crates/grid",
    "crates/values",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "e2e/package-lock.json",
    "xtask/wasm-bindgen",
    "xtask/web",
];

/// `web`
pub(crate) fn run(_: &[String]) -> Outcome {
    build()?;
    size::check()
}

/// Where the built app lies, to be embedded in the server.
pub(crate) fn dist() -> PathBuf {
    root().join("frontend/dist")
}

/// Builds the release web app, unless the last build is younger than every source.
pub(crate) fn build() -> Outcome {
    if is_built() {
        println!("The web app is up to date.");
        return Ok(());
    }
    let started = SystemTime::now();
    shell::run(trunk("build")?.arg("--release"))?;
    // What was edited while it was built counts as newer.
    let page = std::fs::File::options()
        .append(true)
        .open(dist().join("index.html"));
    page.and_then(|page| page.set_modified(started))
        .context("cannot stamp the built page")
}

/// Trunk with its tools found, its own target folder (so that it never waits for the server's build) and nothing downloaded.
pub(crate) fn trunk(verb: &str) -> Outcome<Command> {
    let path = tools::for_web()?;
    let mut command = program("trunk");
    command
        .arg(verb)
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", web_target())
        .env_remove("NO_COLOR");
    command
        .env("TRUNK_OFFLINE", "true")
        .env("TRUNK_SKIP_VERSION_CHECK", "true");
    Ok(command)
}

/// Lints the web app as what it is: WebAssembly.
pub(crate) fn clippy() -> Outcome {
    tools::wasm_target()?;
    let mut clippy = cargo(&[
        "clippy",
        "--package",
        "allowance-web",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    shell::run(
        clippy
            .arg("--target-dir")
            .arg(web_target())
            .args(["--", "-D", "warnings"]),
    )
}

pub(crate) fn web_target() -> PathBuf {
    target_dir().join("web")
}

/// A release build leaves compressed files; a bare `trunk serve` writes over them and leaves none.
fn is_built() -> bool {
    let Ok(built) = std::fs::metadata(dist().join("index.html")).and_then(|page| page.modified()) else {
        return false;
    };
    let is_release =
        size::files(&dist()).is_ok_and(|files| files.iter().any(|file| file.name.ends_with(".wasm.br")));
    is_release
        && SOURCES
            .iter()
            .all(|source| newest(&root().join(source)).is_some_and(|edited| edited <= built))
}

/// When the youngest file at or below the path was written; build output does not count.
fn newest(path: &Path) -> Option<SystemTime> {
    if path == dist() || path.ends_with("target") {
        return None;
    }
    if !path.is_dir() {
        return std::fs::metadata(path).ok()?.modified().ok();
    }
    let entries = std::fs::read_dir(path).ok()?;
    entries.flatten().filter_map(|entry| newest(&entry.path())).max()
}
