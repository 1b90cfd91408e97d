//! Time and ids come in through traits, so that a test drives a year in milliseconds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use allowance_values::Timestamp;
use uuid::{ContextV7, Uuid};

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_offset_date_time(time::OffsetDateTime::now_utc())
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `at`.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.micros()))
    }

    /// Moves to `at`, forwards or backwards.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Makes ids.
pub trait IdSource: Send + Sync + 'static {
    /// A UUID version 7 for this instant.
    fn next(&self, at: Timestamp) -> Uuid;
}

/// UUIDs version 7 that rise within a process, also within one millisecond, so that rows made together stay together.
#[derive(Debug, Default)]
pub struct TimeOrderedIds(Mutex<ContextV7>);

impl IdSource for TimeOrderedIds {
    fn next(&self, at: Timestamp) -> Uuid {
        let seconds = u64::try_from(at.micros().div_euclid(1_000_000)).unwrap_or(0);
        let nanos = u32::try_from(at.micros().rem_euclid(1_000_000).saturating_mul(1_000)).unwrap_or(0);
        let context = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_rise() {
        let ids = TimeOrderedIds::default();
        let at = Timestamp::from_micros(1_700_000_000_000_000);
        let made: Vec<Uuid> = (0..1_000).map(|_| ids.next(at)).collect();
        assert!(made.is_sorted() && made.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
