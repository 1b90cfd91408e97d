//! Brakes on guessing: per account and address, and per address. Never per account alone, because then a stranger could
//! lock somebody out.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{Error, Result};

const fn at_once(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// Beyond so many keys, those that are full again are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts attempts on this instance.
#[derive(Debug)]
pub(crate) struct Throttle {
    by_account: DefaultKeyedRateLimiter<(String, String)>,
    by_address: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        let every = |period: Duration, burst: u32| {
            Quota::with_period(period)
                .unwrap_or(Quota::per_second(at_once(1)))
                .allow_burst(at_once(burst))
        };
        Self {
            by_account: RateLimiter::keyed(every(Duration::from_secs(30), 10)),
            by_address: RateLimiter::keyed(every(Duration::from_millis(500), 300)),
        }
    }
}

impl Throttle {
    /// Counts one attempt.
    pub(crate) fn count(&self, account: &str, address: &str) -> Result<()> {
        if self.by_account.len() > REMEMBERED {
            self.by_account.retain_recent();
        }
        if self.by_address.len() > REMEMBERED {
            self.by_address.retain_recent();
        }
        let now = DefaultClock::default().now();
        let wait = |until: governor::NotUntil<_>| {
            let seconds = until.wait_time_from(now).as_secs().saturating_add(1);
            Error::RateLimited {
                retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            }
        };
        self.by_address.check_key(&address.to_owned()).map_err(wait)?;
        self.by_account
            .check_key(&(account.to_owned(), address.to_owned()))
            .map_err(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_one_account_from_one_address_is_braked_and_nobody_else_is() {
        let throttle = Throttle::default();
        let refused = (0..11)
            .filter(|_| throttle.count("a@b", "10.0.0.1").is_err())
            .count();
        assert_eq!(refused, 1);
        assert!(throttle.count("a@b", "10.0.0.2").is_ok());
        assert!(throttle.count("c@d", "10.0.0.1").is_ok());
    }
}
