//! One-off grants.

use allowance_values::{Credits, GrantId, Timestamp};

use crate::people::PersonRef;

words! {
    /// When what is left of a grant lapses.
    pub enum GrantExpiry {
        /// With the cycle it was made in.
        EndOfCycle,
        /// At `expires_at`.
        At,
        /// Never.
        Never,
    }

    /// Where a grant came from.
    pub enum GrantSource {
        /// Typed into the Extra cell.
        Typed,
        /// Made by an admin with a reason.
        Manual,
        /// The joiner's grant.
        SignUp,
        /// The answer to a credit request.
        CreditRequest,
    }
}

view! {
    /// A grant.
    pub struct GrantView {
        /// The id.
        pub id: GrantId,
        /// What was granted.
        pub amount: Credits,
        /// What of it was taken back or has lapsed.
        pub ended: Credits,
        /// Why.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub reason: Option<String>,
        /// Where it came from.
        pub source: GrantSource,
        /// Lower numbers burn first.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000))]
        pub priority: u16,
        /// When it lapses.
        pub expiry: GrantExpiry,
        /// The date, where there is one.
        #[serde(default)]
        pub expires_at: Option<Timestamp>,
        /// When it was made.
        pub made_at: Timestamp,
        /// By whom.
        #[serde(default)]
        pub made_by: Option<PersonRef>,
        /// Whether it can be revoked.
        pub is_open: bool,
    }
}

body! {
    /// A new grant.
    pub struct CreateGrantBody {
        /// How much, above zero.
        pub amount: Credits,
        /// Why.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1_000))]
        pub reason: String,
        /// 0 to 1000; 100 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000))]
        pub priority: Option<u16>,
        /// When it lapses; with the cycle when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub expiry: Option<GrantExpiry>,
        /// The date, with expiry `at`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub expires_at: Option<Timestamp>,
    }
}
