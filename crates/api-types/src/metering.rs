//! What platforms report and reserve: usage events and holds. The web app sends none of it, so it is compiled into the
//! server alone; holds as people see them are in `holds`.

use std::collections::BTreeMap;

use allowance_values::{
    Cost, CreditTypeId, Credits, Currency, Email, Money, PersonId, Timestamp, UsageEventId,
};

use crate::Problem;
use crate::exchange_rates::ExchangedView;
pub use crate::holds::{HoldState, HoldView, HoldsQuery};

/// A cost as meters send it: a JSON number or a text, read exactly as it is written and never through a float; more than
/// nine decimals are rounded once, half to even.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeteredAmount(pub Cost);

impl serde::Serialize for MeteredAmount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for MeteredAmount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        // The text of the number itself: what a float makes of it is of no interest.
        let raw = <Box<serde_json::value::RawValue>>::deserialize(deserializer)?;
        let text = match raw.get() {
            quoted if quoted.starts_with('"') => {
                serde_json::from_str::<String>(quoted).map_err(D::Error::custom)?
            }
            number => number.to_owned(),
        };
        Cost::parse_metered(&text).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for MeteredAmount {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"))
            .min_length(Some(1))
            .max_length(Some(64))
            .build();
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(0))
            .maximum(Some(9_000_000_000_i64))
            .build();
        OneOfBuilder::new()
            .item(text)
            .item(number)
            .examples([serde_json::json!("0.0187225")])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for MeteredAmount {}

body! {
    /// A cost with its currency.
    pub struct MeteredCost {
        /// How much; a text or a number, read exactly as it is written.
        pub amount: MeteredAmount,
        /// Of which currency: the organisation's.
        pub currency: Currency,
    }

    /// A use to count. Name the person by one of `person_id`, `email` and `external_id`, and how much by exactly one of `cost`
    /// and `amount`. What names nobody is kept aside where the organisation keeps usage of unknown people, else refused.
    pub struct UsageEventBody {
        /// Who reports it. Source and id together are unique, for good.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub source: String,
        /// The id the source gives it.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub id: String,
        /// When it happened; now when absent, at most five minutes ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub happened_at: Option<Timestamp>,
        /// Of which credits; the organisation's first credit type when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub credit_type_id: Option<CreditTypeId>,
        /// Who used, by id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<PersonId>,
        /// Who used, by address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<Email>,
        /// Who used, by the number the organisation's own systems know them by: the employee number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub external_id: Option<String>,
        /// What it cost; the credit type's rate turns it into credits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cost: Option<MeteredCost>,
        /// How many credits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
        /// What is to happen beyond what the person has left; as the enforcement says when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub on_insufficient: Option<OnInsufficient>,
        /// Whose service was used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub provider: Option<String>,
        /// Which model or product.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub model: Option<String>,
        /// What was done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub operation: Option<String>,
        /// Tags, each at most 100 characters.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        pub tags: Vec<Tag>,
        /// Anything else: at most 20 names of at most 64 characters with texts of at most 500. Not for prompts.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub metadata: BTreeMap<String, String>,
    }

    /// A hold to place. Name the person by exactly one of `person_id`, `email` and `external_id`, and how much by exactly
    /// one of `estimated_cost` and `amount`.
    pub struct PlaceHoldBody {
        /// Who places it. Source and id together are unique, for good.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub source: String,
        /// The id the source gives it.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
        pub id: String,
        /// Of which credits; the organisation's first credit type when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub credit_type_id: Option<CreditTypeId>,
        /// Whose, by id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub person_id: Option<PersonId>,
        /// Whose, by address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email: Option<Email>,
        /// Whose, by employee number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub external_id: Option<String>,
        /// What it will probably cost; the credit type's rate turns it into credits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub estimated_cost: Option<MeteredCost>,
        /// How many credits, above zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
        /// How many credits more than it reserves a capture may take; none when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tolerance: Option<Credits>,
        /// After so many seconds it is given back by itself; after an hour when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_592_000))]
        pub expires_in: Option<u32>,
        /// Whether to refuse beyond what the person has left, whatever the enforcement.
        #[serde(default)]
        pub strict: bool,
        /// What for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_length = 500))]
        pub note: Option<String>,
    }

    /// How much of a hold is consumed: all of it when nothing is said; the rest returns.
    pub struct CaptureHoldBody {
        /// What it did cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cost: Option<MeteredCost>,
        /// How many credits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub amount: Option<Credits>,
    }
}

