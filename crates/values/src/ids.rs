//! Typed, prefixed ids: `per_0192…`. A prefix names the kind, so an id of another kind never parses.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an id that starts with \"{prefix}_\"")]
pub struct ParseIdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID (version 7, made by the application).
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as rows hold it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let error = ParseIdError { prefix: $prefix };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or(error.clone())?;
                if hex.len() != 32 || hex.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(error);
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| error)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::ids::schema(concat!("^", $prefix, "_[0-9a-f]{32}$"), concat!($prefix, "_01926f3e7a1c7c3e8a4bfe2d19c04a55"))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// An organisation: the tenant.
    OrganisationId = "org";
    /// A person.
    PersonId = "per";
    /// A group people belong to for allocation.
    GroupId = "grp";
    /// A kind of credit.
    CreditTypeId = "crt";
    /// A credit cycle.
    CycleId = "cyc";
    /// A one-off grant.
    GrantId = "gra";
    /// A spend booked by hand.
    ChargeId = "chg";
    /// A reservation of credits.
    HoldId = "hld";
    /// A signed-in session.
    SessionId = "ses";
    /// A line of the audit log.
    AuditEntryId = "aud";
    /// A request for more credits.
    CreditRequestId = "crq";
    /// A platform's key.
    ApiKeyId = "key";
    /// A use that a platform reported.
    UsageEventId = "use";
    /// An exchange rate.
    ExchangeRateId = "xrt";
    /// A name that stands for a person.
    UsageAliasId = "als";
}

#[cfg(feature = "openapi")]
fn schema(pattern: &str, example: &str) -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .pattern(Some(pattern))
        .min_length(Some(36))
        .max_length(Some(36))
        .examples([serde_json::json!(example)])
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_does_not_parse() {
        let id = PersonId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse::<PersonId>(), Ok(id));
        assert!(id.to_string().parse::<GroupId>().is_err());
        assert!("per_".parse::<PersonId>().is_err());
        assert!(
            "per_0000000000000000000000000000000G"
                .parse::<PersonId>()
                .is_err()
        );
    }
}
