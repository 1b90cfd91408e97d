//! `wasm-bindgen`, by way of the library behind it – and before it, the cut.
//!
//! The web app marks functions that are fetched when they are first called. Only before wasm-bindgen does the module
//! still tell what reaches what, so this is where it is cut. The parts and the script that fetches them are laid into
//! the folder `parts` beside wasm-bindgen's output; Trunk knows nothing of them, its hook (`xtask/web/finish.mjs`)
//! carries them on.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let option = |name: &str| {
        let mut words = arguments.iter().filter_map(|word| word.to_str());
        words.find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    };
    // Trunk names both; without them it only asks for the version.
    if let (Some(folder), Some(name)) = (option("--out-dir"), option("--out-name")) {
        let module = arguments
            .iter_mut()
            .find(|word| Path::new(word).extension().is_some_and(|end| end == "wasm"));
        let module = module.context("no module is named")?;
        *module = cut(Path::new(module), Path::new(&folder), &name)?.into();
        // The parts share the table and the memory, which are exports of the linker's.
        arguments.extend(["--keep-lld-exports", "--remove-name-section"].map(OsString::from));
    }
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)
}

/// Cuts a module into `parts` and what is loaded at once, and tells where the latter lies.
fn cut(module: &Path, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let whole = std::fs::read(module).context("cannot read the module")?;
    let parts = folder.join("parts");
    if parts.exists() {
        std::fs::remove_dir_all(&parts).context("cannot clear away the last parts")?;
    }
    let mut hasher = DefaultHasher::new();
    whole.hash(&mut hasher);
    let script = format!("./parts-{:016x}.js", hasher.finish());
    let main_script = format!("./{name}.js");
    let main = folder.join("main.wasm");

    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = &parts;
    options.main_out_path = &main;
    options.main_module = &main_script;
    options.link_name = &script;
    wasm_split_cli_support::transform(options).map_err(|report| anyhow!("{report:#}"))?;
    Ok(main)
}
