//! What other currencies are worth in the organisation's.

use allowance_values::{Cost, Currency, ExchangeRate, ExchangeRateId, Timestamp};

use crate::people::PersonRef;

view! {
    /// What one unit of a currency is worth, from an instant on.
    pub struct ExchangeRateView {
        /// The id.
        pub id: ExchangeRateId,
        /// The currency.
        pub currency: Currency,
        /// What one unit of it is worth in the organisation's currency.
        pub rate: ExchangeRate,
        /// From when it is in force.
        pub since: Timestamp,
        /// When it was recorded.
        pub recorded_at: Timestamp,
        /// Who recorded it.
        #[serde(default)]
        pub recorded_by: Option<PersonRef>,
        /// Whether it is in force now.
        pub is_current: bool,
    }

    /// What a cost that was reported in another currency came to.
    pub struct ExchangedView {
        /// The exchange rate that was in force.
        pub rate: ExchangeRate,
        /// The cost in the organisation's currency, rounded once, half to even, to nine decimals.
        pub cost: Cost,
    }
}

body! {
    /// What one unit of a currency is worth.
    pub struct CreateExchangeRateBody {
        /// Another currency than the organisation's.
        pub currency: Currency,
        /// What one unit of it is worth in the organisation's currency: above zero, at most 1000000000.
        pub rate: ExchangeRate,
        /// From when it is in force, at most a year ahead; now when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub since: Option<Timestamp>,
    }
}

query! {
    /// Which exchange rates.
    pub struct ExchangeRatesQuery {
        /// Only those of this currency.
        pub currency: Option<Currency>,
        /// Only those that are in force now, or only those that are not.
        pub is_current: Option<bool>,
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
