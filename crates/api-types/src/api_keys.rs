//! Keys by which platforms report usage and place holds.

use allowance_values::{ApiKeyId, Timestamp};

words! {
    /// What a key may be used for.
    pub enum ApiKeyScope {
        /// Reporting usage.
        #[serde(rename = "usage:write")]
        UsageWrite,
        /// Placing, capturing and releasing holds.
        #[serde(rename = "holds:write")]
        HoldsWrite,
        /// Reading holds.
        Read,
    }
}

view! {
    /// A platform's key, without its secret.
    pub struct ApiKeyView {
        /// The id.
        pub id: ApiKeyId,
        /// What it is for.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub name: String,
        /// What the key ends with, to recognise it by.
        #[cfg_attr(feature = "openapi", schema(max_length = 8))]
        pub hint: String,
        /// What it may be used for.
        #[cfg_attr(feature = "openapi", schema(max_items = 10))]
        pub scopes: Vec<ApiKeyScope>,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it ends by itself.
        #[serde(default)]
        pub expires_at: Option<Timestamp>,
        /// When it was revoked.
        #[serde(default)]
        pub revoked_at: Option<Timestamp>,
        /// When it was last used, to the minute.
        #[serde(default)]
        pub last_used_at: Option<Timestamp>,
        /// Whether it still works.
        pub is_active: bool,
    }

    /// A key that was just made.
    pub struct NewApiKeyView {
        /// What is kept of it.
        pub api_key: ApiKeyView,
        /// The key itself, for the header `Authorization: Bearer …`. It is shown this once.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub secret: String,
    }
}

body! {
    /// A key to make.
    pub struct CreateApiKeyBody {
        /// What it is for.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
        pub name: String,
        /// What it may be used for; each scope once.
        #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 10))]
        pub scopes: Vec<ApiKeyScope>,
        /// When it ends by itself; never when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub expires_at: Option<Timestamp>,
    }
}
