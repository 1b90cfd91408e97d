//! The program as it is started: one clear line for what keeps it from starting, and a stop that loses nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

fn program(arguments: &[&str], database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allowance"));
    command
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", database)
        .stdin(Stdio::null());
    command
}

pub fn run(arguments: &[&str], database: &str) -> Output {
    program(arguments, database).output().expect("it runs")
}

/// The one line on standard error that is not a log line.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("allowance: "))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(!text.contains("panicked"), "{text}");
    lines[0].to_owned()
}

pub fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("program")
        .join(uuid::Uuid::now_v7().to_string());
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.join(name)
}

pub fn database() -> String {
    format!("sqlite://{}", scratch("a.db").display())
}

#[test]
fn an_unreadable_database_file_is_one_clear_line() {
    let file = scratch("broken.db");
    std::fs::write(
        &file,
        "this is no database, and it is long enough to look at".repeat(40),
    )
    .unwrap();
    let url = format!("sqlite://{}", file.display());
    assert!(
        complaint(&run(&["serve", "--listen", "127.0.0.1:0"], &url)).contains("cannot open the database")
    );
    let nowhere = format!("sqlite://{}", scratch("missing").join("deeper/a.db").display());
    assert!(complaint(&run(&["migrate"], &nowhere)).contains("cannot open the database"));
    assert!(complaint(&run(&["migrate"], "mysql://x")).contains("sqlite:// or postgres://"));
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let complaint = complaint(&run(&["serve", "--listen", &address], &database()));
    assert!(
        complaint.contains(&format!("cannot listen on {address}")),
        "{complaint}"
    );
}

#[test]
fn a_misspelt_setting_is_refused_by_name() {
    let mut command = program(&["migrate"], &database());
    let output = command.env("ALLOWANCE_LISEN", "x").output().unwrap();
    assert!(complaint(&output).contains("ALLOWANCE_LISEN"));
}

#[test]
fn help_lists_every_setting_and_the_document_needs_no_database() {
    let help = run(&["serve", "--help"], "");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for setting in [
        "DATABASE_URL",
        "ALLOWANCE_LISTEN",
        "ALLOWANCE_LOG",
        "ALLOWANCE_TOKEN_SECRET",
        "--demo",
    ] {
        assert!(help.contains(setting), "{setting}\n{help}");
    }
    let document = run(&["openapi"], "");
    let document: serde_json::Value = serde_json::from_slice(&document.stdout).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");
}

