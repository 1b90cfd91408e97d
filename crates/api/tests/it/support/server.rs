//! Servers: one per database kind for all tests that bring their own organisation, and empty ones for those that need it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use allowance_api::settings::Settings;
use allowance_app::App;
use allowance_store::testing::create_postgres_database;
use allowance_store::{Clock, ManualClock, Store, StoreOptions, SystemClock};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A running server.
#[derive(Clone)]
pub struct Server {
    pub base: String,
    pub app: App,
    /// Where its database is.
    url: String,
    /// Its clock, where it has one that a test may set.
    pub clock: Option<Arc<ManualClock>>,
}

impl Server {
    /// Where its database is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bytes of its database, where that is a file.
    pub fn database_bytes(&self) -> Option<Vec<u8>> {
        let path = self.url.strip_prefix("sqlite://")?;
        let mut bytes = std::fs::read(path).expect("the database");
        bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
        Some(bytes)
    }

    /// Lets time pass.
    pub fn pass_seconds(&self, seconds: i64) {
        let clock = self.clock.as_ref().expect("a server of the test's own");
        clock.set(self.app.store.now().plus_seconds(seconds));
    }
}

/// Where use cases run, for all servers of the binary.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("one provider");
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    })
}

fn postgres() -> Option<String> {
    std::env::var("ALLOWANCE_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A folder for this run's files; those of runs that have ended are removed.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("api");
        let mine = all.join(std::process::id().to_string());
        std::fs::create_dir_all(&mine).expect("a folder");
        for entry in std::fs::read_dir(&all).expect("a folder").flatten() {
            let is_running = Path::new("/proc").join(entry.file_name()).exists();
            if !is_running {
                // Another run may be cleaning up as well.
                std::fs::remove_dir_all(entry.path()).ok();
            }
        }
        mine
    })
}

async fn empty_database(server: Option<&str>) -> String {
    let name = format!("allowance_{}", Uuid::now_v7().simple());
    match server {
        None => format!("sqlite://{}", folder().join(format!("{name}.db")).display()),
        Some(server) => {
            create_postgres_database(server, &name).await;
            let (base, _) = server.rsplit_once('/').expect("a URL with a database");
            format!("{base}/{name}")
        }
    }
}

/// An empty database on the tests' PostgreSQL, if there is one.
pub fn postgres_database() -> Option<String> {
    let server = postgres()?;
    Some(runtime().block_on(empty_database(Some(&server))))
}

async fn start(postgres: Option<&str>, clock: Option<Arc<ManualClock>>) -> Server {
    let url = empty_database(postgres).await;
    let mut options = StoreOptions {
        max_connections: 8,
        ..StoreOptions::default()
    };
    if let Some(clock) = clock.clone() {
        options.clock = clock;
    }
    let store = Store::connect(&url, options).await.expect("a database");
    store.migrate().await.expect("a schema");
    let app = App::new(store, None).await.expect("an application");
    // Each visitor of a test comes from an address of their own, as the brakes on guessing expect.
    let settings = Settings {
        trusts_proxy: true,
        ..Settings::defaults().expect("settings")
    };
    let listener = allowance_api::serve::listen("127.0.0.1:0").expect("a port");
    let handle = runtime().handle().clone();
    let server =
        allowance_api::serve::Server::new(listener, app.clone(), handle, &settings).expect("a server");
    let base = format!("http://{}", server.address().expect("an address"));
    std::thread::spawn(move || {
        actix_rt::System::new()
            .block_on(async { server.start().expect("it starts").await.expect("it runs") });
    });
    Server {
        base,
        app,
        url,
        clock,
    }
}

fn shared(postgres_url: Option<&str>) -> Server {
    static SQLITE: OnceLock<Server> = OnceLock::new();
    static POSTGRES: OnceLock<Server> = OnceLock::new();
    let cell = if postgres_url.is_none() {
        &SQLITE
    } else {
        &POSTGRES
    };
    cell.get_or_init(|| runtime().block_on(start(postgres_url, None)))
        .clone()
}

/// Runs a test against every kind of database, on servers that all tests share.
pub fn everywhere(test: impl AsyncFn(Server)) {
    for url in [None].into_iter().chain(postgres().map(Some)) {
        let server = shared(url.as_deref());
        runtime().block_on(test(server));
    }
}

/// Runs a test against every kind of database, each with a server, an empty database and a clock of its own.
pub fn somewhere_empty(test: impl AsyncFn(Server)) {
    for url in [None].into_iter().chain(postgres().map(Some)) {
        runtime().block_on(async {
            let now = SystemClock.now();
            let server = start(url.as_deref(), Some(Arc::new(ManualClock::new(now)))).await;
            test(server).await;
        });
    }
}
