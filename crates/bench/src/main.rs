//! `cargo xtask bench`: measures over HTTP, against the release binary in a process of its own, on SQLite and, where
//! `ALLOWANCE_TEST_POSTGRES` names a server, on PostgreSQL. It prints ratios of things measured in the same run, because
//! machines differ and are shared, and writes them to a JSON report.
//!
//! `allowance-bench BINARY REPORT`, or `allowance-bench cycles REPORT` for the cycles alone.

#![expect(clippy::print_stdout, reason = "the report is for the person who ran it")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made must stop and say where"
)]

mod cycles;
mod measure;
mod subject;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::subject::Subject;

const SMALL: usize = 100;
const LARGE: usize = 100_000;

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(binary), Some(report)) = (arguments.next(), arguments.next()) else {
        println!("usage: allowance-bench BINARY REPORT");
        return;
    };
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("one provider");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut results = serde_json::Map::new();
    let postgres = std::env::var("ALLOWANCE_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty());
    for (name, server) in [("sqlite", None)]
        .into_iter()
        .chain(postgres.as_deref().map(|url| ("postgres", Some(url))))
    {
        println!("\n{name}: cycles");
        let mut measured = serde_json::Map::new();
        runtime.block_on(cycles::all(server, &mut measured));
        results.insert(format!("{name}_cycles"), Value::Object(measured));
        if binary.as_os_str() == "cycles" {
            continue;
        }
        println!("\n{name}: one group of {SMALL} and one of {LARGE} members");
        let measured = runtime.block_on(async {
            let subject = Subject::prepare(&binary, server, SMALL, LARGE).await;
            measure::all(&subject).await
        });
        results.insert(name.to_owned(), measured);
    }
    let text = serde_json::to_string_pretty(&Value::Object(results)).expect("a report");
    std::fs::write(&report, text).expect("the report can be written");
    println!("\nwritten to {}", report.display());
}

/// Prints one line and keeps it.
fn line(results: &mut serde_json::Map<String, Value>, name: &str, value: &Value, words: &str) {
    println!("  {name:<44} {words}");
    results.insert(name.to_owned(), json!({"value": value, "words": words}));
}
