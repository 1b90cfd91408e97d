//! The derives every shape carries, written once.

/// A response: unknown fields are tolerated. The web app reads it by the names of its fields, so they are not renamed.
macro_rules! view {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $kind:ty),* $(,)?
    })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name { $($(#[$field_meta])* pub $field: $kind,)* }

        #[cfg(any(feature = "read", test))]
        impl crate::read::Read for $name {
            fn read(value: serde_json::Value) -> Option<Self> {
                let mut fields = crate::read::Fields::of(value)?;
                Some(Self { $($field: fields.take(stringify!($field))?,)* })
            }
        }
    )*};
}

/// A request body or a set of query parameters: unknown fields are refused.
macro_rules! body {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name { $($body)* }
    )*};
}

/// Query parameters: unknown ones are refused.
macro_rules! query {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
        #[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
        pub struct $name { $($body)* }
    )*};
}

/// A closed set of words that people may send and receive.
macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$vmeta])* $variant,)*
            /// A word this version does not know yet. Never sent by a server.
            #[cfg(not(feature = "openapi"))]
            #[serde(other)]
            Unknown,
        }

        impl $name {
            /// All words of this version.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        #[cfg(any(feature = "read", test))]
        impl crate::read::Read for $name {
            fn read(value: serde_json::Value) -> Option<Self> {
                let place = crate::read::place(&value, &[$(stringify!($variant)),*])?;
                let known = place.and_then(|place| Self::ALL.get(place).copied());
                #[cfg(not(feature = "openapi"))]
                let known = known.or(Some(Self::Unknown));
                known
            }
        }
    )*};
}