pub fn create_admin(database: &str, password: &str) -> Output {
    let arguments = [
        "create-admin",
        "--organisation",
        "Acme",
        "--email",
        "a@example.org",
        "--password-stdin",
    ];
    let mut child = program(&arguments, database)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(password.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn an_import_shows_the_difference_first_and_repeats_safely() {
    let database = database();
    assert!(
        create_admin(&database, "correct horse battery\n")
            .status
            .success()
    );
    let file = scratch("people.csv");
    let path = file.display().to_string();
    std::fs::write(
        &file,
        "email,display_name,shoe\nann@x.org,Ann,38\nANN@x.org,Ann again,39\n",
    )
    .unwrap();
    let import = |more: &[&str]| {
        let output = run(&[&["import", "people", &path], more].concat(), &database);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, said) = import(&["--dry-run"]);
    assert_eq!(code, Some(2), "a row was refused");
    for part in [
        "unknown columns, ignored: shoe",
        "nothing was written",
        "1 refused",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    std::fs::write(&file, "email,display_name\nann@x.org,Ann\nbob@x.org,Bob\n").unwrap();
    let (_, said) = import(&["--dry-run"]);
    assert!(
        said.contains("new people were there before"),
        "in an empty organisation: {said}"
    );
    assert_eq!(
        import(&["--joiners=no"]),
        (Some(0), "2 added, 0 changed, 0 unchanged, 0 refused\n".to_owned())
    );
    assert_eq!(
        import(&[]),
        (Some(0), "0 added, 0 changed, 2 unchanged, 0 refused\n".to_owned())
    );
    assert!(
        complaint(&run(&["import", "people", "/nowhere.csv"], &database))
            .contains("cannot read /nowhere.csv")
    );
}

#[test]
fn an_admin_from_the_command_line_and_books_that_are_proven() {
    let database = database();
    let create = |password: &str| create_admin(&database, password);
    assert!(complaint(&create("short\n")).contains("admin_password"));
    assert!(create("correct horse battery\n").status.success());
    let proof = run(&["verify"], &database);
    assert!(proof.status.success());
    assert!(String::from_utf8_lossy(&proof.stdout).contains("the books are proven"));
}

/// A running server, its address, and what it said before it listened.
pub fn started(database: &str, more: &[&str]) -> (Child, String, Vec<String>) {
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
    let mut child = program(&arguments, database)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let address = loop {
        let line = lines.next().expect("it starts").unwrap();
        if let Some((_, address)) = line.split_once("listening on http://") {
            break address.to_owned();
        }
        said.push(line);
    };
    // Whoever writes into a closed pipe dies; keep it drained.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address, said)
}

pub fn stop(child: &mut Child) {
    assert!(
        Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
}

/// The status line that a sign-in is answered with.
fn sign_in(address: &str, email: &str, password: &str) -> String {
    let body = serde_json::json!({"email": email, "password": password}).to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /api/v1/session HTTP/1.1\r\ncontent-type: application/json\r\nconnection: close\r\n";
    write!(
        stream,
        "{head}host: {address}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[test]
fn the_demo_is_loaded_once_says_how_to_sign_in_and_its_books_are_proven() {
    let database = database();
    let told = |said: &[String]| {
        let line = said
            .iter()
            .find_map(|line| line.split_once("sign in as "))
            .expect("it says how to sign in");
        let (email, password) = line.1.split_once(" with the password ").unwrap();
        (email.to_owned(), password.to_owned())
    };
    let (mut child, address, said) = started(&database, &["--demo"]);
    let (email, password) = told(&said);
    assert_eq!(sign_in(&address, &email, &password), "HTTP/1.1 200 OK");
    stop(&mut child);
    assert!(run(&["verify"], &database).status.success());
    let rebuilt = run(&["verify", "--rebuild"], &database);
    let said_of_it = String::from_utf8_lossy(&rebuilt.stdout).into_owned();
    assert!(rebuilt.status.success(), "{said_of_it}");
    assert!(said_of_it.contains("balances built again from"), "{said_of_it}");
    let (mut child, address, said) = started(&database, &["--demo"]);
    assert_eq!(told(&said), (email.clone(), password.clone()));
    assert_eq!(sign_in(&address, &email, &password), "HTTP/1.1 200 OK");
    stop(&mut child);
}

#[test]
fn sigterm_lets_what_runs_finish_and_exits_cleanly() {
    let database = database();
    let (mut child, address, said) = started(&database, &[]);
    assert!(
        said.iter().any(|line| line.contains("setup_token=")),
        "the first visit needs its token"
    );
    let mut slow = TcpStream::connect(&address).unwrap();
    let body = r#"{"email":"a@example.org","password":"wrong password"}"#;
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).unwrap();
    // The server asks for the body, so the request has begun; the body comes only after the signal.
    let mut go_on = [0; 25];
    slow.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    slow.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn log_lines_are_json_on_demand_carry_the_request_and_hold_no_secret() {
    let database = database();
    assert!(
        create_admin(&database, "correct horse battery\n")
            .status
            .success()
    );
    let secret = "a token secret that nobody may read";
    let mut child = program(&["serve", "--listen", "127.0.0.1:0"], &database)
        .env("ALLOWANCE_LOG", "json")
        .env("ALLOWANCE_LOG_FILTER", "debug")
        .env("ALLOWANCE_TOKEN_SECRET", secret)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    let address = loop {
        let line = lines.next().expect("it starts").unwrap();
        let (_, address) = line.split_once("listening on http://").unwrap_or_default();
        let address = address.split('"').next().unwrap().to_owned();
        said.push(line);
        if !address.is_empty() {
            break address;
        }
    };
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());

    let body = r#"{"email":"a@example.org","password":"correct horse battery"}"#;
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = "POST /api/v1/session?x=%0d%0aforged HTTP/1.1\r\ncontent-type: application/json\r\nconnection: close\r\n";
    write!(
        stream,
        "{head}host: {address}\r\nx-request-id: mine-7\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, json) = answer.split_once("\r\n\r\n").unwrap();
    let session: serde_json::Value = serde_json::from_str(json).unwrap();
    let cookie = answer
        .split("allowance_refresh=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    stop(&mut child);

    said.extend(reader.join().unwrap());
    for line in &said {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string());
    }
    let all = said.join("\n");
    assert!(all.contains("mine-7") && all.contains("sign_in"), "{all}");
    for hidden in [
        secret,
        "correct horse battery",
        session["access_token"].as_str().unwrap(),
        &cookie,
        "$argon2",
    ] {
        assert!(!all.contains(hidden), "the log holds {hidden}");
    }
}
