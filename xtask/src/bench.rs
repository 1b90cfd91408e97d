//! `bench`: measures the release binary beside a throw-away PostgreSQL that commits durably.

use crate::postgres::{Cluster, Commits, VARIABLE};
use crate::shell::{self, Outcome, cargo, target_dir};

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
    shell::run(bench.env(VARIABLE, &cluster.url))
}
