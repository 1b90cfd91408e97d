//! `bench`: measures the release binary beside a throw-away PostgreSQL that commits durably.

use crate::postgres::{Cluster, Commits, VARIABLE};
use crate::shell::{self, Context, Outcome, cargo, target_dir};
use crate::tools;

pub(crate) fn run(_arguments: &[String]) -> Outcome {
    shell::run(&mut cargo(&[
        "build",
        "--release",
        "--bin",
        "allowance",
        "--bin",
        "allowance-bench",
    ]))?;
    let cluster = Cluster::start(Commits::Durable)?;
    let release = target_dir().join("release");
    let mut bench = shell::program(release.join("allowance-bench"));
    bench
        .arg(release.join("allowance"))
        .arg(target_dir().join("bench.json"));
    // PostgreSQL's own bench is what metering is measured beside.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools::postgres()?]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).context("an odd PATH")?;
    shell::run(bench.env(VARIABLE, &cluster.url).env("PATH", path))
}
