//! Explain: every figure of a row, its formula and the entries behind it.

use allowance_values::Credits;

use crate::credit_types::{CreditTypeRef, CycleView};
use crate::ledger::LedgerEntryView;
use crate::people::PersonRef;

words! {
    /// A figure of a member's row.
    pub enum Figure {
        /// Recurring allocation.
        Monthly,
        /// Grants of this cycle.
        Extra,
        /// Came in already paid for.
        Carried,
        /// Consumed.
        Used,
        /// Reserved.
        Held,
        /// What is left.
        Remaining,
        /// What a shared pool still lends.
        Pool,
    }
}

view! {
    /// One term of a formula.
    pub struct TermView {
        /// The figure.
        pub figure: Figure,
        /// Whether it is subtracted.
        pub is_subtracted: bool,
        /// Its value.
        pub value: Credits,
    }

    /// One figure explained.
    pub struct FigureView {
        /// The figure.
        pub figure: Figure,
        /// Its value.
        pub value: Credits,
        /// The formula's terms, for a figure that is computed from others.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub terms: Vec<TermView>,
        /// What of it stands in force without an entry yet: a Monthly that this cycle has not touched.
        pub standing: Credits,
        /// The entries that add up to the rest, newest first.
        #[cfg_attr(feature = "openapi", schema(max_items = 200))]
        pub entries: Vec<LedgerEntryView>,
        /// How many more there are than listed.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub more_entries: u64,
    }

    /// A member's row, explained.
    pub struct ExplainView {
        /// Whose row.
        pub person: PersonRef,
        /// Of which credits.
        pub credit_type: CreditTypeRef,
        /// In which cycle.
        pub cycle: CycleView,
        /// All figures.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub figures: Vec<FigureView>,
        /// Position in the ledger at which all this was true.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub as_of: u64,
    }
}
