//! What the first visit costs: the compressed size of the web app, held under a budget.

use std::path::Path;

use crate::shell::{Context, Outcome, fail};
use crate::web;

/// The WebAssembly module, brotli, in bytes. The aim is 300,000.
const WASM_BUDGET: u64 = 430_000;

/// Everything the first page loads, compressed, in bytes. The aim is 350,000.
const FIRST_VISIT_BUDGET: u64 = 470_000;

/// A file of the built app.
pub(crate) struct File {
    pub(crate) name: String,
    bytes: u64,
}

/// Prints what each part weighs, and fails above a budget.
pub(crate) fn check() -> Outcome {
    let files = files(&web::dist())?;
    let mut total = 0;
    let mut wasm = None;
    for file in files
        .iter()
        .filter(|file| !file.name.ends_with(".br") && !file.name.ends_with(".gz"))
    {
        let packed = format!("{}.br", file.name);
        let sent = files
            .iter()
            .find(|other| other.name == packed)
            .map_or(file.bytes, |packed| packed.bytes);
        println!("{sent:>9} bytes of {:>9}  {}", file.bytes, file.name);
        total += sent;
        if file.name.ends_with(".wasm") {
            wasm = Some(sent);
        }
    }
    let Some(wasm) = wasm else {
        return fail("frontend/dist holds no web app");
    };
    println!("{wasm:>9} bytes of {WASM_BUDGET:>9}  budget for WebAssembly");
    println!("{total:>9} bytes of {FIRST_VISIT_BUDGET:>9}  budget for the first visit");
    if wasm > WASM_BUDGET || total > FIRST_VISIT_BUDGET {
        return fail("the web app is heavier than its budget (xtask/src/size.rs)");
    }
    Ok(())
}

/// The files of the built app, by name.
pub(crate) fn files(dist: &Path) -> Outcome<Vec<File>> {
    let mut files = Vec::new();
    collect(dist, dist, &mut files).context("cannot read frontend/dist")?;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn collect(dist: &Path, folder: &Path, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(dist, &path, files)?;
        } else {
            let name = path.strip_prefix(dist).unwrap_or(&path).display().to_string();
            files.push(File {
                name,
                bytes: std::fs::metadata(&path)?.len(),
            });
        }
    }
    Ok(())
}
