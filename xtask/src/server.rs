//! The server's debug binary, for the verbs that run it.

use std::path::PathBuf;

use crate::shell::{Outcome, cargo, run, target_dir};

/// How the binary comes about.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// For itself, the quickest way to a fresh one.
    Alone,
    /// As the tests see it. They turn on more features of what both depend on, so after the tests this binary is
    /// there already, while one for itself would build half the dependencies a second time.
    BesideTests,
}

/// Builds the binary, with the web app that lies in `frontend/dist`, and says where it is.
pub(crate) fn build(how: Build) -> Outcome<PathBuf> {
    let mut build = cargo(&["build", "--bin", "allowance"]);
    if let Build::BesideTests = how {
        build.arg("--tests");
    }
    run(&mut build)?;
    Ok(target_dir().join("debug/allowance"))
}
