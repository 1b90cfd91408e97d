//! Groups people belong to for allocation.

use allowance_values::{GroupId, PersonId};

use crate::Patch;
use crate::people::PersonRef;

view! {
    /// A group.
    pub struct GroupView {
        /// The id.
        pub id: GroupId,
        /// The name; unique in the organisation whatever the case.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// Whether it is the system-made group of everyone else.
        pub is_default: bool,
        /// Who distributes within it.
        #[serde(default)]
        pub owner: Option<PersonRef>,
        /// How many people are in it.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub member_count: u64,
        /// Pass it as `If-Match` to edit.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }
}

body! {
    /// A new group.
    pub struct CreateGroupBody {
        /// The name.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub name: String,
        /// Who distributes within it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub owner_id: Option<PersonId>,
    }

    /// Changes to a group.
    pub struct UpdateGroupBody {
        /// The name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub name: Option<String>,
        /// Who distributes within it; `null` for nobody.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<PersonId>))]
        pub owner_id: Patch<PersonId>,
    }
}
