//! Spends booked by hand.

use allowance_values::{ChargeId, CreditTypeId, Credits, Money, PersonId, Timestamp};

use crate::exchange_rates::ExchangedView;
use crate::people::PersonRef;

view! {
    /// A charge.
    pub struct ChargeView {
        /// The id.
        pub id: ChargeId,
        /// From which credits.
        pub credit_type_id: CreditTypeId,
        /// Who spent.
        pub person: PersonRef,
        /// How much.
        pub amount: Credits,
        /// The cost it was made from.
        #[serde(default)]
        pub cost: Option<Money>,
        /// What that came to, where it was in another currency than the organisation's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub exchanged: Option<ExchangedView>,
        /// What it was.
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub note: String,
        /// When it was booked.
        pub made_at: Timestamp,
        /// By how much it went beyond what the person had left; absent when covered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub over_by: Option<Credits>,
        /// When it was reversed.
        #[serde(default)]
        pub reversed_at: Option<Timestamp>,
    }
}

body! {
    /// A new charge: either an amount of credits or a cost.
    pub struct CreateChargeBody {
        /// Who spent.
        pub person_id: PersonId,
        /// How many credits, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
        /// What it cost, turned into credits by the rate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cost: Option<Money>,
        /// What it was.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1_000))]
        pub note: String,
    }

    /// Why a charge is reversed.
    pub struct ReverseChargeBody {
        /// The reason.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1_000))]
        pub note: String,
    }
}
