//! `serve`: everything built, then the server on a database file with a demo organisation.

use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::time::Duration;

use crate::server::{self, Build};
use crate::shell::{self, Context, Failure, Outcome, Tether, cargo, fail, program, root, target_dir};
use crate::{tools, web};

/// How the verb is called.
pub(crate) const ARGUMENTS: &str = "[--listen ADDR] [--database URL] [--dev] [--no-demo]";

const ADDRESS: &str = "127.0.0.1:8080";

/// Where Trunk listens in development; behind it the server is at `ADDRESS`, for so says Trunk.toml.
const DEV_ADDRESS: &str = "127.0.0.1:8081";

/// How long a debug server may take to bring its database up to date.
const START_LIMIT: Duration = Duration::from_secs(60);

const DATABASE: &str = "sqlite://data/allowance.db";

struct Options {
    /// What people open.
    listen: Option<String>,
    database: String,
    is_dev: bool,
    has_demo: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Outcome<Self> {
        let from_environment = std::env::var("DATABASE_URL").ok();
        let mut options = Self {
            listen: None,
            database: from_environment.unwrap_or_else(|| DATABASE.to_owned()),
            is_dev: false,
            has_demo: true,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--dev" => options.is_dev = true,
                "--no-demo" => options.has_demo = false,
                "--listen" => options.listen = Some(value(word, words.next())?),
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
        let listen = if self.is_dev { None } else { self.listen.as_deref() };
        let mut words = vec!["serve", "--listen", listen.unwrap_or(ADDRESS)];
        words.extend(self.has_demo.then_some("--demo"));
        words
    }

    /// Trunk's own arguments in development.
    fn trunk(&self) -> Outcome<[&str; 4]> {
        let listen = self.listen.as_deref().unwrap_or(DEV_ADDRESS);
        match listen.rsplit_once(':') {
            Some((host, port)) => Ok(["--address", host, "--port", port]),
            None => fail(format!("`{listen}` is no address; write it like {DEV_ADDRESS}")),
        }
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
    trunk.args(options.trunk()?);

    let mut words = vec![server.as_str()];
    words.extend(options.server());
    let _server = Tether::start(&words, "TERM", None, |command| {
        shell::without(command, &tools::VARIABLES).env("DATABASE_URL", &options.database);
    })?;
    if !shell::wait_until(START_LIMIT, || TcpStream::connect(ADDRESS).is_ok()) {
        return fail(format!("the server does not answer on {ADDRESS}"));
    }
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
        let options = parse("--listen 127.0.0.1:9000 --database postgres://db --no-demo").unwrap();
        assert_eq!(options.server(), ["serve", "--listen", "127.0.0.1:9000"]);
        assert_eq!(options.database, "postgres://db");
        assert_eq!(
            parse("").unwrap().server(),
            ["serve", "--listen", ADDRESS, "--demo"]
        );
    }

    #[test]
    fn in_development_people_open_trunk_and_the_server_stays_behind_it() {
        let options = parse("--dev --listen 0.0.0.0:9000").unwrap();
        assert_eq!(options.server(), ["serve", "--listen", ADDRESS, "--demo"]);
        assert_eq!(
            options.trunk().unwrap(),
            ["--address", "0.0.0.0", "--port", "9000"]
        );
        assert_eq!(
            parse("--dev").unwrap().trunk().unwrap(),
            ["--address", "127.0.0.1", "--port", "8081"]
        );
        assert!(parse("--dev --listen 9000").unwrap().trunk().is_err());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(parse("--lisen 1").is_err());
        assert!(parse("--listen").is_err());
    }
}
