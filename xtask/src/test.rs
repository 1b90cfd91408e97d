//! `test` and `check`: every step runs, whatever the others came to, and one summary ends it.
//!
//! A step is this program called again (`step NAME`), so that its output is seen live and kept, and a crash is
//! that step's alone. Add a step to the table and it is part of CI.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::server::Build;
use crate::shell::{self, Context, Failure, Outcome, cargo, fail, program};
use crate::{e2e, openapi, postgres, size, web};

/// How much of a failed step's output the end repeats.
const TAIL: usize = 60;

struct Step {
    name: &'static str,
    about: &'static str,
    /// Steps without which this one says nothing.
    needs: &'static [&'static str],
    run: fn() -> Outcome,
}

/// In the order in which a mistake is found soonest. The web app comes before the tests: the server embeds it.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "formatting",
        needs: &[],
        run: fmt,
    },
    Step {
        name: "clippy",
        about: "lints, native",
        needs: &[],
        run: clippy,
    },
    Step {
        name: "clippy-web",
        about: "lints, WebAssembly",
        needs: &[],
        run: web::clippy,
    },
    Step {
        name: "deny",
        about: "licences and sources of dependencies",
        needs: &[],
        run: deny,
    },
    Step {
        name: "web",
        about: "release build of the web app",
        needs: &[],
        run: web::build,
    },
    Step {
        name: "size",
        about: "budget of the web app",
        needs: &["web"],
        run: size::check,
    },
    Step {
        name: "rust",
        about: "tests, on SQLite and PostgreSQL",
        needs: &[],
        run: rust,
    },
    Step {
        name: "rust-web",
        about: "the web app's native tests",
        needs: &[],
        run: rust_web,
    },
    Step {
        name: "openapi",
        about: "the OpenAPI document is the code's",
        needs: &[],
        run: openapi,
    },
    Step {
        name: "e2e",
        about: "end-to-end in Chromium",
        needs: &["web"],
        run: end_to_end,
    },
];

const CHECK: [&str; 3] = ["fmt", "clippy", "clippy-web"];

/// The steps' names.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// `test [STEP…]`
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let names = if arguments.is_empty() {
        names()
    } else {
        arguments.iter().map(String::as_str).collect()
    };
    run_all(&names)
}

/// `check`
pub(crate) fn check(_: &[String]) -> Outcome {
    run_all(&CHECK)
}

/// `step NAME`
pub(crate) fn step(arguments: &[String]) -> Outcome {
    match arguments {
        [name] => (find(name)?.run)(),
        _ => fail(format!("name one step: {}", names().join(", "))),
    }
}

fn find(name: &str) -> Outcome<&'static Step> {
    match STEPS.iter().find(|step| step.name == name) {
        Some(step) => Ok(step),
        None => fail(format!(
            "there is no step `{name}`; the steps are {}",
            names().join(", ")
        )),
    }
}

