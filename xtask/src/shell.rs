//! Other programs: finding, running and stopping them, and what a failure is.
//!
//! Invariant: a process started in the background is tethered, so that it ends with xtask however xtask ends.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Why a verb stops.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A sentence for whoever called; main prints it.
    Because(String),
    /// The reader has been told already.
    Reported,
}

/// What a verb or a part of it comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A failure with this sentence.
pub(crate) fn fail<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Failure::Because(why.into()))
}

/// Says what was being done when a lower error came up.
pub(crate) trait Context<T> {
    /// Turns the error into a failure that begins with `what`.
    fn context(self, what: impl Display) -> Outcome<T>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure::Because(format!("{what}: {error}")))
    }
}

/// The repository's root, wherever the verb was called.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A program that runs in the repository's root.
///
/// It does not inherit what cargo tells xtask about xtask: build scripts that watch such variables would run anew, and
/// half the dependencies with them, each time a verb follows a plain cargo call.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&variable);
        }
    }
    command
}

/// The cargo that runs this very program, with arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs to the end with output where ours goes; anything but success is a failure.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().context(format!("cannot start `{shown}`"))?;
    if status.success() {
        Ok(())
    } else {
        fail(format!("`{shown}` ended with {status}"))
    }
}

/// Runs to the end and answers what it wrote to standard output; its complaints go where ours go.
pub(crate) fn read(command: &mut Command) -> Outcome<String> {
    let shown = show(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context(format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        return fail(format!("`{shown}` ended with {}", output.status));
    }
    String::from_utf8(output.stdout).context(format!("`{shown}` wrote something that is no text"))
}

/// The command as one would type it.
fn show(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// A program on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Takes these variables out of what a program inherits.
pub(crate) fn without<'a>(command: &'a mut Command, variables: &[&str]) -> &'a mut Command {
    for variable in variables {
        command.env_remove(variable);
    }
    command
}

/// Asks again until the answer is yes or the time is over.
pub(crate) fn wait_until(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !is_so() {
        if started.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// A background process that cannot outlive this one.
///
/// A small shell starts it and then reads from a pipe that only xtask holds. When xtask drops the tether, panics,
/// is interrupted or killed, the pipe closes, and the shell stops its own child and clears up behind it.
pub(crate) struct Tether {
    shell: Child,
}

const TETHER: &str = r#"
signal=$1 folder=$2; shift 2
trap : INT TERM HUP
"$@" & child=$!
cat >/dev/null
kill -"$signal" "$child" 2>/dev/null
while kill -0 "$child" 2>/dev/null; do wait "$child" 2>/dev/null; done
[ -z "$folder" ] || rm -rf "$folder"
"#;

impl Tether {
    /// Starts `command`. At the end it gets the signal `stop` (INT, TERM), and then `folder`, if any, is removed.
    /// `prepare` may set environment, owner and output of the whole.
    pub(crate) fn start(
        command: &[&str],
        stop: &str,
        folder: Option<&Path>,
        prepare: impl FnOnce(&mut Command),
    ) -> Outcome<Self> {
        let mut shell = program("sh");
        shell.args(["-c", TETHER, "tether", stop]);
        shell
            .arg(folder.unwrap_or(Path::new("")))
            .args(command)
            .stdin(Stdio::piped());
        prepare(&mut shell);
        let shell = shell.spawn().context("cannot start a shell")?;
        Ok(Self { shell })
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        if let Err(error) = self.shell.wait() {
            eprintln!("a background process could not be waited for: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tethered_process_ends_with_its_tether_and_its_folder_goes() {
        let folder = std::env::temp_dir().join(format!("allowance-tether-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let pid_file = folder.join("pid");
        let script = format!("echo $$ > {}; exec sleep 600", pid_file.display());
        let tether = Tether::start(&["sh", "-c", &script], "TERM", Some(&folder), |_| ()).unwrap();
        let written = || std::fs::read_to_string(&pid_file).is_ok_and(|text| text.ends_with('\n'));
        assert!(wait_until(Duration::from_secs(10), written));
        let pid = std::fs::read_to_string(&pid_file).unwrap();

        drop(tether);

        assert!(!folder.exists());
        let is_alive = Command::new("kill")
            .args(["-0", pid.trim()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!is_alive.success());
    }

    #[test]
    fn a_failure_names_the_command() {
        let Err(Failure::Because(why)) = run(&mut program("false")) else {
            panic!("`false` succeeded")
        };
        assert!(why.contains("`false`"), "{why}");
    }
}
