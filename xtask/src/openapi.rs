//! The OpenAPI document: generated from the code, checked in, and compared, so that the contract changes in daylight.

use crate::server::{self, Build};
use crate::shell::{self, Context, Outcome, fail, program, root};
use crate::tools;

const DOCUMENT: &str = "openapi/openapi.json";

/// `openapi [--check]`
pub(crate) fn run(arguments: &[String]) -> Outcome {
    match arguments {
        [] => write(),
        [flag] if flag == "--check" => check(Build::Alone),
        _ => fail("`openapi` knows only `--check`"),
    }
}

fn write() -> Outcome {
    let path = root().join(DOCUMENT);
    let document = generate(Build::Alone)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).context(format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(&path, document).context(format!("cannot write {DOCUMENT}"))?;
    println!("{DOCUMENT} is written.");
    Ok(())
}

/// Fails with the first line that differs.
pub(crate) fn check(how: Build) -> Outcome {
    let generated = generate(how)?;
    let kept = std::fs::read_to_string(root().join(DOCUMENT)).context(format!("cannot read {DOCUMENT}"))?;
    match first_difference(&kept, &generated) {
        None => {
            println!("{DOCUMENT} says what the code says.");
            Ok(())
        }
        Some(difference) => fail(format!(
            "{DOCUMENT} is not what the code says.\n{difference}\n`cargo xtask openapi` writes it anew."
        )),
    }
}

fn generate(how: Build) -> Outcome<String> {
    let mut server = program(server::build(how)?);
    let mut document = shell::read(shell::without(server.arg("openapi"), &tools::VARIABLES))?;
    if !document.ends_with('\n') {
        document.push('\n');
    }
    Ok(document)
}

fn first_difference(kept: &str, generated: &str) -> Option<String> {
    if kept == generated {
        return None;
    }
    let (mut old, mut new) = (kept.lines(), generated.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (None, None) => return Some("They differ in how lines end.".to_owned()),
            (was, is) if was != is => {
                let (was, is) = (was.unwrap_or("(no more)"), is.unwrap_or("(no more)"));
                return Some(format!(
                    "line {number}, checked in: {was}\nline {number}, generated:  {is}"
                ));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        let difference = first_difference("a\nb\n", "a\nc\n").unwrap();
        assert!(difference.contains("line 2, checked in: b"), "{difference}");
        assert!(first_difference("a\n", "a\nb\n").unwrap().contains("(no more)"));
        assert!(first_difference("a\r\n", "a\n").is_some());
    }
}
