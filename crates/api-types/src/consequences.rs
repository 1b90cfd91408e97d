//! What a change of settings, a reset or its undo does, or would do: read off the change itself, run and rolled back.

use allowance_values::{Credits, GroupId, PersonId, Timestamp};

use crate::credit_types::{CreditTypeView, CycleView};

words! {
    /// What kind of row is over.
    pub enum OverKind {
        /// The organisation: groups hold more than the limit.
        Organisation,
        /// A group: it gave more than it has.
        Group,
        /// A member: used and holds more than they have.
        Member,
    }
}

view! {
    /// Somebody or something that is, or would be, over.
    pub struct OverView {
        /// What kind.
        pub kind: OverKind,
        /// The group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub group_id: Option<GroupId>,
        /// The person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<PersonId>,
        /// Its name; absent for the organisation.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: String,
        /// By how much.
        pub over_by: Credits,
    }

    /// What a group holds of the limit.
    pub struct HoldingView {
        /// The group.
        pub group_id: GroupId,
        /// Its name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: String,
        /// Its Monthly + Extra in this cycle.
        pub allocated: Credits,
    }

    /// What a change does to everybody.
    pub struct ConsequencesView {
        /// The open cycle before.
        pub cycle_before: CycleView,
        /// The open cycle after; another one when the change opens or reopens one.
        pub cycle_after: CycleView,
        /// The limit per 30 days before.
        pub limit_per_30_days_before: Credits,
        /// And after.
        pub limit_per_30_days_after: Credits,
        /// Credits balance before.
        pub balance_before: Credits,
        /// And after.
        pub balance_after: Credits,
        /// Unallocated before.
        pub unallocated_before: Credits,
        /// And after.
        pub unallocated_after: Credits,
        /// What is unspent and ends with the change.
        pub lapses: Credits,
        /// What crosses into the cycle the change opens.
        pub carries: Credits,
        /// Who is over afterwards and was not, or by more: the organisation first, then groups, then members, the first 50.
        #[cfg_attr(feature = "openapi", schema(max_items = 50))]
        pub over: Vec<OverView>,
        /// How many more there are.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub more_over: u64,
        /// Where groups hold more than the limit afterwards: what each holds, the largest first, the first 50.
        #[cfg_attr(feature = "openapi", schema(max_items = 50))]
        pub holding: Vec<HoldingView>,
        /// Until when the change can be undone; absent when it cannot.
        #[serde(default)]
        pub undo_until: Option<Timestamp>,
    }

    /// A changed credit type with the consequences, or what they would be.
    pub struct CreditTypeChangedView {
        /// The credit type as it is, or would be.
        pub credit_type: CreditTypeView,
        /// What it does to everybody.
        pub consequences: ConsequencesView,
        /// Whether nothing was written.
        pub is_dry_run: bool,
    }
}

query! {
    /// Whether to change or to look.
    pub struct DryRunQuery {
        /// True answers what would happen and writes nothing; false when absent.
        pub dry_run: Option<bool>,
    }
}