fn fmt() -> Outcome {
    shell::run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Outcome {
    shell::run(&mut cargo(&["clippy", "--all-targets", "--", "-D", "warnings"]))
}

/// Checks what deny.toml says, where cargo-deny is at hand.
fn deny() -> Outcome {
    if shell::find("cargo-deny").is_none() {
        println!("cargo-deny is not installed: skipped.");
        return Ok(());
    }
    shell::run(&mut cargo(&[
        "deny",
        "--offline",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}

fn rust() -> Outcome {
    let cluster = postgres::Cluster::start(postgres::Commits::Fleeting)?;
    shell::run(cargo(&["test", "--no-fail-fast"]).env(postgres::VARIABLE, &cluster.url))
}

fn rust_web() -> Outcome {
    shell::run(&mut cargo(&[
        "test",
        "--package",
        "allowance-web",
        "--no-fail-fast",
    ]))
}

fn openapi() -> Outcome {
    openapi::check(Build::BesideTests)
}

fn end_to_end() -> Outcome {
    e2e::test(Build::BesideTests, &[])
}

/// What a step came to.
struct Verdict {
    step: &'static Step,
    took: Duration,
    end: End,
}

enum End {
    Passed,
    Failed { tail: Vec<String> },
    NotRun { missing: &'static str },
}

fn run_all(names: &[&str]) -> Outcome {
    let steps: Vec<&'static Step> = names.iter().map(|name| find(name)).collect::<Outcome<_>>()?;
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!(
            "\n━━ {}/{}  {}: {}",
            index + 1,
            steps.len(),
            step.name,
            step.about
        );
        let has_failed = |name: &str| {
            verdicts
                .iter()
                .any(|v| v.step.name == name && !matches!(v.end, End::Passed))
        };
        let started = Instant::now();
        let end = match step.needs.iter().find(|name| has_failed(name)) {
            Some(missing) => End::NotRun { missing },
            None => recorded(step)?,
        };
        let took = started.elapsed();
        println!("━━ {}: {} ({})", step.name, word(&end), seconds(took));
        verdicts.push(Verdict { step, took, end });
    }
    print!("{}", summary(&verdicts));
    if verdicts.iter().all(|verdict| matches!(verdict.end, End::Passed)) {
        Ok(())
    } else {
        Err(Failure::Reported)
    }
}

/// Runs the step as a process of its own, shows its output and keeps the end of it.
fn recorded(step: &Step) -> Outcome<End> {
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut command = program(own);
    command.args(["step", step.name]);
    command
        .stdout(writer.try_clone().context("cannot make a pipe")?)
        .stderr(writer);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let mut child = command.spawn().context("cannot start a step")?;
    // The command holds the pipe's writing ends; without this the reader would wait for ourselves.
    drop(command);

    let mut tail = VecDeque::with_capacity(TAIL);
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .context("cannot read a step's output")?
        > 0
    {
        let mut out = std::io::stdout().lock();
        out.write_all(&line)
            .and_then(|()| out.flush())
            .context("cannot write")?;
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
    let status = child.wait().context("cannot wait for a step")?;
    Ok(if status.success() {
        End::Passed
    } else {
        End::Failed { tail: tail.into() }
    })
}

fn word(end: &End) -> &'static str {
    match end {
        End::Passed => "ok",
        End::Failed { .. } => "FAILED",
        End::NotRun { .. } => "NOT RUN",
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// What failed and how it ended, the table, and the count alone on the last line.
fn summary(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        if let End::Failed { tail } = &verdict.end {
            text.push_str(&format!(
                "\n━━ {} FAILED; its last lines:\n{}\n",
                verdict.step.name,
                tail.join("\n")
            ));
        }
    }
    text.push_str("\n━━ summary\n");
    for Verdict { step, took, end } in verdicts {
        let note = match end {
            End::NotRun { missing } => format!("  needs {missing}"),
            End::Passed | End::Failed { .. } => String::new(),
        };
        text.push_str(&format!(
            "{:<11} {:<8} {:>9}  {}{note}\n",
            step.name,
            word(end),
            seconds(*took),
            step.about
        ));
    }
    let total: Duration = verdicts.iter().map(|verdict| verdict.took).sum();
    let passed = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.end, End::Passed))
        .count();
    text.push_str(&format!("{:<11} {:<8} {:>9}\n", "", "", seconds(total)));
    text.push_str(&format!("{passed} passed, {} failed\n", verdicts.len() - passed));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, end: End) -> Verdict {
        Verdict {
            step: find(name).unwrap(),
            took: Duration::from_millis(1500),
            end,
        }
    }

    #[test]
    fn the_last_line_counts_what_did_not_run_as_failed() {
        let verdicts = [
            verdict("fmt", End::Passed),
            verdict(
                "web",
                End::Failed {
                    tail: vec!["error: broken".to_owned()],
                },
            ),
            verdict("e2e", End::NotRun { missing: "web" }),
        ];
        let text = summary(&verdicts);
        assert_eq!(text.lines().last(), Some("1 passed, 2 failed"));
        assert!(text.contains("error: broken"), "{text}");
        assert!(text.contains("needs web"), "{text}");
    }

    #[test]
    fn needs_are_steps_that_come_earlier() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                let position = STEPS.iter().position(|other| other.name == *need);
                assert!(
                    position.is_some_and(|position| position < index),
                    "{} needs {need}",
                    step.name
                );
            }
        }
    }
}
