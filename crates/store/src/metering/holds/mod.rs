//! Holds: rows with an owner, a state and an expiry. A hold is unique by source and reference, for good, and ends once.

mod find;
mod write;

use allowance_domain::metering::CostAtRate;
use allowance_values::{ApiKeyId, CreditTypeId, Credits, GroupId, HoldId, PersonId, Timestamp};

use super::cost::CostColumns;
use crate::entities::credit_hold;
use crate::error::StoreError;
use crate::ledger::word_enum;

pub(crate) use find::open_holds;
pub use find::{HoldFilter, HoldViewer};
pub(crate) use write::changed_holds;

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// It reserves.
    Open,
    /// It was consumed, whole or in part.
    Captured,
    /// It was given back.
    Released,
    /// Its time ran out and it was given back.
    Expired,
}

word_enum!(hold_state, HoldState, "credit_hold", {
    Open = "open", Captured = "captured", Released = "released", Expired = "expired",
});

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// Its id.
    pub id: HoldId,
    /// Who placed it.
    pub source: String,
    /// The id the source gave it.
    pub reference: String,
    /// SHA-256 of what was asked.
    pub digest: Vec<u8>,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Whose.
    pub person: PersonId,
    /// The group that stood behind it.
    pub group: GroupId,
    /// How much it reserves.
    pub amount: Credits,
    /// How much of it was consumed.
    pub captured: Credits,
    /// How much more than it reserves a capture may take.
    pub tolerance: Credits,
    /// By how much it went beyond what the person had left.
    pub over_by: Credits,
    /// The estimated cost it was made from.
    pub cost: Option<CostAtRate>,
    /// What for.
    pub note: Option<String>,
    /// Where it stands.
    pub state: HoldState,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it is given back by itself.
    pub expires_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The key it was placed by.
    pub api_key: Option<ApiKeyId>,
}

fn from_row(row: credit_hold::Model) -> Result<HoldRow, StoreError> {
    let credit_hold::Model {
        organisation_id: _,
        id,
        source,
        reference,
        digest,
        credit_type_id,
        person_id,
        group_id,
        amount,
        held: _,
        captured,
        tolerance,
        over_by,
        cost_nanos,
        currency,
        rate_side,
        rate_nanos,
        exchange_nanos,
        converted_nanos,
        note,
        state,
        placed_at,
        expires_at,
        ended_at,
        api_key_id,
    } = row;
    Ok(HoldRow {
        id: HoldId::new(id),
        source,
        reference,
        digest,
        credit_type: CreditTypeId::new(credit_type_id),
        person: PersonId::new(person_id),
        group: GroupId::new(group_id),
        amount: Credits::from_micros(amount),
        captured: Credits::from_micros(captured),
        tolerance: Credits::from_micros(tolerance),
        over_by: Credits::from_micros(over_by),
        cost: CostColumns {
            cost_nanos,
            currency,
            rate_side,
            rate_nanos,
            exchange_nanos,
            converted_nanos,
        }
        .cost("credit_hold")?,
        note,
        state: hold_state::from_word(&state)?,
        placed_at: Timestamp::from_micros(placed_at),
        expires_at: expires_at.map(Timestamp::from_micros),
        ended_at: ended_at.map(Timestamp::from_micros),
        api_key: api_key_id.map(ApiKeyId::new),
    })
}
