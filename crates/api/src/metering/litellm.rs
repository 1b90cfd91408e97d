//! Call logs of a LiteLLM gateway (`StandardLoggingPayload`) as usage events.
//!
//! Only the members named here are read, each by itself: prompts, answers and whatever else a log holds are never parsed,
//! kept, or repeated in a refusal. The gateway leaves out, nulls and adds members from version to version, so nothing but
//! the id is needed.

use std::collections::BTreeMap;

use allowance_app::metering::Command;
use allowance_values::{Cost, PersonId, Timestamp};
use serde_json::value::RawValue;

use super::report::{Draft, Members, member, members, text, wrong};
use crate::document::Document;
use crate::http::problem::Failure;

/// The source of its events.
const SOURCE: &str = "litellm";
/// Its logs name costs in this currency.
const CURRENCY: &str = "USD";
/// Whom it names when nobody is.
const NOBODY: &str = "default_user_id";
/// Characters kept of a tag, a provider, a model, an operation and a text of the metadata.
const MAX_TAG_CHARS: usize = 100;
const MAX_TAGS: usize = 20;
const MAX_PROVIDER_CHARS: usize = 100;
const MAX_MODEL_CHARS: usize = 200;
const MAX_OPERATION_CHARS: usize = 100;
const MAX_TEXT_CHARS: usize = 500;

