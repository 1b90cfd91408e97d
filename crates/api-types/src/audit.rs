//! The audit log.

use allowance_values::{AuditEntryId, PersonId, Timestamp};

use crate::people::PersonRef;

view! {
    /// One change by a person, an import or a job.
    pub struct AuditEntryView {
        /// The id.
        pub id: AuditEntryId,
        /// When, UTC.
        pub at: Timestamp,
        /// Who; absent for the system.
        #[serde(default)]
        pub actor: Option<PersonRef>,
        /// What was done, like `update_member_allocation`.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub action: String,
        /// To what: an id.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub target: String,
        /// How it was, as JSON text.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 65_536))]
        pub before: Option<String>,
        /// How it is, as JSON text.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 65_536))]
        pub after: Option<String>,
        /// The request.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub request_id: Option<String>,
    }
}

query! {
    /// Filters of the audit log.
    pub struct AuditQuery {
        /// Only what this person did.
        pub actor_id: Option<PersonId>,
        /// Only this action.
        #[cfg_attr(feature = "openapi", param(max_length = 64))]
        pub action: Option<String>,
        /// Only this target.
        #[cfg_attr(feature = "openapi", param(max_length = 64))]
        pub target: Option<String>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
