//! End-to-end tests: the real server with the release web app in it, used by a real browser.

use crate::server::{self, Build};
use crate::shell::{Outcome, program, root, run as sh};
use crate::{tools, web};

/// `e2e [PLAYWRIGHT…]`: what follows goes to Playwright, like a spec's name or `--headed`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    test(Build::Alone, arguments)
}

/// Runs Playwright against the server.
pub(crate) fn test(how: Build, arguments: &[String]) -> Outcome {
    let packages = tools::node_modules()?;
    let chromium = tools::chromium()?;
    web::build()?;
    let server = server::build(how)?;

    let e2e = root().join("e2e");
    let tool = |name: &str| {
        let mut command = program(packages.join(".bin").join(name));
        command.current_dir(&e2e);
        command
    };
    sh(tool("tsc").arg("--noEmit"))?;
    let mut playwright = tool("playwright");
    playwright
        .env("ALLOWANCE_BINARY", server)
        .env(tools::CHROMIUM_VARIABLE, chromium);
    sh(playwright.arg("test").args(arguments))
}