/// A text without control characters, and no longer than that.
fn short(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

/// A log as the command to count it.
pub(super) fn command(log: &[u8], document: &Document) -> Result<Command, Failure> {
    let log = members(log).ok_or_else(|| wrong("", "Send a log as an object."))?;
    let metadata = member(&log, "metadata").and_then(|metadata| members(metadata.get().as_bytes()));
    let metadata = metadata.unwrap_or_default();
    let id = text(&log, "id").ok_or_else(|| wrong("/id", "A log needs its id."))?;
    let mut draft = Draft::default();
    draft.set("source", &SOURCE)?;
    draft.set("id", &id)?;
    let (cost, is_known) = cost(&log)?;
    draft.set(
        "cost",
        &BTreeMap::from([("amount", cost.as_str()), ("currency", CURRENCY)]),
    )?;
    if let Some(at) = happened_at(&log)? {
        draft.set("happened_at", &at.to_string())?;
    }
    if let Some(person) = person(&log, &metadata) {
        draft.name_person(&person)?;
    }
    for (field, name, most) in [
        ("provider", "custom_llm_provider", MAX_PROVIDER_CHARS),
        ("model", "model", MAX_MODEL_CHARS),
        ("operation", "call_type", MAX_OPERATION_CHARS),
    ] {
        if let Some(text) = text(&log, name) {
            draft.set(field, &short(&text, most))?;
        }
    }
    draft.set("tags", &tags(&log))?;
    draft.set("metadata", &kept(&log, &metadata, is_known))?;
    draft.command(document)
}

/// Where in a log a field of the usage event is.
pub(super) fn pointer_in_log(pointer: &str) -> String {
    match pointer {
        "/person_id" => "/end_user".to_owned(),
        field => field.to_owned(),
    }
}

/// What the call cost, exactly as it is written, and whether the log says so.
fn cost(log: &Members<'_>) -> Result<(String, bool), Failure> {
    let Some(written) = member(log, "response_cost") else {
        return Ok(("0".to_owned(), false));
    };
    let text = serde_json::from_str::<String>(written.get()).unwrap_or_else(|_| written.get().to_owned());
    let cost = Cost::parse_metered(&text);
    let cost = cost.map_err(|error| wrong("/response_cost", &error.to_string()))?;
    Ok((cost.to_string(), true))
}

/// When the call began, or ended where that is all the log says: seconds since the epoch, or an instant in words.
fn happened_at(log: &Members<'_>) -> Result<Option<Timestamp>, Failure> {
    for name in ["startTime", "endTime"] {
        if let Some(value) = member(log, name) {
            let at = instant(value).ok_or_else(|| wrong(&format!("/{name}"), "This is no instant."))?;
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn instant(value: &RawValue) -> Option<Timestamp> {
    let Ok(words) = serde_json::from_str::<String>(value.get()) else {
        // Seconds with a fraction: a decimal as exact as a cost.
        let nanos = Cost::parse_metered(value.get()).ok()?.nanos();
        return Some(Timestamp::from_micros(nanos.div_euclid(1_000)));
    };
    let words = words.trim().replacen(' ', "T", 1);
    words.parse().or_else(|_| format!("{words}Z").parse()).ok()
}

/// Whom the call is of.
fn person(log: &Members<'_>, metadata: &Members<'_>) -> Option<String> {
    let named: Vec<String> = [
        text(log, "end_user"),
        text(log, "user"),
        text(metadata, "user_api_key_end_user_id"),
        text(metadata, "user_api_key_user_email"),
        text(metadata, "user_api_key_user_id"),
    ]
    .into_iter()
    .flatten()
    .filter(|name| name != NOBODY)
    .collect();
    let is_clear = |name: &&String| name.contains('@') || name.parse::<PersonId>().is_ok();
    named.iter().find(is_clear).or_else(|| named.first()).cloned()
}

fn tags(log: &Members<'_>) -> Vec<String> {
    let tags = member(log, "request_tags").map(|tags| serde_json::from_str::<Vec<&RawValue>>(tags.get()));
    let tags = tags.and_then(Result::ok).unwrap_or_default();
    tags.into_iter()
        .filter_map(|tag| serde_json::from_str::<String>(tag.get()).ok())
        .map(|tag| short(tag.trim(), MAX_TAG_CHARS))
        .filter(|tag| !tag.is_empty())
        .take(MAX_TAGS)
        .collect()
}

/// What of a log is kept as metadata.
fn kept(log: &Members<'_>, metadata: &Members<'_>, is_cost_known: bool) -> BTreeMap<&'static str, String> {
    let team = text(metadata, "user_api_key_team_alias").or_else(|| text(metadata, "user_api_key_team_id"));
    let tokens = |name| member(log, name).map(|count| count.get().to_owned());
    let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
    let failed = text(log, "status").filter(|status| status != "success");
    let mut kept = BTreeMap::new();
    for (name, value) in [
        ("team", team),
        ("key", text(metadata, "user_api_key_alias")),
        ("trace", text(log, "trace_id")),
        ("status", failed),
        ("prompt_tokens", tokens("prompt_tokens").filter(is_number)),
        ("completion_tokens", tokens("completion_tokens").filter(is_number)),
        ("cost", (!is_cost_known).then(|| "unknown".to_owned())),
    ] {
        if let Some(value) = value {
            kept.insert(name, short(&value, MAX_TEXT_CHARS));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn an_instant_is_read_exactly_in_seconds_and_in_words() {
        for (written, expected) in [
            ("1700158623.97996", "2023-11-16T18:17:03.97996Z"),
            ("1.70015862397996E9", "2023-11-16T18:17:03.97996Z"),
            ("\"2023-11-16T18:17:03.979960Z\"", "2023-11-16T18:17:03.97996Z"),
            ("\"2023-11-16 18:17:03.979960\"", "2023-11-16T18:17:03.97996Z"),
            (
                "\"2023-11-16T19:17:03.979960+01:00\"",
                "2023-11-16T18:17:03.97996Z",
            ),
        ] {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(instant(&raw(written)), Some(expected), "{written}");
        }
        for written in ["\"soon\"", "true", "[]", "-1"] {
            assert_eq!(instant(&raw(written)), None, "{written}");
        }
    }

    #[test]
    fn an_address_wins_over_a_number_and_the_end_user_over_the_key() {
        let person_of = |log: &str| {
            let log = members(log.as_bytes()).unwrap();
            let metadata = member(&log, "metadata").and_then(|own| members(own.get().as_bytes()));
            person(&log, &metadata.unwrap_or_default())
        };
        let key = r#""metadata":{"user_api_key_user_email":"key@x.org","user_api_key_user_id":"u-7"}"#;
        for (log, expected) in [
            (format!(r#"{{"end_user":"a@x.org",{key}}}"#), Some("a@x.org")),
            (format!(r#"{{"end_user":"7f3a",{key}}}"#), Some("key@x.org")),
            (
                format!(r#"{{"end_user":null,"user":"","x":[],{key}}}"#),
                Some("key@x.org"),
            ),
            (r#"{"end_user":"1042"}"#.to_owned(), Some("1042")),
            (
                r#"{"metadata":{"user_api_key_user_id":"default_user_id"}}"#.to_owned(),
                None,
            ),
            (r#"{"metadata":[],"user":5}"#.to_owned(), None),
        ] {
            assert_eq!(person_of(&log).as_deref(), expected, "{log}");
        }
    }
}
