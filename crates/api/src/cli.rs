//! The command line: what can be typed. What it does is in [`crate::run`].

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::settings::Settings;

/// Allowance gives an organisation's people credits and keeps books that prove themselves.
#[derive(Debug, Parser)]
#[command(name = "allowance", version, propagate_version = true)]
pub struct Cli {
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the web app, after bringing the database up to date.
    #[command(after_help = Settings::help())]
    Serve {
        /// Address and port to listen on.
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// Load a small made-up organisation into an empty database.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date and stop.
    Migrate,
    /// Make an organisation with its first admin.
    CreateAdmin {
        /// The organisation's name.
        #[arg(long, value_name = "NAME")]
        organisation: String,
        /// The admin's e-mail address.
        #[arg(long, value_name = "E")]
        email: String,
        /// Read the password from standard input, so that it shows in no list of processes.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// The IANA name of the organisation's time zone.
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        time_zone: String,
        /// The organisation's currency, ISO 4217.
        #[arg(long, value_name = "CODE", default_value = "USD")]
        currency: String,
    },
    /// Import a file.
    Import {
        /// What the file holds.
        #[command(subcommand)]
        what: Import,
    },
    /// Prove the books: balances against entries, parts against wholes, the hash chain, from where the last proof ended.
    Verify {
        /// Begin again at the first entry.
        #[arg(long)]
        full: bool,
        /// Build all balances again from the ledger and the histories, in an empty database, and compare.
        #[arg(long)]
        rebuild: bool,
    },
    /// Print the API document.
    Openapi,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// People from a CSV file. Adds and changes, never deletes; safe to repeat.
    People {
        /// The file.
        file: PathBuf,
        /// Show the difference and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Whether new rows are people who join now and get the credits of new users. Unanswered it is yes, but no in an
        /// organisation that has nobody but its founder.
        #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
        joiners: Option<YesNo>,
        /// Which organisation, when there are several.
        #[arg(long, value_name = "NAME")]
        organisation: Option<String>,
    },
    /// Usage from a CSV file: id, who (email, external_id or person_id), how much (cost, cost_usd or amount), and what else
    /// is known. Shows first what it would do. Every event counts once, so it is safe to repeat.
    Usage {
        /// The file.
        file: PathBuf,
        /// Show what it would do, and do nothing.
        #[arg(long)]
        dry_run: bool,
        /// Who reports rows that name no source.
        #[arg(long, value_name = "NAME", default_value = "import")]
        source: String,
        /// Of which credits; by the organisation's rules when absent.
        #[arg(long, value_name = "NAME")]
        credit_type: Option<String>,
        /// Which organisation, when there are several.
        #[arg(long, value_name = "NAME")]
        organisation: Option<String>,
    },
    /// Allocations from a CSV file with the columns email and monthly, extra or cap. Safe to repeat.
    Allocations {
        /// The file.
        file: PathBuf,
        /// Of which credits.
        #[arg(long, value_name = "NAME")]
        credit_type: String,
        /// Show the difference and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Which organisation, when there are several.
        #[arg(long, value_name = "NAME")]
        organisation: Option<String>,
    },
}
