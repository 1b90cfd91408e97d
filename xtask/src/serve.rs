//! `serve`: everything built, then the server on a database file with a demo organisation.

use std::os::unix::process::CommandExt;

use crate::server::{self, Build};
use crate::shell::{self, Context, Failure, Outcome, Tether, cargo, fail, program, root, target_dir};
use crate::{tools, web};

/// How the verb is called.
pub(crate) const ARGUMENTS: &str = "[--listen ADDR] [--database URL] [--dev] [--no-demo]";

const ADDRESS: &str = "127.0.0.1:8080";
const DATABASE: &str = "sqlite://data/allowance.db";

struct Options {
    listen: String,
    database: String,
    is_dev: bool,
    has_demo: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Outcome<Self> {
        let from_environment = std::env::var("DATABASE_URL").ok();
        let mut options = Self {
            listen: ADDRESS.to_owned(),
            database: from_environment.unwrap_or_else(|| DATABASE.to_owned()),
            is_dev: false,
            has_demo: true,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--dev" => options.is_dev = true,
                "--no-demo" => options.has_demo = false,
                "--listen" => options.listen = value(word, words.next())?,
                "--database" => options.database = value(word, words.next())?,
                _ => {
                    return fail(format!(
                        "unknown argument `{word}`; it is called so: serve {ARGUMENTS}"
                    ));
                }
            }
        }
        Ok(options)
    }

    /// The server's own arguments.
    fn server(&self) -> Vec<&str> {
        let mut words = vec!["serve", "--listen", &self.listen];
        words.extend(self.has_demo.then_some("--demo"));
        words
    }
}

fn value(flag: &str, word: Option<&String>) -> Outcome<String> {
    match word {
        Some(word) => Ok(word.clone()),
        None => fail(format!("`{flag}` needs a value")),
    }
}

/// `serve`
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.database == DATABASE {
        std::fs::create_dir_all(root().join("data")).context("cannot make the folder data")?;
    }
    if options.is_dev {
        develop(&options)
    } else {
        serve(&options)
    }
}

/// The server takes this process' place, so that signals and exit codes are its own.
fn serve(options: &Options) -> Outcome {
    web::build()?;
    shell::run(&mut cargo(&["build", "--release", "--bin", "allowance"]))?;
    let mut server = program(target_dir().join("release/allowance"));
    shell::without(&mut server, &tools::VARIABLES);
    let error = server
        .args(options.server())
        .env("DATABASE_URL", &options.database)
        .exec();
    Err(Failure::Because(format!("cannot start the server: {error}")))
}

/// A debug server behind Trunk, which builds the web app anew at each edit and reloads the page.
fn develop(options: &Options) -> Outcome {
    let server = server::build(Build::Alone)?.display().to_string();
    let mut trunk = web::trunk("serve")?;
    trunk.arg("--dist").arg(web::web_target().join("dev-dist"));
    if options.listen != ADDRESS {
        trunk.args(["--proxy-backend", &format!("http://{}/api", options.listen)]);
    }

    let mut words = vec![server.as_str()];
    words.extend(options.server());
    let _server = Tether::start(&words, "TERM", None, |command| {
        shell::without(command, &tools::VARIABLES).env("DATABASE_URL", &options.database);
    })?;
    println!(
        "The API listens on http://{}, the web app will on http://127.0.0.1:8081.",
        options.listen
    );
    shell::run(&mut trunk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Options> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_reach_the_server() {
        let options = parse("--listen 127.0.0.1:9000 --database postgres://db --no-demo --dev").unwrap();
        assert_eq!(options.server(), ["serve", "--listen", "127.0.0.1:9000"]);
        assert_eq!(options.database, "postgres://db");
        assert!(options.is_dev);
        assert_eq!(
            parse("").unwrap().server(),
            ["serve", "--listen", ADDRESS, "--demo"]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(parse("--lisen 1").is_err());
        assert!(parse("--listen").is_err());
    }
}
