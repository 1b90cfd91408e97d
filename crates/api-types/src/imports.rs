//! CSV imports: always the difference first.

use crate::problem::ErrorCode;

words! {
    /// What an import does, or would do, with a row.
    pub enum RowOutcome {
        /// A new person.
        Added,
        /// A person with other values.
        Changed,
        /// Nothing to do.
        Unchanged,
        /// Left out, with a reason.
        Refused,
    }
}

view! {
    /// One value that changes.
    pub struct FieldChangeView {
        /// The column.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub field: String,
        /// How it was.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub before: String,
        /// How it becomes.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub after: String,
    }

    /// Why a row is refused.
    pub struct RowProblemView {
        /// The column, where one is to blame.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub field: Option<String>,
        /// The stable code.
        pub code: ErrorCode,
        /// In words.
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub detail: String,
    }

    /// One row of the file.
    pub struct ImportRowView {
        /// Line in the file; the header is line 1.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_007_199_254_740_991u64))]
        pub line: u64,
        /// What happens.
        pub outcome: RowOutcome,
        /// Who it is about.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub email: String,
        /// The name in the file.
        #[cfg_attr(feature = "openapi", schema(max_length = 300))]
        pub display_name: String,
        /// What changes.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub changes: Vec<FieldChangeView>,
        /// Why it is refused.
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub problems: Vec<RowProblemView>,
    }

    /// What an import did, or would do.
    pub struct ImportView {
        /// Whether nothing was written.
        pub is_dry_run: bool,
        /// New people.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub added: u64,
        /// Changed people.
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
        /// Row by row: all that are refused, changed or added, first 1,000.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub rows: Vec<ImportRowView>,
        /// Whether there are more rows than listed.
        pub is_truncated: bool,
        /// Whether new people count as joiners, as asked or by default; absent when the file adds nobody.
        #[serde(default)]
        pub are_joiners: Option<bool>,
        /// How many of those who move lose what their new group cannot fund; each needs attention afterwards.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub short_of_credits: u64,
    }
}

query! {
    /// How to import.
    pub struct ImportQuery {
        /// True answers the difference and writes nothing.
        pub dry_run: bool,
    }

    /// How to import people.
    pub struct ImportPeopleQuery {
        /// True answers the difference and writes nothing.
        pub dry_run: bool,
        /// Whether new rows are people who join now, and get the credits of new users. When absent they are, but not in an
        /// organisation that has nobody but its founder: its first file holds those who were there before.
        pub joiners: Option<bool>,
    }
}
