//! Enums of the domain as words in rows, in both directions, exhaustively.

use allowance_domain::credit_types::{Distribution, Enforcement};
use allowance_domain::ledger::{Account, EntryKind, Expiry, LotOrigin, LotSource};
use allowance_values::{GroupId, PersonId, RateSide, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;

/// Gives a domain enum its words: `word(value)` and `from_word(text)`. A new variant is a compile error here.
macro_rules! word_enum {
    ($module:ident, $type:ty, $table:literal, { $($variant:ident = $word:literal),* $(,)? }) => {
        pub(crate) mod $module {
            #[allow(unused_imports, reason = "which of the names the type needs differs")]
            use super::*;

            pub(crate) const fn word(value: $type) -> &'static str {
                match value {
                    $(<$type>::$variant => $word,)*
                }
            }

            pub(crate) fn from_word(word: &str) -> Result<$type, $crate::error::StoreError> {
                match word {
                    $($word => Ok(<$type>::$variant),)*
                    _ => Err($crate::error::StoreError::Corrupt($table)),
                }
            }
        }
    };
}
pub(crate) use word_enum;

word_enum!(enforcement, Enforcement, "credit_type", { Track = "track", Warn = "warn", Block = "block" });
word_enum!(distribution, Distribution, "credit_type", { Individual = "individual", SharedPool = "shared_pool" });
word_enum!(rate_side, RateSide, "credit_type", { Factor = "factor", Value = "value" });
word_enum!(lot_origin, LotOrigin, "lot", {
    Grant = "grant", Rollover = "rollover", Held = "held", Returned = "returned",
});
word_enum!(lot_source, LotSource, "lot", {
    Typed = "typed", Manual = "manual", SignUp = "sign_up", CreditRequest = "credit_request", System = "system",
});
word_enum!(entry_kind, EntryKind, "ledger_entry", {
    Opening = "opening", Limit = "limit", GroupMonthly = "group_monthly", GroupExtra = "group_extra",
    Reserve = "reserve", Standing = "standing", Monthly = "monthly", Grant = "grant",
    GrantTakenBack = "grant_taken_back", Lapse = "lapse", Move = "move", Charge = "charge", Usage = "usage",
    Reversal = "reversal",
    Hold = "hold", Capture = "capture", Release = "release", CarryOut = "carry_out", CarryIn = "carry_in",
});

/// An account as a row holds it: kind, group, person.
pub(crate) fn account_parts(account: Account) -> (&'static str, Option<Uuid>, Option<Uuid>) {
    match account {
        Account::Limit => ("limit", None, None),
        Account::Unallocated => ("unallocated", None, None),
        Account::Group(group) => ("group", Some(group.uuid()), None),
        Account::Reserve(group) => ("reserve", Some(group.uuid()), None),
        Account::Member(person, group) => ("member", Some(group.uuid()), Some(person.uuid())),
        Account::Held(person, group) => ("held", Some(group.uuid()), Some(person.uuid())),
        Account::Spent(person, group) => ("spent", Some(group.uuid()), Some(person.uuid())),
        Account::Lapsed => ("lapsed", None, None),
        Account::Carried => ("carried", None, None),
    }
}

/// The account a row means.
pub(crate) fn account(kind: &str, group: Option<Uuid>, person: Option<Uuid>) -> Result<Account, StoreError> {
    let broken = StoreError::Corrupt("ledger_entry");
    let of_person = || Some((PersonId::new(person?), GroupId::new(group?)));
    let account = match kind {
        "limit" => Some(Account::Limit),
        "unallocated" => Some(Account::Unallocated),
        "group" => group.map(|group| Account::Group(GroupId::new(group))),
        "reserve" => group.map(|group| Account::Reserve(GroupId::new(group))),
        "member" => of_person().map(|(person, group)| Account::Member(person, group)),
        "held" => of_person().map(|(person, group)| Account::Held(person, group)),
        "spent" => of_person().map(|(person, group)| Account::Spent(person, group)),
        "lapsed" => Some(Account::Lapsed),
        "carried" => Some(Account::Carried),
        _ => None,
    };
    account.ok_or(broken)
}

/// An expiry as a row holds it: word, instant, cycle.
pub(crate) const fn expiry_parts(expiry: Expiry) -> (&'static str, Option<i64>, Option<i64>) {
    match expiry {
        Expiry::EndOfCycle(cycle) => ("end_of_cycle", None, Some(cycle)),
        Expiry::At(instant) => ("at", Some(instant.micros()), None),
        Expiry::Never => ("never", None, None),
    }
}

/// The expiry a row means.
pub(crate) fn expiry(word: &str, instant: Option<i64>, cycle: Option<i64>) -> Result<Expiry, StoreError> {
    match (word, instant, cycle) {
        ("end_of_cycle", _, Some(cycle)) => Ok(Expiry::EndOfCycle(cycle)),
        ("at", Some(instant), _) => Ok(Expiry::At(Timestamp::from_micros(instant))),
        ("never", _, _) => Ok(Expiry::Never),
        _ => Err(StoreError::Corrupt("lot")),
    }
}
