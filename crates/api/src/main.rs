//! The program. Reads the command line and says in one line what went wrong.

use std::process::ExitCode;

use allowance_api::cli::Cli;
use clap::Parser;

fn main() -> ExitCode {
    match allowance_api::run::run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the answer to the person at the terminal")]
            {
                eprintln!("allowance: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
