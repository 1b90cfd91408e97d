//! The organisation's own settings.

use allowance_values::Currency;

view! {
    /// The organisation's settings.
    pub struct OrganisationSettingsView {
        /// Its name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: String,
        /// IANA name of its time zone.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub time_zone: String,
        /// Its currency.
        pub currency: Currency,
        /// Whether managers see and decide their reports' credit requests.
        pub managers_decide_requests: bool,
        /// Whether denying a request needs a reason.
        pub denial_needs_reason: bool,
        /// For how long a reset can be undone, in hours; 0 is not at all.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 168))]
        pub undo_hours: u16,
        /// Pass it as `If-Match` to edit.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }
}

body! {
    /// Changes to the organisation's settings; absent fields stay.
    pub struct UpdateOrganisationBody {
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub name: Option<String>,
        /// IANA name of its time zone; holds from the next cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        pub time_zone: Option<String>,
        /// Whether managers see and decide their reports' credit requests.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub managers_decide_requests: Option<bool>,
        /// Whether denying a request needs a reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub denial_needs_reason: Option<bool>,
        /// For how long a reset can be undone, in hours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 168))]
        pub undo_hours: Option<u16>,
    }
}
