//! Reading responses in the web app, where weight counts: by the names of fields out of a JSON value, compiled once per
//! type and not once per shape and position, which is what derived deserialisers cost.
//!
//! It reads what the derived ones read: unknown fields are tolerated, absent ones are `null`, a word that this version
//! does not know is `Unknown`.

use allowance_values::{
    ApiKeyId, AuditEntryId, ChargeId, Cost, CostTotal, CreditRequestId, CreditTypeId, Credits, Currency,
    CycleId, Day, Email, ExchangeRate, ExchangeRateId, GrantId, GroupId, HoldId, Money, OrganisationId,
    PersonId, SessionId, Timestamp, UsageAliasId, UsageEventId,
};
use serde_json::{Map, Value};

use crate::paging::{Page, Total};
use crate::problem::Problem;

/// What can be read out of a JSON value; nothing when it is something else.
pub trait Read: Sized {
    /// Reads it.
    fn read(value: Value) -> Option<Self>;
}

/// The fields of an object, each taken once.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Nothing when the value is no object.
    pub fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// A field's value; one that is absent reads like `null`.
    pub fn take<T: Read>(&mut self, name: &str) -> Option<T> {
        T::read(self.value(name))
    }

    fn value(&mut self, name: &str) -> Value {
        self.0.remove(name).unwrap_or(Value::Null)
    }
}

/// The place of a word among the names of an enum's variants: `calendar_month` is `CalendarMonth`.
pub(crate) fn place(value: &Value, variants: &[&str]) -> Option<Option<usize>> {
    let word = value.as_str()?;
    let is_same = |variant: &str| {
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric);
        letters.eq(variant.bytes().map(|letter| letter.to_ascii_lowercase()))
    };
    Some(variants.iter().position(|variant| is_same(variant)))
}

impl Read for String {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Read for bool {
    fn read(value: Value) -> Option<Self> {
        value.as_bool()
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Option<Self> {
        if value.is_null() {
            return Some(None);
        }
        T::read(value).map(Some)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => items.into_iter().map(T::read).collect(),
            _ => None,
        }
    }
}

impl<T: Read> Read for Page<T> {
    fn read(value: Value) -> Option<Self> {
        let mut fields = Fields::of(value)?;
        Some(Self {
            items: fields.take("items")?,
            next_cursor: fields.take("next_cursor")?,
            total: fields.take::<Option<Total>>("total")?,
        })
    }
}

impl Read for Problem {
    fn read(value: Value) -> Option<Self> {
        let mut fields = Fields::of(value)?;
        Some(Self {
            kind: fields.take("type")?,
            title: fields.take("title")?,
            status: fields.take("status")?,
            code: fields.take("code")?,
            detail: fields.take("detail")?,
            request_id: fields.take("request_id")?,
            fields: fields.take::<Option<_>>("fields")?.unwrap_or_default(),
            over_by: fields.take("over_by")?,
        })
    }
}

impl Read for Money {
    fn read(value: Value) -> Option<Self> {
        let mut fields = Fields::of(value)?;
        Some(Self {
            amount: fields.take("amount")?,
            currency: fields.take("currency")?,
        })
    }
}

macro_rules! whole_numbers {
    ($($kind:ty),*) => {$(
        impl Read for $kind {
            fn read(value: Value) -> Option<Self> {
                value.as_u64()?.try_into().ok()
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, u64);

macro_rules! texts {
    ($($kind:ty),*) => {$(
        impl Read for $kind {
            fn read(value: Value) -> Option<Self> {
                value.as_str()?.parse().ok()
            }
        }
    )*};
}

texts!(
    ApiKeyId,
    AuditEntryId,
    ChargeId,
    Cost,
    CostTotal,
    CreditRequestId,
    CreditTypeId,
    Credits,
    Currency,
    ExchangeRate,
    ExchangeRateId,
    CycleId,
    Day,
    Email,
    GrantId,
    GroupId,
    HoldId,
    OrganisationId,
    PersonId,
    SessionId,
    Timestamp,
    UsageAliasId,
    UsageEventId
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credit_types::{Cadence, CycleView, OverviewView};
    use crate::people::PersonRef;

    #[test]
    fn words_are_read_as_they_are_written() {
        for &cadence in Cadence::ALL {
            let written = serde_json::to_value(cadence).unwrap();
            assert_eq!(Cadence::read(written), Some(cadence));
        }
        assert_eq!(Cadence::read(Value::Null), None);
        for &code in crate::ErrorCode::ALL {
            let written = serde_json::to_value(code).unwrap();
            assert_eq!(crate::ErrorCode::read(written), Some(code));
        }
    }

    #[test]
    fn absent_is_null_and_unknown_fields_are_tolerated() {
        let person = serde_json::json!({
            "id": format!("per_{:032}", 1), "display_name": "Zoë", "email": "zoe@x.test", "shoe_size": 40,
        });
        let person = Page::<PersonRef>::read(serde_json::json!({"items": [person]})).unwrap();
        assert_eq!(
            person.items.first().map(|person| person.display_name.as_str()),
            Some("Zoë")
        );
        assert_eq!((person.next_cursor, person.total), (None, None));
        assert_eq!(PersonRef::read(serde_json::json!({"display_name": "Zoë"})), None);
        assert_eq!(u8::read(256.into()), None);
    }

    #[test]
    fn a_problem_is_read_by_the_names_it_has_on_the_wire() {
        let problem = serde_json::json!({
            "type": "about:blank", "title": "t", "status": 422, "code": "group_exceeded", "detail": "d",
            "request_id": "r", "over_by": "1.5",
            "fields": [{"pointer": "/items/0", "code": "too_many_decimals", "detail": "x"}],
        });
        let derived: Problem = serde_json::from_value(problem.clone()).unwrap();
        assert_eq!(Problem::read(problem.clone()), Some(derived));
        let Value::Object(mut fields) = problem else {
            unreachable!()
        };
        fields.remove("fields");
        assert_eq!(Problem::read(Value::Object(fields)).unwrap().fields, []);
        let money = serde_json::json!({"amount": "19.99", "currency": "USD"});
        assert_eq!(Money::read(money.clone()), serde_json::from_value(money).ok());
    }

    #[test]
    fn it_reads_what_derived_deserialisers_read() {
        let cycle = serde_json::json!({
            "id": format!("cyc_{:032}", 1), "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z",
            "opened_by": "schedule", "is_open": true, "limit": "100000", "used": "41207.35", "carried": "0",
            "is_provisional": false,
        });
        let derived: CycleView = serde_json::from_value(cycle.clone()).unwrap();
        assert_eq!(CycleView::read(cycle.clone()), Some(derived));
        let overview = serde_json::json!({
            "credit_type": {"id": format!("crt_{:032}", 1), "name": "AI", "decimals": 2, "distribution": "individual"},
            "cycle": cycle, "cadence": "week", "carried": "0", "held": "1", "balance": "-2.5", "allocated": "3",
            "unallocated": "4", "is_burning_off": false, "to_settle": 0, "groups": [], "as_of": 9,
            "days": [{"day": "2026-11-03", "used": "1.000001"}],
            "forecast": {"per_day": "1", "exhausted_at": null, "likely_to_lapse": "0"},
        });
        let derived: OverviewView = serde_json::from_value(overview.clone()).unwrap();
        assert_eq!(OverviewView::read(overview), Some(derived));
    }
}
