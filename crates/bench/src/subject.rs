//! What is measured: a prepared database and the server on it, in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use allowance_app::App;
use allowance_app::setup::{FirstCreditType, NewOrganisation};
use allowance_domain::cycles::Cadence;
use allowance_store::testing::{create_postgres_database, drop_postgres_database};
use allowance_store::{Store, StoreOptions};
use allowance_values::{Credits, OrganisationId, Rate};
use serde_json::Value;

/// A running server whose database was filled.
pub(crate) struct Subject {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
    pub(crate) credit_type: String,
    /// From starting the process on the existing database to being ready.
    pub(crate) start: Duration,
    server: Child,
    file: Option<PathBuf>,
    database: Option<(String, String)>,
}

impl Subject {
    /// Fills a new database and starts the server on it.
    pub(crate) async fn prepare<T>(
        binary: &Path,
        postgres: Option<&str>,
        fill: impl AsyncFnOnce(&Store, OrganisationId) -> T,
    ) -> (Self, T) {
        let name = format!("allowance_bench_{}", uuid::Uuid::now_v7().simple());
        let (url, file, database) = match postgres {
            None => {
                let file = std::env::temp_dir().join(format!("{name}.db"));
                (format!("sqlite://{}", file.display()), Some(file), None)
            }
            Some(server) => {
                create_postgres_database(server, &name).await;
                let (base, _) = server.rsplit_once('/').expect("a URL with a database");
                (format!("{base}/{name}"), None, Some((server.to_owned(), name)))
            }
        };
        let store = Store::connect(&url, StoreOptions::default())
            .await
            .expect("a database");
        store.migrate().await.expect("a schema");
        let app = App::new(store.clone(), None).await.expect("an application");
        let token = app
            .create_organisation(&organisation())
            .await
            .expect("an organisation")
            .access_token;
        let (id, _): (OrganisationId, String) = store.list_organisations().await.expect("it").remove(0);
        let filled = fill(&store, id).await;
        drop(app);
        store.close().await;

        let begun = Instant::now();
        let mut server = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", &url)
            // Settings it does not know are refused.
            .env_remove("ALLOWANCE_TEST_POSTGRES")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let base = address(&mut server);
        let http = reqwest::Client::new();
        while http
            .get(format!("{base}/readyz"))
            .send()
            .await
            .map_or(true, |reply| !reply.status().is_success())
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let start = begun.elapsed();
        let mut subject = Self {
            base: format!("{base}/api/v1"),
            http,
            token,
            credit_type: String::new(),
            start,
            server,
            file,
            database,
        };
        let types = subject.get("/credit-types").await;
        subject.credit_type = types["items"][0]["id"]
            .as_str()
            .expect("a credit type")
            .to_owned();
        (subject, filled)
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.server.id()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self
            .http
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .send()
            .await;
        let reply = reply.expect("an answer");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        serde_json::from_str(&reply.text().await.expect("a body")).expect("JSON")
    }

    pub(crate) async fn edit(&self, path: &str, etag: &str, body: &Value) -> Value {
        let request = self
            .http
            .patch(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let request = request
            .header("if-match", etag)
            .header("content-type", "application/json");
        let reply = request.body(body.to_string()).send().await.expect("an answer");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        serde_json::from_str(&reply.text().await.expect("a body")).expect("JSON")
    }

    /// A write under a key of its own.
    pub(crate) async fn write(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header("idempotency-key", uuid::Uuid::now_v7().to_string())
            .header("content-type", "application/json");
        let reply = request.body(body.to_string()).send().await.expect("an answer");
        let status = reply.status();
        let text = reply.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text:.500}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Memory of the server process that is resident, in MB.
    pub(crate) fn resident_mb(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        if let Some(file) = &self.file {
            for suffix in ["", "-wal", "-shm"] {
                drop(std::fs::remove_file(format!("{}{suffix}", file.display())));
            }
        }
        if let Some((server, name)) = self.database.take() {
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(drop_postgres_database(&server, &name));
            });
        }
    }
}

/// The address the server says it listens on; what it says later is read and dropped, so that it never blocks.
fn address(server: &mut Child) -> String {
    let mut words = BufReader::new(server.stderr.take().expect("its words"));
    let found = words.by_ref().lines().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("listening on ")?;
        Some(rest.trim().to_owned())
    });
    std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::sink()));
    found.expect("the server says where it listens")
}

pub(crate) fn organisation() -> NewOrganisation {
    NewOrganisation {
        name: "Bench".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: "EUR".parse().expect("a currency"),
        admin_email: "bench@example.org".parse().expect("an address"),
        admin_name: "Bench".to_owned(),
        admin_password: "correct horse battery".to_owned(),
        credit_type: FirstCreditType {
            name: "AI usage".to_owned(),
            cadence: Cadence::CalendarMonth,
            limit: Credits::from_micros(1_000_000_000_000),
            rate: Rate::OFF,
        },
    }
}
