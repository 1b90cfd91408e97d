//! A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a free loopback port, gone afterwards.
//!
//! It trades durability for speed and holds nothing that anyone needs. Tests find it in `ALLOWANCE_TEST_POSTGRES`
//! and create their own databases in it.

use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::shell::{self, Context, Outcome, Tether, fail};
use crate::tools;

/// The variable that tells tests where the cluster is.
pub(crate) const VARIABLE: &str = "ALLOWANCE_TEST_POSTGRES";

/// Enough for several test binaries with a pool each.
const CONNECTIONS: u32 = 400;

/// What a commit promises.
#[derive(Clone, Copy)]
pub(crate) enum Commits {
    /// Nothing: quick, for tests.
    Fleeting,
    /// As in production: for measuring.
    Durable,
}

impl Commits {
    const fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Fleeting => &["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
            Self::Durable => &["fsync=on", "synchronous_commit=on", "shared_buffers=512MB"],
        }
    }
}

/// A running cluster; dropping it stops it and removes its folder.
pub(crate) struct Cluster {
    /// The maintenance database, as superuser.
    pub(crate) url: String,
    _server: Tether,
}

/// `with-postgres COMMAND…`
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let Some((name, rest)) = arguments.split_first() else {
        return fail("say which command to run");
    };
    let cluster = Cluster::start(Commits::Fleeting)?;
    println!("{VARIABLE}={}", cluster.url);
    shell::run(shell::program(name).args(rest).env(VARIABLE, &cluster.url))
}

impl Cluster {
    /// Makes and starts a cluster, and comes back when it accepts connections.
    pub(crate) fn start(commits: Commits) -> Outcome<Self> {
        let programs = tools::postgres()?;
        let owner = Owner::find()?;
        let folder = std::env::temp_dir().join(format!("allowance-postgres-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .context(format!("cannot make {}", folder.display()))?;
        owner.give(&folder)?;
        Self::start_in(&programs, &owner, &folder, commits).inspect_err(|_| {
            if folder.exists() && std::fs::remove_dir_all(&folder).is_err() {
                eprintln!("{} is left behind", folder.display());
            }
        })
    }

    fn start_in(programs: &Path, owner: &Owner, folder: &Path, commits: Commits) -> Outcome<Self> {
        let data = folder.join("data");
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "-D",
        ]);
        owner.become_in(initdb.arg(&data), folder);
        let output = initdb.output().context("cannot start initdb")?;
        if !output.status.success() {
            return fail(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)));
        }

        let port = free_port()?.to_string();
        let log = folder.join("log");
        let log_file = std::fs::File::create(&log).context("cannot write PostgreSQL's log")?;
        let server = programs.join("postgres").display().to_string();
        let (data, sockets) = (data.display().to_string(), folder.display().to_string());
        let connections = format!("max_connections={CONNECTIONS}");
        let mut words = vec![
            server.as_str(),
            "-D",
            &data,
            "-k",
            &sockets,
            "-h",
            "127.0.0.1",
            "-p",
            &port,
        ];
        for setting in commits.settings().iter().copied().chain([connections.as_str()]) {
            words.extend(["-c", setting]);
        }
        let tether = Tether::start(&words, "INT", Some(folder), |shell| {
            owner.become_in(shell, folder);
            shell.stdout(Stdio::null()).stderr(log_file);
        })?;

        let is_ready = || {
            let mut ask = Command::new(programs.join("pg_isready"));
            ask.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            ask.status().is_ok_and(|status| status.success())
        };
        if !shell::wait_until(Duration::from_secs(30), is_ready) {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            drop(tether);
            return fail(format!("PostgreSQL did not start:\n{said}"));
        }
        Ok(Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            _server: tether,
        })
    }
}

/// Whom the cluster belongs to: PostgreSQL refuses to run as root.
enum Owner {
    Us,
    PostgresUser { uid: u32, gid: u32 },
}

impl Owner {
    fn find() -> Outcome<Self> {
        if id("-u", None)? != 0 {
            return Ok(Self::Us);
        }
        Ok(Self::PostgresUser {
            uid: id("-u", Some("postgres"))?,
            gid: id("-g", Some("postgres"))?,
        })
    }

    fn give(&self, folder: &Path) -> Outcome {
        match self {
            Self::Us => Ok(()),
            Self::PostgresUser { uid, gid } => {
                chown(folder, Some(*uid), Some(*gid)).context("cannot hand the folder to the user postgres")
            }
        }
    }

    /// Makes the command run as the owner, in a folder that the owner can enter.
    fn become_in(&self, command: &mut Command, folder: &Path) {
        command.current_dir(folder);
        if let Self::PostgresUser { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
    }
}

fn id(flag: &str, user: Option<&str>) -> Outcome<u32> {
    let text = shell::read(shell::program(PathBuf::from("id")).arg(flag).args(user))?;
    text.trim().parse().context("`id` answered no number")
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr().context("no free port on 127.0.0.1")?.port())
}
