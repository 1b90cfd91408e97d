//! How much memory the process keeps.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The C library's word for how many arenas there are at most.
const ARENAS: &str = "MALLOC_ARENA_MAX";

/// Begins the process again with two arenas instead of one for nearly each thread: rows are made on one thread and dropped on
/// another, and after a burst every arena kept its share of it, twice as much in all. An environment that says how many it
/// wants is left as it is. Where the process cannot begin again it goes on.
pub(crate) fn share_arenas() {
    if env::var_os(ARENAS).is_some() {
        return;
    }
    let (Ok(program), mut words) = (env::current_exe(), env::args_os()) else {
        return;
    };
    let mut again = Command::new(program);
    if let Some(name) = words.next() {
        again.arg0(name);
    }
    // It comes back only where the process could not begin again.
    drop(again.args(words).env(ARENAS, "2").exec());
}
