//! What the project needs beside Rust: found, or installed with a word on what and why.
//!
//! Cargo-built tools live in a folder outside the checkout (`ALLOWANCE_TOOLS`, else `~/.cache/allowance-tools`), named
//! by version, so that a clean clone finds them again. Node packages live in `e2e/node_modules`, the browser and
//! PostgreSQL come from the system.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::postgres;
use crate::shell::{self, Context, Outcome, cargo, fail, program, root, run};

const TRUNK: &str = "0.21.14";

/// The version of the library in Cargo.lock, of `xtask/wasm-bindgen`, and of the tool: one number.
const WASM_BINDGEN: &str = "0.2.130";

/// The oldest major version of Node.js on which the packages run.
const NODE: u32 = 20;

const WASM: &str = "wasm32-unknown-unknown";

/// Says where tools are kept.
const CACHE_VARIABLE: &str = "ALLOWANCE_TOOLS";

/// Says which browser to test in; the tests read it too.
pub(crate) const CHROMIUM_VARIABLE: &str = "ALLOWANCE_CHROMIUM";

/// Variables for xtask, which the server would refuse as settings that it does not know.
pub(crate) const VARIABLES: [&str; 3] = [CACHE_VARIABLE, CHROMIUM_VARIABLE, postgres::VARIABLE];

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What Trunk needs, and the PATH on which it finds it.
pub(crate) fn for_web() -> Outcome<OsString> {
    wasm_target()?;
    let folders = [trunk()?, wasm_bindgen()?, node_modules()?.join(".bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path))).context("an odd PATH")
}

/// The compiler's WebAssembly target.
pub(crate) fn wasm_target() -> Outcome {
    let sysroot = shell::read(program("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    if shell::find("rustup").is_none() {
        return fail(format!(
            "Rust's target {WASM} is missing, and there is no rustup to add it: see https://rustup.rs"
        ));
    }
    installing(
        &format!("the Rust target {WASM}"),
        "the web app is compiled to WebAssembly",
        || run(program("rustup").args(["target", "add", WASM])),
    )
}

fn trunk() -> Outcome<PathBuf> {
    let folder = cache()?.join(format!("trunk-{TRUNK}"));
    if !folder.join("bin/trunk").is_file() {
        installing(
            &format!("trunk {TRUNK}"),
            "it bundles the web app (a few minutes, once)",
            || {
                let wanted = format!("trunk@{TRUNK}");
                run(quickly_built(&mut cargo(&["install", "--locked", &wanted]))
                    .arg("--root")
                    .arg(&folder))
            },
        )?;
    }
    Ok(folder.join("bin"))
}

/// Our own `wasm-bindgen`, which also cuts the app into parts; built anew when it changes.
fn wasm_bindgen() -> Outcome<PathBuf> {
    let package = root().join("xtask/wasm-bindgen");
    let mut hasher = DefaultHasher::new();
    for source in ["Cargo.lock", "src/main.rs"] {
        let path = package.join(source);
        let text = std::fs::read(&path).context(format!("cannot read {}", path.display()))?;
        text.hash(&mut hasher);
    }
    let folder = cache()?.join(format!("wasm-bindgen-{WASM_BINDGEN}-{:016x}", hasher.finish()));
    let bin = folder.join("bin");
    if !bin.join("wasm-bindgen").is_file() {
        installing(
            &format!("wasm-bindgen {WASM_BINDGEN}"),
            "it cuts the web app into parts and joins them with JavaScript (a few minutes, once)",
            || {
                let built = folder.join("build");
                let mut build = cargo(&[
                    "build",
                    "--locked",
                    "--release",
                    "--manifest-path",
                    "xtask/wasm-bindgen/Cargo.toml",
                ]);
                run(quickly_built(&mut build).arg("--target-dir").arg(&built))?;
                std::fs::create_dir_all(&bin).context(format!("cannot make {}", bin.display()))?;
                std::fs::rename(built.join("release/wasm-bindgen"), bin.join("wasm-bindgen"))
                    .context("cannot move it")?;
                std::fs::remove_dir_all(&built).context("cannot clear up")
            },
        )?;
    }
    Ok(bin)
}

/// The packages of `e2e/package-lock.json`: Playwright, axe, and the wasm-opt that Trunk calls.
pub(crate) fn node_modules() -> Outcome<PathBuf> {
    node()?;
    let folder = root().join("e2e/node_modules");
    let (lock, stamp) = (
        root().join("e2e/package-lock.json"),
        folder.join(".installed-lock"),
    );
    let wanted = std::fs::read(&lock).context(format!("cannot read {}", lock.display()))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    installing(
        "the packages of e2e/package-lock.json",
        "browser tests, and wasm-opt for the web app",
        || {
            run(program("npm").arg("ci").current_dir(root().join("e2e")))?;
            std::fs::write(&stamp, &wanted).context(format!("cannot write {}", stamp.display()))
        },
    )?;
    Ok(folder)
}

fn node() -> Outcome {
    for name in ["node", "npm"] {
        if shell::find(name).is_none() {
            return fail(format!(
                "`{name}` is missing. Install Node.js {NODE} or newer with npm, from your distribution or https://nodejs.org"
            ));
        }
    }
    let version = shell::read(program("node").arg("--version"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        return fail(format!("Node.js {NODE} or newer is needed; this is {version}"));
    }
    Ok(())
}

/// A Chromium to test in: `ALLOWANCE_CHROMIUM`, or the system's.
pub(crate) fn chromium() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(CHROMIUM_VARIABLE) {
        return Ok(path.into());
    }
    let find = || BROWSERS.iter().find_map(|name| shell::find(name));
    if find().is_none() {
        system_package("chromium", "the end-to-end tests run in a real browser")?;
    }
    match find() {
        Some(path) => Ok(path),
        None => fail(format!("no Chromium found; name one in {CHROMIUM_VARIABLE}")),
    }
}

/// The folder with PostgreSQL's server programs, newest version first.
pub(crate) fn postgres() -> Outcome<PathBuf> {
    if find_postgres().is_none() {
        system_package("postgresql", "the tests run on PostgreSQL too")?;
    }
    match find_postgres() {
        Some(path) => Ok(path),
        None => {
            fail("no PostgreSQL server found: neither `postgres` on the PATH nor /usr/lib/postgresql/*/bin")
        }
    }
}

fn find_postgres() -> Option<PathBuf> {
    let on_path = || shell::find("postgres")?.parent().map(Path::to_path_buf);
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let debian = versions.into_iter().flatten().flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("initdb").is_file().then_some((version, folder))
    });
    debian.max().map(|(_, folder)| folder).or_else(on_path)
}

fn system_package(package: &str, why: &str) -> Outcome {
    if shell::find("apt-get").is_none() {
        return fail(format!(
            "{package} is missing ({why}), and there is no apt-get here: please install it by hand"
        ));
    }
    installing(&format!("{package} from the system's packages"), why, || {
        run(&mut as_root(&["apt-get", "update", "-q"]))?;
        run(&mut as_root(&[
            "apt-get",
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            package,
        ]))
    })
}

fn as_root(words: &[&str]) -> Command {
    let is_root = shell::read(program("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0");
    let mut command = program(if is_root { "env" } else { "sudo" });
    command.arg("DEBIAN_FRONTEND=noninteractive").args(words);
    command
}

/// Settings under which a tool is built in a third of the time; it runs a little slower, which nobody notices.
fn quickly_built(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
}

fn cache() -> Outcome<PathBuf> {
    if let Some(folder) = std::env::var_os(CACHE_VARIABLE) {
        return Ok(folder.into());
    }
    match std::env::home_dir() {
        Some(home) => Ok(home.join(".cache/allowance-tools")),
        None => fail(format!(
            "no home folder: say in {CACHE_VARIABLE} where tools may live"
        )),
    }
}

fn installing(what: &str, why: &str, install: impl FnOnce() -> Outcome) -> Outcome {
    println!("Installing {what}: {why}.");
    let started = Instant::now();
    install()?;
    println!("Installed {what} in {:.1} s.", started.elapsed().as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trunk refuses a wasm-bindgen that is not the library's version, so an update has to reach all three places.
    #[test]
    fn wasm_bindgen_has_one_version() {
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let wanted = format!("name = \"wasm-bindgen\"\nversion = \"{WASM_BINDGEN}\"\n");
        assert!(
            lock.contains(&wanted),
            "Cargo.lock holds another wasm-bindgen than {WASM_BINDGEN}"
        );
        let tool = std::fs::read_to_string(root().join("xtask/wasm-bindgen/Cargo.toml")).unwrap();
        assert!(tool.contains(&wanted), "xtask/wasm-bindgen is not {WASM_BINDGEN}");
    }
}
