//! A wire between the server and PostgreSQL that can be cut where it hurts: after a commit was handed over and before the
//! answer is back.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The wire.
#[derive(Clone)]
pub struct Wire {
    port: u16,
    cuts: Arc<Cuts>,
}

/// What was cut so far.
#[derive(Default)]
pub struct Cuts {
    /// One commit in so many is cut off; none while it is 0.
    every: AtomicUsize,
    seen: AtomicUsize,
    /// Transactions that ended in COMMIT.
    pub commits: AtomicUsize,
    /// Batches that were written in one go.
    pub batches: AtomicUsize,
}

impl Cuts {
    /// Whether this one is to be cut.
    fn is_due(&self) -> bool {
        let every = self.every.load(Ordering::SeqCst);
        every > 0 && self.seen.fetch_add(1, Ordering::SeqCst).is_multiple_of(every)
    }
}

impl Wire {
    /// To the server of this URL.
    pub fn to(url: &str) -> (Self, String) {
        let (before, rest) = url.split_once('@').expect("a user");
        let (target, database) = rest.split_once('/').expect("a database");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            port: listener.local_addr().unwrap().port(),
            cuts: Arc::default(),
        };
        let (target, cuts) = (target.to_owned(), wire.cuts.clone());
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if let Ok(far) = TcpStream::connect(&target) {
                    carry(near, far, cuts.clone());
                }
            }
        });
        let url = format!("{before}@127.0.0.1:{}/{database}", wire.port);
        (wire, url)
    }

    /// From now on one commit in so many is cut off.
    pub fn cut_every(&self, every: usize) {
        self.cuts.every.store(every, Ordering::SeqCst);
    }

    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

/// Names of prepared statements that write a batch in one go, in what a client sends.
fn prepared(sent: &[u8], names: &mut HashSet<Vec<u8>>) {
    // `Parse` is the name, a zero, the text; the name is looked for backwards from the text.
    let Some(text) = contains(sent, b"WITH gate AS") else {
        return;
    };
    let before = &sent[..text.saturating_sub(1)];
    let start = before.windows(7).rposition(|window| window == b"sqlx_s_");
    names.insert(before[start.expect("the driver names its statements")..].to_vec());
}

fn carry(near: TcpStream, far: TcpStream, cuts: Arc<Cuts>) {
    let is_cut = Arc::new(AtomicBool::new(false));
    let (mut near_in, mut far_out) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let (mut far_in, mut near_out) = (far, near);
    let flag = is_cut.clone();
    std::thread::spawn(move || {
        let mut names = HashSet::new();
        let mut buffer = vec![0; 1 << 20];
        while let Ok(count @ 1..) = near_in.read(&mut buffer) {
            let sent = &buffer[..count];
            prepared(sent, &mut names);
            // `Bind` is the portal (nothing), a zero, the name of the statement, a zero.
            let is_batch = names.iter().any(|name| {
                let bind = [b"\0", name.as_slice(), b"\0"].concat();
                sent[0] == b'B' && contains(sent, &bind).is_some()
            });
            let is_commit = contains(sent, b"COMMIT\0").is_some();
            if (is_batch || is_commit) && cuts.is_due() {
                let kind = if is_batch { &cuts.batches } else { &cuts.commits };
                kind.fetch_add(1, Ordering::SeqCst);
                flag.store(true, Ordering::SeqCst);
            }
            if far_out.write_all(sent).is_err() {
                break;
            }
        }
        far_out.shutdown(Shutdown::Both).ok();
    });
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = far_in.read(&mut buffer) {
            // It answered, so it is done; nobody hears of it.
            if is_cut.load(Ordering::SeqCst) || near_out.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        near_out.shutdown(Shutdown::Both).ok();
        far_in.shutdown(Shutdown::Both).ok();
    });
}
