//! The allocation grid: rows of groups and members, and edits of them.

use allowance_values::{Credits, GroupId, PersonId, Timestamp};

use crate::imports::{FieldChangeView, RowOutcome, RowProblemView};
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
        /// By Monthly (in a shared pool by cap), smallest first.
        Monthly,
        /// By Monthly (in a shared pool by cap), largest first.
        MonthlyDescending,
        /// By Extra, smallest first.
        Extra,
        /// By Extra, largest first.
        ExtraDescending,
        /// By Used, smallest first.
        Used,
        /// By Used, largest first.
        UsedDescending,
        /// By Remaining, smallest first.
        Remaining,
        /// By Remaining, largest first.
        RemainingDescending,
    }

    /// Which members of a group are shown.
    pub enum MemberFilter {
        /// Those who used and hold more than they have.
        Over,
        /// Those who used nothing in this cycle.
        Unused,
        /// Those without a Monthly.
        WithoutMonthly,
        /// Those with an Extra in this cycle.
        WithExtra,
        /// Those who are suspended.
        Suspended,
    }

    /// What a change of many rows does to each.
    pub enum ManyChange {
        /// Splits `amount` equally as Monthly, to the last unit.
        SplitMonthly,
        /// Splits `amount` equally as Extra, to the last unit.
        SplitExtra,
        /// Sets Monthly to `amount`.
        SetMonthly,
        /// Sets Extra to `amount`.
        SetExtra,
        /// Sets the cap of a shared pool to `amount`.
        SetCap,
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

view! {
    /// The members of a group in the order of a view, all of them: ids alone.
    pub struct MemberOrderView {
        /// Whose rows, in order.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000_000))]
        pub ids: Vec<PersonId>,
        /// Whether there are more than fit.
        pub is_truncated: bool,
    }

    /// Rows that were looked up, in the order asked; those that are gone are left out.
    pub struct MemberRowsView {
        /// The rows.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub items: Vec<MemberRowView>,
    }

    /// What a change of many rows did, or would do.
    pub struct ManyAllocatedView {
        /// Whether nothing was written.
        pub is_dry_run: bool,
        /// How many rows change.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub changed: u64,
        /// How many stay as they are.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub unchanged: u64,
        /// Whether the view shows your own row, which is left out: nobody decides for themselves.
        pub is_own_left_out: bool,
        /// The smallest new value.
        #[serde(default)]
        pub least: Option<Credits>,
        /// The largest new value.
        #[serde(default)]
        pub most: Option<Credits>,
        /// What all rows hold before, of the cell that changes.
        pub total_before: Credits,
        /// And after.
        pub total_after: Credits,
        /// The group as it is, or would be.
        pub group: GroupRowView,
        /// Undo it by saving these again: the rows that change, with their values before, the first 5,000.
        #[cfg_attr(feature = "openapi", schema(max_items = 5_000))]
        pub before: Vec<MemberBeforeView>,
    }

    /// A row's cell before a change of many.
    pub struct MemberBeforeView {
        /// Whose row.
        pub person_id: PersonId,
        /// The value of the cell; absent for a cap of none.
        #[serde(default)]
        pub amount: Option<Credits>,
    }

    /// One row of an allocation file: what it changes, or why it is refused.
    pub struct AllocationImportRowView {
        /// Line in the file; the header is line 1.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_007_199_254_740_991u64))]
        pub line: u64,
        /// What happens.
        pub outcome: RowOutcome,
        /// The address in the file.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub email: String,
        /// Whose row; absent when nobody was found.
        #[serde(default)]
        pub person: Option<PersonRef>,
        /// What changes.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub changes: Vec<FieldChangeView>,
        /// Why it is refused.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub problems: Vec<RowProblemView>,
    }

    /// What an allocation file did, or would do.
    pub struct AllocationImportView {
        /// Whether nothing was written.
        pub is_dry_run: bool,
        /// Changed rows.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub changed: u64,
        /// Rows with nothing to do.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub unchanged: u64,
        /// Rows left out.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub refused: u64,
        /// Columns nobody knows; their values are ignored.
        #[cfg_attr(feature = "openapi", schema(max_items = 200, value_type = Vec<crate::text::Line>))]
        pub unknown_columns: Vec<String>,
        /// Row by row: all that are refused or changed, the first 1,000.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub rows: Vec<AllocationImportRowView>,
        /// Whether there are more rows than listed.
        pub is_truncated: bool,
        /// New figures of every group touched.
        #[cfg_attr(feature = "openapi", schema(max_items = 5_000))]
        pub groups: Vec<GroupRowView>,
    }
}

body! {
    /// Which rows to look up.
    pub struct LookUpMembersBody {
        /// Whose.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1_000))]
        pub ids: Vec<PersonId>,
    }

    /// One change for all members of a group that a view shows.
    pub struct AllocateManyBody {
        /// Words that the name or the address begins with; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub search: Option<String>,
        /// Only these; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub filter: Option<MemberFilter>,
        /// Only these people; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5_000))]
        pub ids: Option<Vec<PersonId>>,
        /// What happens to each row.
        pub change: ManyChange,
        /// The amount: in all for a split, each for a set.
        pub amount: Credits,
    }

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
    /// When to look.
    pub struct AsOfQuery {
        /// The state at this moment, of the cycle that was open then; now when absent.
        pub as_of: Option<Timestamp>,
    }

    /// Filters of the members of a group.
    pub struct MembersQuery {
        /// Words that the name or the address begins with.
        #[cfg_attr(feature = "openapi", param(max_length = 200))]
        pub search: Option<String>,
        /// The order; by name when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub sort: Option<MemberSort>,
        /// Only these; all when absent.
        #[cfg_attr(feature = "openapi", param(inline))]
        pub filter: Option<MemberFilter>,
        /// The rows as they were at this moment, of the cycle that was open then; now when absent.
        pub as_of: Option<Timestamp>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
