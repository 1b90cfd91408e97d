//! The contract's words as people read them.

use allowance_api_types::api_keys::ApiKeyScope;
use allowance_api_types::costs::CostEventKind;
use allowance_api_types::credit_requests::{
    CreditRequestStatus, RequestEventKind, RequestTerm, StatusFilter,
};
use allowance_api_types::credit_types::{Cadence, Distribution, Enforcement};
use allowance_api_types::holds::HoldState;
use allowance_api_types::imports::RowOutcome;
use allowance_api_types::ledger::{AccountKind, EntryKind};
use allowance_api_types::people::{PersonStatus, Role};

use allowance_api_types::read::Read;
use allowance_api_types::usage::UnknownPeople;
use serde::Serialize;

use crate::ui::Tone;

/// A word as it goes over the wire and into addresses.
pub fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The value of a word, when it is one.
pub fn from_word<T: Read>(word: &str) -> Option<T> {
    T::read(serde_json::Value::String(word.to_owned()))
}

/// All words of a kind as options of a select.
pub fn options<T: Serialize + Copy>(all: &[T], text: impl Fn(T) -> &'static str) -> Vec<(String, String)> {
    all.iter()
        .map(|&value| (word(value), text(value).to_owned()))
        .collect()
}

pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "Admin",
        Role::Finance => "Finance",
        Role::Auditor => "Auditor",
        Role::Member => "Member",
        _ => "Other",
    }
}

/// What a role may do, for whoever hands it out.
pub const fn role_hint(role: Role) -> &'static str {
    match role {
        Role::Admin => "Does everything.",
        Role::Finance => "Payments, charges and exports.",
        Role::Auditor => "Reads everything, changes nothing.",
        Role::Member => "Sees their own wallet.",
        _ => "",
    }
}

pub const fn status(status: PersonStatus) -> (&'static str, Tone) {
    match status {
        PersonStatus::Active => ("Active", Tone::Good),
        PersonStatus::Suspended => ("Suspended", Tone::Warn),
        PersonStatus::Left => ("Left", Tone::Neutral),
        _ => ("Other", Tone::Neutral),
    }
}

pub const fn cadence(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::CalendarMonth => "Calendar month",
        Cadence::CalendarQuarter => "Calendar quarter",
        Cadence::CalendarYear => "Calendar year",
        Cadence::FifteenDays => "15 days",
        Cadence::Week => "1 week",
        Cadence::Day => "1 day",
        Cadence::TwelveHours => "12 hours",
        Cadence::SixHours => "6 hours",
        Cadence::Hour => "1 hour",
        _ => "Other",
    }
}

pub const fn enforcement(enforcement: Enforcement) -> &'static str {
    match enforcement {
        Enforcement::Track => "Track: grant it",
        Enforcement::Warn => "Warn: grant it and flag it",
        Enforcement::Block => "Block: refuse it",
        _ => "Other",
    }
}

pub const fn distribution(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Individual => "Individual allocations",
        Distribution::SharedPool => "Shared pool",
        _ => "Other",
    }
}

pub const fn request_status(status: CreditRequestStatus) -> (&'static str, Tone) {
    match status {
        CreditRequestStatus::Pending => ("Pending", Tone::Warn),
        CreditRequestStatus::InformationRequested => ("Info requested", Tone::Info),
        CreditRequestStatus::Approved => ("Approved", Tone::Good),
        CreditRequestStatus::AutoApproved => ("Auto-approved", Tone::Good),
        CreditRequestStatus::Denied => ("Denied", Tone::Bad),
        CreditRequestStatus::Withdrawn => ("Withdrawn", Tone::Neutral),
        _ => ("Other", Tone::Neutral),
    }
}

pub const fn status_filter(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::All => "All statuses",
        StatusFilter::Pending => "Pending",
        StatusFilter::Approved => "Approved",
        StatusFilter::Denied => "Denied",
        StatusFilter::AutoApproved => "Auto-approved",
        _ => "Other",
    }
}

pub const fn term(term: RequestTerm) -> &'static str {
    match term {
        RequestTerm::ThisCycle => "This cycle",
        RequestTerm::ForGood => "For good",
        _ => "Other",
    }
}

/// What happened, with its actor behind it.
pub const fn request_event(kind: RequestEventKind) -> &'static str {
    match kind {
        RequestEventKind::Submitted => "Submitted",
        RequestEventKind::AutoApproved => "Approved by the reserve",
        RequestEventKind::LeftToPeople => "Left to people",
        RequestEventKind::Asked => "Information requested",
        RequestEventKind::Answered => "Answered",
        RequestEventKind::Approved => "Approved",
        RequestEventKind::Denied => "Denied",
        RequestEventKind::Withdrawn => "Withdrawn",
        _ => "Other",
    }
}

/// What a key may be used for, and what that means.
pub const fn scope(scope: ApiKeyScope) -> (&'static str, &'static str) {
    match scope {
        ApiKeyScope::UsageWrite => ("Report usage", "Send usage events, one by one or in batches."),
        ApiKeyScope::HoldsWrite => (
            "Place holds",
            "Ask before spending: place, capture and release holds.",
        ),
        ApiKeyScope::Read => ("Read", "Read holds and what they stand on."),
        _ => ("Other", ""),
    }
}

