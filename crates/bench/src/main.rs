//! `cargo xtask bench`: measures over HTTP, against the release binary in a process of its own, on SQLite and, where
//! `ALLOWANCE_TEST_POSTGRES` names a server, on PostgreSQL. It prints ratios of things measured in the same run, because
//! machines differ and are shared, and writes them to a JSON report.
//!
//! `allowance-bench BINARY REPORT`; `allowance-bench cycles REPORT` or `costs REPORT` for those alone, `allowance-bench
//! metering BINARY REPORT` or `grid BINARY REPORT` for metering or large groups alone; `allowance-bench profile BINARY QUESTION
//! CONNECTIONS` asks one question of one server for as long as a profiler may want to watch it.

#![expect(clippy::print_stdout, reason = "the report is for the person who ran it")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made must stop and say where"
)]

mod costs;
mod cycles;
mod measure;
mod metering;
mod subject;

use std::path::PathBuf;

use allowance_store::Store;
use serde_json::{Value, json};

use crate::measure::Groups;
use crate::subject::Subject;

const SMALL: usize = 100;
const LARGE: usize = 100_000;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Costs,
    Cycles,
    Grid,
    Metering,
}

fn main() {
    let words: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("one provider");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let postgres = std::env::var("ALLOWANCE_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty());
    if let [profile, binary, question, connections] = words.as_slice()
        && profile.as_os_str() == "profile"
    {
        let [question, connections] = [question, connections].map(|word| word.display().to_string());
        runtime.block_on(metering::one(
            binary,
            postgres.as_deref(),
            &question,
            &connections,
        ));
        return;
    }
    let (part, binary, report) = match words.as_slice() {
        [cycles, report] if cycles.as_os_str() == "cycles" => (Part::Cycles, cycles, report),
        [costs, report] if costs.as_os_str() == "costs" => (Part::Costs, costs, report),
        [metering, binary, report] if metering.as_os_str() == "metering" => (Part::Metering, binary, report),
        [grid, binary, report] if grid.as_os_str() == "grid" => (Part::Grid, binary, report),
        [binary, report] => (Part::All, binary, report),
        _ => {
            println!("usage: allowance-bench BINARY REPORT");
            return;
        }
    };
    let mut results = serde_json::Map::new();
    for (name, server) in [("sqlite", None)]
        .into_iter()
        .chain(postgres.as_deref().map(|url| ("postgres", Some(url))))
    {
        if matches!(part, Part::All | Part::Costs) {
            println!("\n{name}: costs of a million events");
            let mut measured = serde_json::Map::new();
            runtime.block_on(costs::all(server, &mut measured));
            results.insert(format!("{name}_costs"), Value::Object(measured));
        }
        if matches!(part, Part::All | Part::Cycles) {
            println!("\n{name}: cycles");
            let mut measured = serde_json::Map::new();
            runtime.block_on(cycles::all(server, &mut measured));
            results.insert(format!("{name}_cycles"), Value::Object(measured));
        }
        if matches!(part, Part::All | Part::Metering) {
            println!("\n{name}: metering");
            let measured = runtime.block_on(metering::all(binary, server));
            results.insert(format!("{name}_metering"), measured);
        }
        if matches!(part, Part::All | Part::Grid) {
            println!("\n{name}: one group of {SMALL} and one of {LARGE} members");
            let measured = runtime.block_on(async {
                let fill = async |store: &Store, id| Groups::fill(store, id, SMALL, LARGE).await;
                let (subject, groups) = Subject::prepare(binary, server, fill).await;
                measure::all(&subject, &groups).await
            });
            results.insert(name.to_owned(), measured);
        }
    }
    let text = serde_json::to_string_pretty(&Value::Object(results)).expect("a report");
    std::fs::write(report, text).expect("the report can be written");
    println!("\nwritten to {}", report.display());
}

/// Prints one line and keeps it.
fn line(results: &mut serde_json::Map<String, Value>, name: &str, value: &Value, words: &str) {
    println!("  {name:<44} {words}");
    results.insert(name.to_owned(), json!({"value": value, "words": words}));
}
