//! The project's own verbs, `cargo xtask VERB`: what the README names, and what CI runs.
//!
//! Here lives only the table of verbs; each has its module. Nothing but the standard library is used, so that
//! the first `cargo xtask` on a fresh machine starts within seconds.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to whoever typed it"
)]

mod bench;
mod e2e;
mod openapi;
mod postgres;
mod serve;
mod server;
mod shell;
mod size;
mod test;
mod tools;
mod web;

use std::process::ExitCode;

use shell::{Failure, Outcome};

/// One verb: how it is called, what it is for, and the function behind it.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "serve",
        arguments: serve::ARGUMENTS,
        about: "build everything and run Allowance",
        run: serve::run,
    },
    Verb {
        name: "test",
        arguments: "[STEP…]",
        about: "every check there is, or the steps named",
        run: test::run,
    },
    Verb {
        name: "check",
        arguments: "",
        about: "formatting and lints only",
        run: test::check,
    },
    Verb {
        name: "step",
        arguments: "STEP",
        about: "one step of `test`, without a summary",
        run: test::step,
    },
    Verb {
        name: "web",
        arguments: "",
        about: "build the release web app and weigh it",
        run: web::run,
    },
    Verb {
        name: "openapi",
        arguments: "[--check]",
        about: "write openapi/openapi.json, or compare",
        run: openapi::run,
    },
    Verb {
        name: "e2e",
        arguments: "[PLAYWRIGHT…]",
        about: "end-to-end tests in Chromium",
        run: e2e::run,
    },
    Verb {
        name: "bench",
        arguments: "",
        about: "measure on SQLite and PostgreSQL, as ratios",
        run: bench::run,
    },
    Verb {
        name: "with-postgres",
        arguments: "COMMAND…",
        about: "run a command beside a throw-away PostgreSQL",
        run: postgres::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        let asked_for_help = ["help", "--help", "-h"].contains(&name.as_str());
        if asked_for_help {
            print!("{}", help());
            return ExitCode::SUCCESS;
        }
        eprint!("There is no verb `{name}`.\n\n{}", help());
        return ExitCode::FAILURE;
    };
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::FAILURE,
        Err(Failure::Because(why)) => {
            eprintln!("\n{name} failed: {why}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = String::from("cargo xtask VERB\n\n");
    for verb in VERBS {
        text.push_str(&format!("  {:<13} {}\n", verb.name, verb.about));
        if !verb.arguments.is_empty() {
            text.push_str(&format!("  {:<13}   {}\n", "", verb.arguments));
        }
    }
    text.push_str(&format!("\nSteps of `test`: {}\n", test::names().join(", ")));
    text
}
