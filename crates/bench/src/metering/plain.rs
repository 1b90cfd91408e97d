//! The plain way that shared commits are measured beside: one transaction per event, a conditional update of a balance and
//! an insert of an entry, both prepared, without HTTP and without anything else. PostgreSQL's own `pgbench` runs it, in the
//! same cluster; on SQLite one connection does, because writers there only wait for each other.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor};

const TABLES: &str = "
    CREATE TABLE plain_balance (member INTEGER PRIMARY KEY, available BIGINT NOT NULL, used BIGINT NOT NULL) {hot};
    CREATE TABLE plain_entry (id {id}, member INTEGER NOT NULL, amount BIGINT NOT NULL, source TEXT NOT NULL,
        provider TEXT NOT NULL, model TEXT NOT NULL, at BIGINT NOT NULL);
    INSERT INTO plain_balance {members}";
const UPDATE: &str =
    "UPDATE plain_balance SET used = used + 1000 WHERE member = {member} AND used + 1000 <= available";
const INSERT: &str = "INSERT INTO plain_entry (member, amount, source, provider, model, at)
    VALUES ({member}, 1000, 'bench', 'example', 'large-1', 1)";
const MEMBERS: i64 = 1_000;
const PLENTY: i64 = 1_000_000_000_000_000;

/// PostgreSQL's own bench on a database of its own.
pub(crate) struct PgBench {
    host: String,
    port: String,
    user: String,
    database: String,
}

impl PgBench {
    /// Makes the two tables in an empty database.
    pub(crate) fn prepare(url: &str) -> Self {
        let rest = url.strip_prefix("postgres://").expect("a URL of PostgreSQL");
        let (user, rest) = rest.split_once('@').expect("a user");
        let (place, database) = rest.split_once('/').expect("a database");
        let (host, port) = place.split_once(':').expect("a port");
        let bench = Self {
            host: host.to_owned(),
            port: port.to_owned(),
            user: user.to_owned(),
            database: database.to_owned(),
        };
        let members = format!("SELECT generate_series(1, {MEMBERS}), {PLENTY}, 0");
        let tables = TABLES
            .replace("{hot}", "WITH (fillfactor = 50)")
            .replace("{id}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
            .replace("{members}", &members);
        bench.run("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-c", &tables]);
        bench
    }

    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// Transactions a second with so many connections.
    pub(crate) fn per_second(&self, connections: usize, is_hot: bool, measured: Duration) -> u64 {
        let member = if is_hot {
            "1".to_owned()
        } else {
            format!("random(1, {MEMBERS})")
        };
        let script =
            format!("\\set m {member}\nBEGIN;\n{UPDATE};\n{INSERT};\nEND;\n").replace("{member}", ":m");
        let file = script_file();
        std::fs::write(&file, script).expect("a script");
        let said = self.run(
            "pgbench",
            &[
                "--no-vacuum",
                "--protocol=prepared",
                &format!("--client={connections}"),
                "--jobs=2",
                &format!("--time={}", measured.as_secs().max(1)),
                &format!("--file={}", file.display()),
            ],
        );
        drop(std::fs::remove_file(file));
        let (_, rest) = said.split_once("tps = ").expect("a rate");
        let whole = rest.split(['.', ' ']).next().unwrap_or_default();
        whole.parse().expect("a rate")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(["-h", &self.host, "-p", &self.port, "-U", &self.user])
            .args(arguments)
            .arg(&self.database)
            .output()
            .unwrap_or_else(|error| panic!("{program} (it comes with PostgreSQL) does not start: {error}"));
        let (said, wrong) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{program}: {said}{wrong}");
        said.into_owned()
    }
}

fn script_file() -> PathBuf {
    std::env::temp_dir().join(format!("allowance_pgbench_{}.sql", std::process::id()))
}

/// Commits a second on SQLite, each durable before the next begins.
pub(crate) async fn sqlite_per_second(measured: Duration) -> u64 {
    let file = std::env::temp_dir().join(format!("allowance_plain_{}.db", std::process::id()));
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await
        .expect("a database");
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MEMBERS})");
    let tables = TABLES
        .replace("{hot}", "")
        .replace("{id}", "INTEGER PRIMARY KEY")
        .replace("{members}", &format!("{numbers} SELECT i, {PLENTY}, 0 FROM n"));
    connection
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(tables)))
        .await
        .expect("tables");
    let (update, insert) = (UPDATE.replace("{member}", "?1"), INSERT.replace("{member}", "?1"));
    let (begun, mut count) = (Instant::now(), 0_u64);
    while begun.elapsed() < measured {
        let member = i64::try_from(count).unwrap_or_default() % MEMBERS + 1;
        connection
            .execute("BEGIN IMMEDIATE")
            .await
            .expect("a transaction");
        for sql in [&update, &insert] {
            sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(member)
                .execute(&mut connection)
                .await
                .expect("a statement");
        }
        connection.execute("COMMIT").await.expect("a commit");
        count += 1;
    }
    let took = u64::try_from(begun.elapsed().as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    connection.close().await.expect("an end");
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", file.display())));
    }
    count * 1_000 / took
}