/// A short word by which use is told apart.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
#[serde(transparent)]
pub struct Tag(pub String);

words! {
    /// What is to happen beyond what the person has left.
    pub enum OnInsufficient {
        /// Refuse, whatever the enforcement.
        Reject,
        /// Count it, whatever the enforcement: it already happened.
        Record,
    }
}

view! {
    /// An event as it was counted.
    pub struct UsageEventView {
        /// The id we gave it, as in the ledger.
        pub usage_event_id: UsageEventId,
        /// Who reported it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: String,
        /// The id the source gave it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub id: String,
        /// Of which credits.
        pub credit_type_id: CreditTypeId,
        /// Who used.
        pub person_id: PersonId,
        /// When it happened.
        pub happened_at: Timestamp,
        /// When it was counted.
        pub recorded_at: Timestamp,
        /// Whether the cycle in which it happened had ended: it counts in the one that was open.
        pub is_late: bool,
        /// The cost it was made from.
        #[serde(default)]
        pub cost: Option<Money>,
        /// What that came to, where it was in another currency than the organisation's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub exchanged: Option<ExchangedView>,
        /// How many credits it burnt; none while the rate is zero.
        pub amount: Credits,
        /// By how much it went beyond what the person had left; absent when covered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub over_by: Option<Credits>,
        /// Whether it had been counted before, by the same source and id.
        pub is_replay: bool,
    }

    /// An event that was kept aside, because its person is not known.
    pub struct KeptUsageView {
        /// Who reported it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: String,
        /// The id the source gave it.
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub id: String,
        /// When it happened.
        pub happened_at: Timestamp,
        /// When it was kept.
        pub kept_at: Timestamp,
        /// Whether somebody decided that it counts for nobody.
        pub is_discarded: bool,
        /// Whether it had been kept before, by the same source and id.
        pub is_replay: bool,
    }

    /// What became of one event of a batch: it was counted, it was kept aside, or this is the problem.
    pub struct UsageResultView {
        /// Its place in the batch, from 0.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 499))]
        pub index: u32,
        /// As it was counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub event: Option<UsageEventView>,
        /// As it was kept aside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub kept: Option<KeptUsageView>,
        /// Why it was not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problem: Option<Problem>,
    }

    /// What became of a batch.
    pub struct UsageResultsView {
        /// One result per event, in the order they came.
        #[cfg_attr(feature = "openapi", schema(max_items = 500))]
        pub results: Vec<UsageResultView>,
        /// How many were counted now.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 500))]
        pub recorded: u32,
        /// How many had been counted before.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 500))]
        pub replayed: u32,
        /// How many are kept aside, because nobody is known by the name they came under.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 500))]
        pub kept: u32,
        /// How many were refused.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 500))]
        pub refused: u32,
    }
}

/// One event, or a batch of them.
#[cfg(feature = "openapi")]
#[derive(Debug)]
pub struct UsageEventsBody;

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for UsageEventsBody {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::Ref;
        use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder};
        let one = Ref::from_schema_name("UsageEventBody");
        let many = ArrayBuilder::new()
            .items(one.clone())
            .min_items(Some(1))
            .max_items(Some(500))
            .build();
        OneOfBuilder::new().item(one).item(many).into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for UsageEventsBody {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        schemas.push((
            <UsageEventBody as utoipa::ToSchema>::name().into_owned(),
            <UsageEventBody as utoipa::PartialSchema>::schema(),
        ));
        <UsageEventBody as utoipa::ToSchema>::schemas(schemas);
    }
}
