//! End-to-end tests: the real server with the release web app in it, used by a real browser.

use crate::shell::{Outcome, cargo, program, root, run as sh, target_dir};
use crate::{tools, web};

/// `e2e [PLAYWRIGHT…]`: what follows goes to Playwright, like a spec's name or `--headed`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let packages = tools::node_modules()?;
    let chromium = tools::chromium()?;
    web::build()?;
    sh(&mut cargo(&["build", "--bin", "allowance"]))?;

    let e2e = root().join("e2e");
    let tool = |name: &str| {
        let mut command = program(packages.join(".bin").join(name));
        command.current_dir(&e2e);
        command
    };
    sh(tool("tsc").arg("--noEmit"))?;
    let server = target_dir().join("debug/allowance");
    let mut playwright = tool("playwright");
    playwright
        .env("ALLOWANCE_BINARY", server)
        .env(tools::CHROMIUM_VARIABLE, chromium);
    sh(playwright.arg("test").args(arguments))
}
