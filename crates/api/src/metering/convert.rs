//! Between the contract and the application.

use std::collections::BTreeMap;

use allowance_api_types::metering::{
    CaptureHoldBody, HoldState as StateWord, HoldView, HoldsQuery, KeptUsageView, MeteredCost,
    OnInsufficient as Wish, PlaceHoldBody, Tag, UsageEventBody, UsageEventView, UsageResultView,
    UsageResultsView,
};
use allowance_app::metering::{
    Answer, CaptureAmount, HoldLine, Metered, MeteredAmount, OnInsufficient, PersonKey, PlaceHold, UsageEvent,
};
use allowance_store::{HoldFilter, HoldRow, HoldState, KeptUsageRow, UsageRow};
use allowance_values::{Credits, Email, HoldId, Money, PersonId};

use super::report::wrong;
use crate::allocations::convert::person_ref;
use crate::exchange_rates::exchanged_view;
use crate::http::problem::Failure;

/// A hold that says nothing ends by itself after so many seconds.
const HOLD_SECONDS: u32 = 3_600;
/// Names in the metadata of an event at most, and characters of a name and of a text.
const METADATA: (usize, usize, usize) = (20, 64, 500);

const ONE_NAME: &str = "Name the person by exactly one of person_id, email and external_id.";

fn person_key(
    person_id: Option<PersonId>,
    email: Option<Email>,
    external_id: Option<String>,
) -> Result<PersonKey, Failure> {
    match (person_id, email, external_id) {
        (Some(id), None, None) => Ok(PersonKey::Id(id)),
        (None, Some(email), None) => Ok(PersonKey::Email(email)),
        (None, None, Some(number)) => Ok(PersonKey::Number(number)),
        (None, None, None) => Ok(PersonKey::Nobody),
        _ => Err(wrong("/person_id", ONE_NAME)),
    }
}

fn money(cost: &MeteredCost) -> Money {
    Money {
        amount: cost.amount.0,
        currency: cost.currency,
    }
}

fn metered(
    field: &str,
    cost: Option<&MeteredCost>,
    amount: Option<Credits>,
) -> Result<Option<MeteredAmount>, Failure> {
    match (cost, amount) {
        (None, None) => Ok(None),
        (Some(cost), None) => Ok(Some(MeteredAmount::Cost(money(cost)))),
        (None, Some(amount)) => Ok(Some(MeteredAmount::Credits(amount))),
        (Some(_), Some(_)) => Err(wrong("/amount", &format!("Send either an amount or {field}."))),
    }
}

fn metadata_text(metadata: &BTreeMap<String, String>) -> Result<Option<String>, Failure> {
    let (names, name_length, text_length) = METADATA;
    if metadata.is_empty() {
        return Ok(None);
    }
    let fits =
        |name: &str, text: &str| name.chars().count() <= name_length && text.chars().count() <= text_length;
    if metadata.len() > names || !metadata.iter().all(|(name, text)| fits(name, text)) {
        return Err(wrong(
            "/metadata",
            "Send at most 20 names of at most 64 characters with texts of at most 500.",
        ));
    }
    json_text(metadata).map(Some)
}

fn json_text(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::internal(&error))
}

pub(super) fn usage_event(body: UsageEventBody) -> Result<UsageEvent, Failure> {
    let UsageEventBody {
        source,
        id,
        happened_at,
        credit_type_id,
        person_id,
        email,
        external_id,
        cost,
        amount,
        on_insufficient,
        provider,
        model,
        operation,
        tags,
        metadata,
    } = body;
    let amount = metered("a cost", cost.as_ref(), amount)?;
    let amount = amount.ok_or_else(|| wrong("/amount", "Send either an amount or a cost."))?;
    let tags: Vec<String> = tags.into_iter().map(|Tag(tag)| tag).collect();
    Ok(UsageEvent {
        source,
        id,
        happened_at,
        credit_type: credit_type_id,
        person: person_key(person_id, email, external_id)?,
        amount,
        on_insufficient: on_insufficient.map(|wish| match wish {
            Wish::Reject => OnInsufficient::Reject,
            Wish::Record => OnInsufficient::Record,
        }),
        provider,
        model,
        operation,
        tags,
        metadata: metadata_text(&metadata)?,
    })
}

pub(super) fn place_hold(body: PlaceHoldBody) -> Result<PlaceHold, Failure> {
    let PlaceHoldBody {
        source,
        id,
        credit_type_id,
        person_id,
        email,
        external_id,
        estimated_cost,
        amount,
        tolerance,
        expires_in,
        strict,
        note,
    } = body;
    let amount = metered("an estimated cost", estimated_cost.as_ref(), amount)?;
    let amount = amount.ok_or_else(|| wrong("/amount", "Send either an amount or an estimated cost."))?;
    let tolerance = tolerance.unwrap_or(Credits::ZERO);
    if tolerance.is_negative() {
        return Err(wrong("/tolerance", "Use zero or more."));
    }
    let person = person_key(person_id, email, external_id)?;
    if person == PersonKey::Nobody {
        return Err(wrong("/person_id", ONE_NAME));
    }
    Ok(PlaceHold {
        source,
        reference: id,
        credit_type: credit_type_id,
        person,
        amount,
        tolerance,
        expires_in_seconds: expires_in.unwrap_or(HOLD_SECONDS),
        is_strict: strict,
        note,
    })
}

