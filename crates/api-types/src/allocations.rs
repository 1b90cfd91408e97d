//! The allocation grid: rows of groups and members, and edits of them.

use allowance_values::{Credits, GroupId, PersonId};

use crate::people::{PersonRef, PersonStatus};
use crate::{Patch, Problem};

words! {
    /// A cell of the grid that the viewer may edit in this row.
    pub enum Editable {
        /// The recurring allocation.
        Monthly,
        /// One-off credits of this cycle.
        Extra,
        /// The reserve for automatic approval.
        AutoApproveReserve,
        /// The cap in a shared pool.
        Cap,
    }

    /// Order of the members of a group.
    pub enum MemberSort {
        /// By name, A to Z.
        Name,
        /// By name, Z to A.
        NameDescending,
    }

    /// How a bulk save treats refusals.
    pub enum BulkMode {
        /// One refusal and nothing is saved.
        AllOrNothing,
        /// Whatever passes is saved; each item has its answer.
        PerItem,
    }
}

view! {
    /// A group's row.
    pub struct GroupRowView {
        /// The group.
        pub id: GroupId,
        /// Its name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// Whether it is the system-made group of everyone else.
        pub is_default: bool,
        /// How many people are in it.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub member_count: u64,
        /// Recurring allocation per cycle.
        pub monthly: Credits,
        /// One-off credits of this cycle.
        pub extra: Credits,
        /// The pool's own Carried (shared pool).
        pub carried: Credits,
        /// What it gave people in this cycle less what came back.
        pub distributed: Credits,
        /// What its people used.
        pub used: Credits,
        /// What its people hold.
        pub held: Credits,
        /// What members used and hold beyond their own credits.
        pub uncovered: Credits,
        /// monthly + extra + carried − distributed − reserve_left − uncovered.
        pub available: Credits,
        /// Set aside per cycle for automatic approval; "0" is off.
        pub auto_approve_reserve: Credits,
        /// What of the reserve is left.
        pub reserve_left: Credits,
        /// Cells the viewer may edit.
        #[cfg_attr(feature = "openapi", schema(max_items = 4))]
        pub editable: Vec<Editable>,
        /// Pass it as `If-Match` to edit. Usage does not change it.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }

    /// A member's row.
    pub struct MemberRowView {
        /// The person.
        pub person: PersonRef,
        /// The group the person is in.
        pub group_id: GroupId,
        /// Where the person stands.
        pub status: PersonStatus,
        /// Recurring allocation per cycle.
        pub monthly: Credits,
        /// The cap in a shared pool; absent is none.
        #[serde(default)]
        pub cap: Option<Credits>,
        /// Grants made in this cycle, less what lapsed or was taken back.
        pub extra: Credits,
        /// Came in already paid for.
        pub carried: Credits,
        /// Consumed in this cycle.
        pub used: Credits,
        /// Reserved by open holds.
        pub held: Credits,
        /// monthly + extra + carried − used − held.
        pub remaining: Credits,
        /// Cells the viewer may edit.
        #[cfg_attr(feature = "openapi", schema(max_items = 4))]
        pub editable: Vec<Editable>,
        /// Pass it as `If-Match` to edit. Usage does not change it.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }

    /// All group rows with what stands above them.
    pub struct GroupRowsView {
        /// Default first, then by name.
        #[cfg_attr(feature = "openapi", schema(max_items = 10_000))]
        pub items: Vec<GroupRowView>,
        /// Credits per cycle.
        pub limit: Credits,
        /// limit − sum of Monthly + Extra; negative is an overhang.
        pub unallocated: Credits,
        /// Used in this cycle by all.
        pub used: Credits,
    }

    /// A saved member row, with its group's new figures.
    pub struct MemberSavedView {
        /// The member.
        pub member: MemberRowView,
        /// The group.
        pub group: GroupRowView,
    }

    /// The answer to one item of a bulk save: either `member` or `problem`.
    pub struct BulkItemView {
        /// Whose row.
        pub person_id: PersonId,
        /// The saved row.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub member: Option<MemberRowView>,
        /// Why it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problem: Option<Problem>,
    }

    /// The answer to a bulk save.
    pub struct BulkSavedView {
        /// In the order of the request.
        #[cfg_attr(feature = "openapi", schema(max_items = 5_000))]
        pub items: Vec<BulkItemView>,
        /// New figures of every group touched.
        #[cfg_attr(feature = "openapi", schema(max_items = 5_000))]
        pub groups: Vec<GroupRowView>,
    }
}

body! {
    /// New values of a group's cells; absent ones stay.
    pub struct UpdateGroupAllocationBody {
        /// Recurring allocation per cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub monthly: Option<Credits>,
        /// One-off credits of this cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub extra: Option<Credits>,
        /// Set aside per cycle for automatic approval.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub auto_approve_reserve: Option<Credits>,
    }

    /// New values of a member's cells; absent ones stay.
    pub struct UpdateMemberAllocationBody {
        /// Recurring allocation per cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub monthly: Option<Credits>,
        /// The value of the Extra cell: the difference is granted to the end of the cycle or taken back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub extra: Option<Credits>,
        /// The cap in a shared pool; `null` for none.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<Credits>))]
        pub cap: Patch<Credits>,
    }

    /// One row of a bulk save.
    pub struct BulkItemBody {
        /// Whose row.
        pub person_id: PersonId,
        /// The row's ETag as it was read.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
        pub etag: String,
        /// Recurring allocation per cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub monthly: Option<Credits>,
        /// The value of the Extra cell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub extra: Option<Credits>,
        /// The cap in a shared pool; `null` for none.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<Credits>))]
        pub cap: Patch<Credits>,
    }

    /// Many rows at once, judged by their end state.
    pub struct BulkSaveBody {
        /// How refusals are treated.
        pub mode: BulkMode,
        /// The rows.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5_000))]
        pub items: Vec<BulkItemBody>,
    }
}

query! {
    /// Filters of the members of a group.
    pub struct MembersQuery {
        /// Words that the name or the address begins with.
        #[cfg_attr(feature = "openapi", param(max_length = 200))]
        pub search: Option<String>,
        /// The order; by name when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub sort: Option<MemberSort>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