pub const fn unknown_people(what: UnknownPeople) -> &'static str {
    match what {
        UnknownPeople::Refuse => "Refuse it",
        UnknownPeople::Keep => "Keep it aside",
        _ => "Other",
    }
}

pub const fn cost_event(kind: CostEventKind) -> &'static str {
    match kind {
        CostEventKind::Usage => "Usage",
        CostEventKind::Charge => "Charge",
        CostEventKind::Capture => "Captured hold",
        CostEventKind::Reversal => "Reversed charge",
        _ => "Other",
    }
}

pub const fn hold_state(state: HoldState) -> (&'static str, Tone) {
    match state {
        HoldState::Open => ("Open", Tone::Info),
        HoldState::Captured => ("Captured", Tone::Good),
        HoldState::Released => ("Released", Tone::Neutral),
        HoldState::Expired => ("Expired", Tone::Neutral),
        _ => ("Other", Tone::Neutral),
    }
}

pub const fn outcome(outcome: RowOutcome) -> (&'static str, Tone) {
    match outcome {
        RowOutcome::Added => ("Added", Tone::Good),
        RowOutcome::Changed => ("Changed", Tone::Info),
        RowOutcome::Unchanged => ("Unchanged", Tone::Neutral),
        RowOutcome::Refused => ("Refused", Tone::Bad),
        _ => ("Other", Tone::Neutral),
    }
}

pub const fn entry_kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Opening => "Cycle opened",
        EntryKind::Limit => "Limit changed",
        EntryKind::GroupMonthly => "Group Monthly",
        EntryKind::GroupExtra => "Group Extra",
        EntryKind::Reserve => "Auto-approve reserve",
        EntryKind::Standing => "Standing Monthly",
        EntryKind::Monthly => "Monthly changed",
        EntryKind::Grant => "Grant",
        EntryKind::GrantTakenBack => "Grant taken back",
        EntryKind::Lapse => "Lapsed",
        EntryKind::Move => "Moved to another group",
        EntryKind::Charge => "Charge",
        EntryKind::Usage => "Usage",
        EntryKind::Reversal => "Charge reversed",
        EntryKind::Hold => "Hold",
        EntryKind::Capture => "Hold captured",
        EntryKind::Release => "Hold released",
        EntryKind::CarryOut => "Carried out",
        EntryKind::CarryIn => "Carried in",
        _ => "Other",
    }
}

pub const fn account_kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Limit => "Limit",
        AccountKind::Unallocated => "Unallocated",
        AccountKind::Group => "Group",
        AccountKind::Reserve => "Reserve",
        AccountKind::Member => "Member",
        AccountKind::Held => "Held",
        AccountKind::Spent => "Spent",
        AccountKind::Lapsed => "Lapsed",
        AccountKind::Carried => "Carried",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_and_back_is_the_same_value() {
        for &role in Role::ALL {
            assert_eq!(from_word(&word(role)), Some(role));
        }
        assert_eq!(
            options(&[Role::Admin], role),
            [("admin".to_owned(), "Admin".to_owned())]
        );
    }

    /// A word without a text would be shown as "Other".
    #[test]
    fn every_word_of_the_contract_has_a_text() {
        assert!(
            Role::ALL
                .iter()
                .all(|&word| role(word) != "Other" && !role_hint(word).is_empty())
        );
        assert!(PersonStatus::ALL.iter().all(|&word| status(word).0 != "Other"));
        assert!(Cadence::ALL.iter().all(|&word| cadence(word) != "Other"));
        assert!(Enforcement::ALL.iter().all(|&word| enforcement(word) != "Other"));
        assert!(
            Distribution::ALL
                .iter()
                .all(|&word| distribution(word) != "Other")
        );
        assert!(
            CreditRequestStatus::ALL
                .iter()
                .all(|&word| request_status(word).0 != "Other")
        );
        assert!(
            StatusFilter::ALL
                .iter()
                .all(|&word| status_filter(word) != "Other")
        );
        assert!(RequestTerm::ALL.iter().all(|&word| term(word) != "Other"));
        assert!(
            RequestEventKind::ALL
                .iter()
                .all(|&word| request_event(word) != "Other")
        );
        assert!(
            ApiKeyScope::ALL
                .iter()
                .all(|&word| scope(word).0 != "Other" && !scope(word).1.is_empty())
        );
        assert!(CostEventKind::ALL.iter().all(|&word| cost_event(word) != "Other"));
        assert!(
            UnknownPeople::ALL
                .iter()
                .all(|&word| unknown_people(word) != "Other")
        );
        assert!(HoldState::ALL.iter().all(|&word| hold_state(word).0 != "Other"));
        assert!(RowOutcome::ALL.iter().all(|&word| outcome(word).0 != "Other"));
        assert!(EntryKind::ALL.iter().all(|&word| entry_kind(word) != "Other"));
        assert!(AccountKind::ALL.iter().all(|&word| account_kind(word) != "Other"));
    }
}
