//! What the commands do.

mod import;

use std::io::Read;
use std::process::ExitCode;

use allowance_app::App;
use allowance_app::demo::DemoSignIn;
use allowance_app::setup::{FirstCreditType, NewOrganisation};
use allowance_domain::cycles::Cadence;
use allowance_store::{Store, StoreOptions};
use allowance_values::{Credits, OrganisationId, Rate};
use tokio::runtime::Runtime;

use crate::cli::{Cli, Command};
use crate::document::Document;
use crate::serve::{Server, StartError, listen, told_to_stop};
use crate::settings::Settings;
use crate::{logging, memory};

/// Runs a command to its end.
///
/// # Errors
/// [`StartError`] in one line for the person at the terminal.
pub fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let Cli { config, command } = cli;
    if let Command::Openapi = command {
        return print_document();
    }
    if let Command::Serve { .. } = command {
        memory::share_arenas();
    }
    let settings = Settings::load(config.as_deref())?;
    let _log = logging::start(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("allowance")
        .build()?;
    match command {
        Command::Serve { listen, demo } => {
            let settings = Settings {
                listen: listen.unwrap_or(settings.listen),
                ..settings
            };
            serve(runtime, &settings, demo)
        }
        Command::Migrate => {
            runtime.block_on(open(&settings))?;
            say("the database is up to date");
            Ok(ExitCode::SUCCESS)
        }
        Command::CreateAdmin {
            organisation,
            email,
            password_stdin: _,
            time_zone,
            currency,
        } => {
            let email = parsed("--email", &email)?;
            let currency = parsed("--currency", &currency)?;
            let mut password = String::new();
            std::io::stdin().take(1_024).read_to_string(&mut password)?;
            let new = NewOrganisation {
                name: organisation,
                time_zone,
                currency,
                admin_name: "Admin".to_owned(),
                admin_email: email,
                admin_password: password.trim_end_matches(['\r', '\n']).to_owned(),
                credit_type: FirstCreditType {
                    name: "AI usage".to_owned(),
                    cadence: Cadence::CalendarMonth,
                    limit: Credits::ZERO,
                    rate: Rate::OFF,
                },
            };
            let made = runtime.block_on(async {
                open(&settings)
                    .await?
                    .create_organisation(&new)
                    .await
                    .map_err(refused)
            });
            made?;
            say("the organisation is there; its admin can sign in");
            Ok(ExitCode::SUCCESS)
        }
        Command::Import { what } => runtime.block_on(import::run(&settings, what)),
        Command::Verify { full, rebuild } => runtime.block_on(verify(&settings, full, rebuild)),
        Command::Openapi => print_document(),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, StartError> {
    text.parse()
        .map_err(|error: T::Err| StartError::Other(format!("{name}: {error}")))
}

/// A refusal in one line, with what is wrong with each field.
fn refused(error: allowance_app::Error) -> StartError {
    match error {
        allowance_app::Error::Fields(fields) => {
            let details: Vec<String> = fields
                .into_iter()
                .map(|field| format!("{}: {}", field.pointer.trim_start_matches('/'), field.detail))
                .collect();
            StartError::Other(details.join("; "))
        }
        other => StartError::App(other),
    }
}

/// Proves the books of every organisation. Exit code 0 only when nothing was found.
async fn verify(settings: &Settings, is_full: bool, rebuilds: bool) -> Result<ExitCode, StartError> {
    let app = open(settings).await?;
    let failed = |error: allowance_store::StoreError| StartError::App(error.into());
    let mut is_proven = true;
    for (organisation, name) in app.store.list_organisations().await.map_err(failed)? {
        let proof = app.prove_books(organisation, is_full).await?;
        say(&format!(
            "{name}: {} entries read, up to position {}",
            proof.entries, proof.seq
        ));
        for finding in &proof.findings {
            say(&format!("  {}", finding.0));
        }
        is_proven &= proof.findings.is_empty();
        if rebuilds {
            is_proven &= rebuild(&app, organisation).await?;
        }
    }
    say(if is_proven {
        "the books are proven"
    } else {
        "the books are NOT proven"
    });
    Ok(if is_proven {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

/// Builds the balances of an organisation again, in a database of their own that is removed afterwards.
async fn rebuild(app: &App, organisation: OrganisationId) -> Result<bool, StartError> {
    let file = std::env::temp_dir().join(format!("allowance-rebuild-{}.db", app.store.new_id().simple()));
    let rebuilt = app.store.rebuild(organisation, &file.display().to_string()).await;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = file.clone().into_os_string();
        name.push(suffix);
        // What is not there need not be removed.
        drop(std::fs::remove_file(name));
    }
    let rebuilt = rebuilt.map_err(|error| StartError::App(error.into()))?;
    say(&format!(
        "  {} balances built again from {} entries",
        rebuilt.balances, rebuilt.entries
    ));
    for difference in &rebuilt.differences {
        say(&format!("  {difference}"));
    }
    Ok(rebuilt.differences.is_empty())
}

/// Opens the database and brings it up to date.
async fn open(settings: &Settings) -> Result<App, StartError> {
    let options = StoreOptions {
        max_connections: settings.database_connections,
        ..StoreOptions::default()
    };
    let store = Store::connect(&settings.database_url, options.clone()).await?;
    store.migrate().await?;
    let store = store.restrict(&settings.database_url, &options).await?;
    Ok(App::new(store, settings.token_secret.clone()).await?)
}

fn serve(runtime: Runtime, settings: &Settings, has_demo: bool) -> Result<ExitCode, StartError> {
    let listener = listen(&settings.listen)?;
    let app = runtime.block_on(open(settings))?;
    let address = listener.local_addr()?;
    if has_demo {
        tell_demo(runtime.block_on(app.load_demo())?);
    }
    if let Some(token) = runtime.block_on(app.setup_token())? {
        // The one secret that is logged: without it nobody could begin. It is used up by the first visit.
        tracing::info!("first visit: http://{address}/setup setup_token={token}");
    }
    let server = Server::new(listener, app.clone(), runtime.handle().clone(), settings)?;
    let live = app.live.clone();
    let prover = runtime.spawn(app.clone().keep_books());
    let tracker = runtime.spawn(app.clone().keep_costs());
    let keeper = runtime.spawn(app.store.clone().keep_written_back());
    let scheduler = runtime.spawn(app.keep_time());
    let system = actix_web::rt::System::new();
    let served = system.block_on(async {
        let server = server.start()?;
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            if let Err(error) = told_to_stop().await {
                tracing::error!(cause = %error, "no signals; stop by SIGKILL alone");
                return;
            }
            tracing::info!("stopping: no new requests, finishing what runs");
            live.close();
            handle.stop(true).await;
        });
        tracing::info!("listening on http://{address}");
        server.await.map_err(StartError::from)
    });
    scheduler.abort();
    tracker.abort();
    keeper.abort();
    prover.abort();
    // Requests are answered; what they started has committed. Now the rest of the runtime may end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    served.map(|()| ExitCode::SUCCESS)
}

fn tell_demo(sign_in: Option<DemoSignIn>) {
    match sign_in {
        Some(DemoSignIn {
            email,
            password,
            people,
        }) => {
            tracing::info!("demo: sign in as {email} with the password {password}");
            tracing::info!("demo: the same password serves {}", people.join(", "));
        }
        None => tracing::warn!("demo: not loaded, because the database holds an organisation already"),
    }
}

fn print_document() -> Result<ExitCode, StartError> {
    let document = Document::build().map_err(StartError::Other)?;
    let text = serde_json::from_str::<serde_json::Value>(document.text())
        .and_then(|json| serde_json::to_string_pretty(&json))
        .map_err(|error| StartError::Other(error.to_string()))?;
    say(&text);
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) {
    #[expect(clippy::print_stdout, reason = "the command's answer")]
    {
        println!("{text}");
    }
}