pub(super) fn capture_amount(body: &CaptureHoldBody) -> Result<CaptureAmount, Failure> {
    let CaptureHoldBody { cost, amount } = body;
    let part = metered("a cost", cost.as_ref(), *amount)?;
    Ok(part.map_or(CaptureAmount::Whole, CaptureAmount::Part))
}

pub(super) fn usage_event_view(row: &UsageRow, is_replay: bool) -> UsageEventView {
    let UsageRow {
        id,
        source,
        event_id,
        digest: _,
        credit_type,
        person,
        group: _,
        cycle: _,
        happened_at,
        recorded_at,
        is_late,
        cost,
        amount,
        over_by,
        provider: _,
        model: _,
        operation: _,
        tags: _,
        metadata: _,
        api_key: _,
        request_id: _,
    } = row;
    UsageEventView {
        usage_event_id: *id,
        source: source.clone(),
        id: event_id.clone(),
        credit_type_id: *credit_type,
        person_id: *person,
        happened_at: *happened_at,
        recorded_at: *recorded_at,
        is_late: *is_late,
        cost: cost.map(|cost| cost.cost),
        exchanged: cost.as_ref().and_then(exchanged_view),
        amount: *amount,
        over_by: Some(*over_by).filter(|over_by| over_by.is_positive()),
        is_replay,
    }
}

pub(super) fn kept_view(row: &KeptUsageRow, is_replay: bool) -> KeptUsageView {
    KeptUsageView {
        source: row.source.clone(),
        id: row.event_id.clone(),
        happened_at: row.happened_at,
        kept_at: row.kept_at,
        is_discarded: row.discarded_at.is_some(),
        is_replay,
    }
}

/// One result of a batch: what was read of the item could not be used, or what the application answered.
pub(super) fn usage_results(answers: Vec<Result<Answer, Failure>>, request_id: &str) -> UsageResultsView {
    let mut view = UsageResultsView {
        results: Vec::with_capacity(answers.len()),
        recorded: 0,
        replayed: 0,
        kept: 0,
        refused: 0,
    };
    for (index, answer) in (0..).zip(answers) {
        let mut result = UsageResultView {
            index,
            event: None,
            kept: None,
            problem: None,
        };
        let count = match answer.and_then(|answer| answer.map_err(Failure::from)) {
            Ok(Metered::Usage { row, is_replay }) => {
                result.event = Some(usage_event_view(&row, is_replay));
                if is_replay {
                    &mut view.replayed
                } else {
                    &mut view.recorded
                }
            }
            Ok(Metered::Kept { row, is_replay }) => {
                result.kept = Some(kept_view(&row, is_replay));
                &mut view.kept
            }
            Ok(Metered::Hold { .. }) => {
                result.problem =
                    Some(Failure::internal(&"an event was answered by a hold").into_problem(request_id));
                &mut view.refused
            }
            Err(failure) => {
                result.problem = Some(failure.into_problem(request_id));
                &mut view.refused
            }
        };
        *count = count.saturating_add(1);
        view.results.push(result);
    }
    view
}

pub(super) fn hold_view(line: &HoldLine) -> HoldView {
    let HoldLine { row, holder } = line;
    let HoldRow {
        id,
        source,
        reference,
        digest: _,
        credit_type,
        person: _,
        group: _,
        amount,
        captured,
        tolerance,
        over_by,
        cost,
        note,
        state,
        placed_at,
        expires_at,
        ended_at,
        api_key: _,
    } = row.clone();
    HoldView {
        hold_id: id,
        source,
        id: reference,
        credit_type_id: credit_type,
        person: person_ref(holder),
        amount,
        captured,
        tolerance,
        over_by: Some(over_by).filter(|over_by| over_by.is_positive()),
        estimated_cost: cost.map(|cost| cost.cost),
        exchanged: cost.as_ref().and_then(exchanged_view),
        note,
        state: match state {
            HoldState::Open => StateWord::Open,
            HoldState::Captured => StateWord::Captured,
            HoldState::Released => StateWord::Released,
            HoldState::Expired => StateWord::Expired,
        },
        placed_at,
        expires_at,
        ended_at,
    }
}

pub(super) fn hold_filter(query: &HoldsQuery, before: Option<HoldId>) -> HoldFilter {
    let HoldsQuery {
        person_id,
        credit_type_id,
        state,
        cursor: _,
        limit: _,
    } = query;
    HoldFilter {
        person: *person_id,
        credit_type: *credit_type_id,
        state: state.map(|state| match state {
            StateWord::Open => HoldState::Open,
            StateWord::Captured => HoldState::Captured,
            StateWord::Released => HoldState::Released,
            StateWord::Expired => HoldState::Expired,
        }),
        before,
    }
}
