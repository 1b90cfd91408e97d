//! A PostgreSQL of the test's own, on a free port, that it may kill and start again.

use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The cluster; its processes end with it and its folder goes.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// Whom it runs as: PostgreSQL refuses to be root.
    owner: Option<(u32, u32)>,
    port: u16,
    first: Child,
}

fn id(flag: &str, user: &[&str]) -> u32 {
    let output = Command::new("id")
        .arg(flag)
        .args(user)
        .output()
        .expect("`id` runs");
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("a number")
}

/// The programs of the newest PostgreSQL; nothing when there is none.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").into_iter();
    let on_path = on_path.flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let mut all = on_path.chain(versions.into_iter().rev());
    all.find(|folder| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|name| folder.join(name).is_file())
    })
}

impl Cluster {
    /// A fresh one, if this machine has PostgreSQL.
    pub fn start() -> Option<Self> {
        let programs = programs()?;
        let owner = (id("-u", &[]) == 0).then(|| (id("-u", &["postgres"]), id("-g", &["postgres"])));
        let folder =
            std::env::temp_dir().join(format!("allowance-cluster-{}", uuid::Uuid::now_v7().simple()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        if let Some((uid, gid)) = owner {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let arguments = [
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "-D",
        ];
        let mut initdb = Command::new(programs.join("initdb"));
        let output = as_owner(&mut initdb, owner, &folder)
            .args(arguments)
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let first = serve(&programs, &folder, owner, port);
        let cluster = Self {
            programs,
            folder,
            owner,
            port,
            first,
        };
        cluster.wait();
        Some(cluster)
    }

    /// The maintenance database, as superuser.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// SIGKILL to all its processes: nothing is flushed.
    pub fn kill(&mut self) {
        let first = self.first.id().to_string();
        let children =
            std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let all = std::iter::once(first.as_str()).chain(children.split_whitespace());
        Command::new("kill").arg("-9").args(all).output().unwrap();
        self.first.wait().unwrap();
    }

    /// Starts it again on what it left on the disk.
    pub fn restart(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            self.first = serve(&self.programs, &self.folder, self.owner, self.port);
            std::thread::sleep(Duration::from_millis(200));
            // What shared its memory may be a moment in dying.
            match self.first.try_wait().unwrap() {
                None => break,
                Some(_) => assert!(Instant::now() < deadline, "PostgreSQL does not start again"),
            }
        }
        self.wait();
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let port = self.port.to_string();
        loop {
            let mut ask = Command::new(self.programs.join("pg_isready"));
            if ask
                .args(["-q", "-h", "127.0.0.1", "-p", &port])
                .status()
                .unwrap()
                .success()
            {
                return;
            }
            assert!(Instant::now() < deadline, "PostgreSQL is not ready");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn serve(programs: &Path, folder: &Path, owner: Option<(u32, u32)>, port: u16) -> Child {
    let mut command = Command::new(programs.join("postgres"));
    as_owner(&mut command, owner, folder)
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        // As in production: what is killed must find what it acknowledged.
        .args(["-c", "fsync=on", "-c", "synchronous_commit=on"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn as_owner<'c>(command: &'c mut Command, owner: Option<(u32, u32)>, folder: &Path) -> &'c mut Command {
    command.current_dir(folder);
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}
