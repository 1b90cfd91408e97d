//! Pages by opaque cursor.

view! {
    /// How many rows there are in all.
    pub struct Total {
        /// The count; a lower bound when `is_exact` is false ("1,000+").
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000_000))]
        pub count: u64,
        /// Whether the count is exact.
        pub is_exact: bool,
    }
}

/// One page of a list. `next_cursor` is absent on the last page.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows, in the order asked for.
    #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page. It serves only the same filter and order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1_024))]
    pub next_cursor: Option<String>,
    /// How many rows there are in all, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

query! {
    /// Paging of a list without filters.
    pub struct PageQuery {
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
