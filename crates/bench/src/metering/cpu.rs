//! Who used how much of the processors: client, server, database. They share the machine, so a rate without this says
//! little about any of them.

use std::time::Duration;

/// The processes that are watched.
#[derive(Debug, Clone)]
pub(crate) struct Cpu {
    server: u32,
    /// PostgreSQL's first process.
    database: Option<u32>,
}

/// Processor time in hundredths of a second, as the system counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) client: u64,
    pub(crate) server: u64,
    pub(crate) database: u64,
}

impl Spent {
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            client: self.client.saturating_sub(before.client),
            server: self.server.saturating_sub(before.server),
            database: self.database.saturating_sub(before.database),
        }
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            client: self.client + other.client,
            server: self.server + other.server,
            database: self.database + other.database,
        }
    }

    /// Hundredths of one processor each took, over this time.
    pub(crate) fn shares(self, took: Duration) -> [u64; 3] {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        [self.client, self.server, self.database].map(|ticks| ticks * 1_000 / millis)
    }
}

impl Cpu {
    /// Watches this process, the server, and the PostgreSQL that listens on a port.
    pub(crate) fn watch(server: u32, postgres_port: Option<&str>) -> Self {
        Self {
            server,
            database: postgres_port.and_then(postmaster),
        }
    }

    pub(crate) fn read(&self) -> Spent {
        let of_database = |first: u32| {
            let own = stat(first).map_or(0, |stat| stat.own + stat.ended_children);
            let children = processes().filter_map(stat).filter(|stat| stat.parent == first);
            own + children.map(|stat| stat.own).sum::<u64>()
        };
        Spent {
            client: stat(std::process::id()).map_or(0, |stat| stat.own),
            server: stat(self.server).map_or(0, |stat| stat.own),
            database: self.database.map_or(0, of_database),
        }
    }
}

struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

fn stat(process: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
    })
}

fn processes() -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn postmaster(port: &str) -> Option<u32> {
    processes().find(|process| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        let is_postgres = words.first().is_some_and(|word| word.ends_with(b"/postgres"));
        is_postgres
            && words
                .windows(2)
                .any(|two| two[0] == b"-p" && two[1] == port.as_bytes())
    })
}
