//! `bench`: measures the binary as it is shipped beside a throw-away PostgreSQL that commits durably.

use crate::postgres::{Cluster, Commits, VARIABLE};
use crate::shell::{self, Context, Outcome, cargo, target_dir};
use crate::tools;

/// How the binary is built that is shipped.
const PROFILE: &str = "dist";

pub(crate) fn run(_arguments: &[String]) -> Outcome {
    shell::run(&mut cargo(&[
        "build",
        "--profile",
        PROFILE,
        "--bin",
        "allowance",
        "--bin",
        "allowance-bench",
    ]))?;
    let cluster = Cluster::start(Commits::Durable)?;
    let built = target_dir().join(PROFILE);
    let mut bench = shell::program(built.join("allowance-bench"));
    bench
        .arg(built.join("allowance"))
        .arg(target_dir().join("bench.json"));
    // PostgreSQL's own bench is what metering is measured beside.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools::postgres()?]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).context("an odd PATH")?;
    shell::run(bench.env(VARIABLE, &cluster.url).env("PATH", path))
}
