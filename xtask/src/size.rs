//! What a visit costs: the compressed size of the web app, held under budgets.

use std::path::Path;

use crate::shell::{Context, Outcome, fail};
use crate::web;

/// The WebAssembly module that every page needs, brotli, in bytes.
const MAIN_BUDGET: u64 = 300_000;

/// All parts together, so that none grows where nobody looks. Nobody fetches them all.
const TOTAL_BUDGET: u64 = 900_000;

/// Where people begin, the part of the app that is fetched for it, and what all that is loaded may weigh, compressed.
/// The aim is 350,000.
const PAGES: [(&str, Option<&str>, u64); 6] = [
    ("/sign-in", None, 350_000),
    ("/wallet", Some("own"), 350_000),
    ("/allocations", Some("allocations"), 356_000),
    ("/costs", Some("costs"), 350_000),
    ("/holds", Some("platforms"), 370_000),
    ("/people", Some("office"), 380_000),
];

/// A file of the built app.
pub(crate) struct File {
    pub(crate) name: String,
    bytes: u64,
}

/// Prints what each file weighs, and fails above a budget.
pub(crate) fn check() -> Outcome {
    let dist = web::dist();
    let files = files(&dist)?;
    let mut sent = Vec::new();
    for file in files.iter().filter(|file| !is_packed(&file.name)) {
        let packed = format!("{}.br", file.name);
        let packed = files.iter().find(|other| other.name == packed);
        let bytes = packed.map_or(file.bytes, |packed| packed.bytes);
        println!("{bytes:>9} bytes of {:>9}  {}", file.bytes, file.name);
        sent.push((file.name.as_str(), bytes));
    }
    let Some((script, _)) = sent.iter().find(|(name, _)| name.starts_with("parts-")) else {
        return fail("frontend/dist holds no web app");
    };
    let script = std::fs::read_to_string(dist.join(script)).context("cannot read the parts' script")?;
    let total = |is_counted: &dyn Fn(&str) -> bool| -> u64 {
        let counted = sent.iter().filter(|(name, _)| is_counted(name));
        counted.map(|(_, bytes)| bytes).sum()
    };

    println!();
    let mut is_light = true;
    let mut hold = |what: &str, bytes: u64, budget: u64| {
        is_light &= bytes <= budget;
        println!("{bytes:>9} bytes of {budget:>9}  {what}");
    };
    hold(
        "the main module",
        total(&|name| name.ends_with("_bg.wasm")),
        MAIN_BUDGET,
    );
    for (page, part, budget) in PAGES {
        let parts = match part {
            Some(part) => files_of(part, &script)?,
            None => Vec::new(),
        };
        let is_loaded = |name: &str| !is_part(name) || parts.iter().any(|part| name.starts_with(part));
        hold(&format!("first page {page}"), total(&is_loaded), budget);
    }
    hold("everything", total(&|_| true), TOTAL_BUDGET);
    if is_light {
        return Ok(());
    }
    fail("the web app is heavier than its budget (xtask/src/size.rs)")
}

fn is_packed(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

/// Whether a file is fetched only with a part that needs it.
fn is_part(name: &str) -> bool {
    name.starts_with("split_") || name.starts_with("chunk_")
}

/// How the names of a part's files begin: its own, and those it shares with other parts. The script that fetches them
/// says so: `export const __wasm_split_load_own = …(fetch(new URL("./split_own-….wasm" …, [__chunk_5, __chunk_6]))`.
fn files_of(part: &str, script: &str) -> Outcome<Vec<String>> {
    let loader = script
        .split("export const")
        .find(|text| text.starts_with(&format!(" __wasm_split_load_{part} ")));
    let shared = loader.and_then(|loader| loader.rsplit_once('[')?.1.split_once(']'));
    let Some((shared, _)) = shared else {
        return fail(format!("the web app has no part `{part}`"));
    };
    let shared = shared.split(',').map(str::trim).filter(|chunk| !chunk.is_empty());
    let shared = shared.map(|chunk| format!("{}-", chunk.trim_start_matches('_')));
    Ok(std::iter::once(format!("split_{part}-")).chain(shared).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_comes_with_what_it_shares() {
        let script = "const __chunk_5 = makeLoad(() => {}, []);\n\
            export const __wasm_split_load_own = wrapAsyncCb(makeLoad(() => fetch(\"./split_own-1.wasm\"), [__chunk_5, __chunk_12]));\n\
            export const __wasm_split_load_office = wrapAsyncCb(makeLoad(() => fetch(\"./split_office-2.wasm\"), []));";
        let own = ["split_own-", "chunk_5-", "chunk_12-"].map(str::to_owned);
        assert_eq!(files_of("own", script).unwrap(), own);
        assert_eq!(files_of("office", script).unwrap(), ["split_office-"]);
        assert!(files_of("off", script).is_err());
    }
}
