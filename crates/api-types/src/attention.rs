//! What needs somebody's attention.

use allowance_values::{CreditTypeId, Credits, GroupId, PersonId, Timestamp};

words! {
    /// Why something needs attention.
    pub enum AttentionKind {
        /// The books do not prove themselves.
        BooksBroken,
        /// Groups hold more than the limit.
        OrganisationOver,
        /// A group gave more than it has.
        GroupOver,
        /// A group's reserve is spent.
        ReserveSpent,
        /// Credit requests wait for a decision.
        RequestsWaiting,
        /// A joiner's credits could not be granted.
        SignUpUnfunded,
        /// Usage is kept aside because nobody is known by the names it came under.
        UsageUnmatched,
        /// A move took only what fitted.
        MoveShort,
        /// The organisation or a group has crossed a threshold of use in this cycle; `count` is the highest, in percent,
        /// and `amount` what was used then.
        ThresholdCrossed,
        /// The rate is zero: usage burns nothing.
        BurningOff,
        /// People are still being brought forward into the open cycle.
        Settling,
    }
}

view! {
    /// One thing that needs attention.
    pub struct AttentionView {
        /// Why.
        pub kind: AttentionKind,
        /// Of which credits; absent for all.
        #[serde(default)]
        pub credit_type_id: Option<CreditTypeId>,
        /// The group it is about.
        #[serde(default)]
        pub group_id: Option<GroupId>,
        /// The person it is about.
        #[serde(default)]
        pub person_id: Option<PersonId>,
        /// The group's or the person's name.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: Option<String>,
        /// By how much, or what is missing.
        #[serde(default)]
        pub amount: Option<Credits>,
        /// How many.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub count: Option<u64>,
        /// Since when, where it is known.
        #[serde(default)]
        pub since: Option<Timestamp>,
    }

    /// Everything that needs attention, the gravest first.
    pub struct AttentionListView {
        /// The first 100.
        #[cfg_attr(feature = "openapi", schema(max_items = 100))]
        pub items: Vec<AttentionView>,
        /// How many more there are.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub more: u64,
    }
}
