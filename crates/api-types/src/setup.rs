//! The first visit: one organisation, one admin, one credit type.

use allowance_values::{Credits, Currency, Email};

use crate::credit_types::Cadence;

view! {
    /// Whether set-up is still to be done.
    pub struct SetupView {
        /// True while there is no organisation.
        pub is_needed: bool,
    }
}

body! {
    /// Everything the first visit asks for.
    pub struct SetupBody {
        /// The one-time token from the server's log.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub token: String,
        /// The organisation's name.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub organisation_name: String,
        /// IANA name, like `Europe/Berlin`.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        pub time_zone: String,
        /// ISO 4217.
        pub currency: Currency,
        /// The first admin's address.
        pub admin_email: Email,
        /// The first admin's name.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub admin_name: String,
        /// At least 8 characters, at most 128.
        #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 128))]
        pub admin_password: String,
        /// The first credit type's name.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub credit_type_name: String,
        /// How often a cycle opens.
        pub cadence: Cadence,
        /// Credits per cycle.
        pub limit: Credits,
        /// Credits per 1 unit of currency, up to nine decimals; "0" switches burning off.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
        pub credit_factor: String,
    }
}
