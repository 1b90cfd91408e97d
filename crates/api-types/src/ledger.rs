//! The ledger as it is read.

use allowance_values::{ChargeId, CreditTypeId, Credits, CycleId, GrantId, GroupId, PersonId, Timestamp};

use crate::people::PersonRef;

words! {
    /// The kind of an account.
    pub enum AccountKind {
        /// Where a cycle's limit comes from.
        Limit,
        /// The organisation's pool.
        Unallocated,
        /// A group's undistributed credits.
        Group,
        /// A group's reserve.
        Reserve,
        /// A member's own credits.
        Member,
        /// A member's holds.
        Held,
        /// What a member consumed.
        Spent,
        /// What ended unused.
        Lapsed,
        /// What crosses from one cycle into the next.
        Carried,
    }

    /// What an entry is about.
    pub enum EntryKind {
        /// A cycle opened with its limit.
        Opening,
        /// The limit changed.
        Limit,
        /// A group's Monthly.
        GroupMonthly,
        /// A group's Extra.
        GroupExtra,
        /// A group's reserve.
        Reserve,
        /// A member's standing Monthly, written when the cycle first touches it.
        Standing,
        /// A member's Monthly changed.
        Monthly,
        /// A grant.
        Grant,
        /// A grant taken back.
        GrantTakenBack,
        /// A grant lapsed.
        Lapse,
        /// A move to another group.
        Move,
        /// A charge.
        Charge,
        /// A use that a platform reported.
        Usage,
        /// The reversal of a charge.
        Reversal,
        /// A hold.
        Hold,
        /// A hold consumed.
        Capture,
        /// A hold released.
        Release,
        /// Carried out of a closed cycle.
        CarryOut,
        /// Carried into this cycle.
        CarryIn,
    }
}

view! {
    /// One side of an entry.
    pub struct AccountView {
        /// The kind.
        pub kind: AccountKind,
        /// The group it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub group_id: Option<GroupId>,
        /// The person it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<PersonId>,
    }

    /// One entry: `amount` left `from` and reached `to`.
    pub struct LedgerEntryView {
        /// Position; gapless per organisation, in commit order.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_007_199_254_740_991u64))]
        pub seq: u64,
        /// When it was recorded.
        pub at: Timestamp,
        /// What it is about.
        pub kind: EntryKind,
        /// Of which credits.
        pub credit_type_id: CreditTypeId,
        /// In which cycle.
        pub cycle_id: CycleId,
        /// The account debited.
        pub from: AccountView,
        /// The account credited.
        pub to: AccountView,
        /// Always above zero.
        pub amount: Credits,
        /// The grant behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub grant_id: Option<GrantId>,
        /// The charge behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub charge_id: Option<ChargeId>,
        /// Who caused it; absent for the system.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub actor: Option<PersonRef>,
        /// Why, or what it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub note: Option<String>,
    }

    /// Whether the books prove themselves.
    pub struct BooksView {
        /// Whether every check passed.
        pub is_proven: bool,
        /// Position up to which they were checked.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub as_of: u64,
        /// The hash chain's head, in hex.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub head: String,
        /// What is wrong, first things first.
        #[cfg_attr(feature = "openapi", schema(max_items = 100, value_type = Vec<crate::text::Line>))]
        pub findings: Vec<String>,
        /// The last proof by the background job; absent before the first.
        #[serde(default)]
        pub last_proof: Option<ProofView>,
    }

    /// A proof by the background job.
    pub struct ProofView {
        /// When.
        pub at: Timestamp,
        /// Whether every check passed.
        pub is_proven: bool,
        /// Position up to which it went.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub as_of: u64,
        /// What was wrong first; absent when nothing was.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub finding: Option<String>,
    }
}

query! {
    /// Filters of the ledger.
    pub struct LedgerQuery {
        /// Only this credit type.
        pub credit_type_id: Option<CreditTypeId>,
        /// Only this person.
        pub person_id: Option<PersonId>,
        /// Only this group.
        pub group_id: Option<GroupId>,
        /// Only this cycle.
        pub cycle_id: Option<CycleId>,
        /// Where the page starts.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
