//! Holds as people see them: what is reserved, for whom, until when. How platforms place them is in `metering`.

use allowance_values::{CreditTypeId, Credits, HoldId, Money, PersonId, Timestamp};

use crate::exchange_rates::ExchangedView;
use crate::people::PersonRef;

words! {
    /// Where a hold stands.
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
}

view! {
    /// A hold as it stands.
    pub struct HoldView {
        /// The id to capture or release it by.
        pub hold_id: HoldId,
        /// Who placed it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: String,
        /// The id the source gave it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub id: String,
        /// Of which credits.
        pub credit_type_id: CreditTypeId,
        /// Whose.
        pub person: PersonRef,
        /// How much it reserves.
        pub amount: Credits,
        /// How much of it was consumed.
        pub captured: Credits,
        /// How much more than it reserves a capture may take.
        pub tolerance: Credits,
        /// By how much it went beyond what the person had left; absent when covered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub over_by: Option<Credits>,
        /// The estimated cost it was made from.
        #[serde(default)]
        pub estimated_cost: Option<Money>,
        /// What that came to, where it was in another currency than the organisation's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub exchanged: Option<ExchangedView>,
        /// What for.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 500))]
        pub note: Option<String>,
        /// Where it stands.
        pub state: HoldState,
        /// When it was placed.
        pub placed_at: Timestamp,
        /// When it is given back by itself.
        #[serde(default)]
        pub expires_at: Option<Timestamp>,
        /// When it ended.
        #[serde(default)]
        pub ended_at: Option<Timestamp>,
    }
}

query! {
    /// Filters of the holds.
    pub struct HoldsQuery {
        /// Only those of this person.
        pub person_id: Option<PersonId>,
        /// Only those of this credit type.
        pub credit_type_id: Option<CreditTypeId>,
        /// Only those that stand so.
        pub state: Option<HoldState>,
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
