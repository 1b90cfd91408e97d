//! CloudEvents 1.0 as usage events: structured, in batches, and binary by headers.
//!
//! Source and id are the key, the time is when it happened, the type is the operation unless the data names one, and the
//! subject is the person where the data names none. Extensions are tolerated; the data is as strict as any usage event.

use std::borrow::Cow;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use allowance_app::metering::Command;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::report::{Draft, Members, member, members, wrong};
use crate::document::Document;
use crate::http::problem::Failure;

/// Characters of a type that the field `operation` can hold.
const MAX_OPERATION_CHARS: usize = 100;
/// Fields of a usage event that an attribute says.
const BY_ATTRIBUTE: [&str; 3] = ["source", "id", "happened_at"];

/// How events come in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Attributes in headers, data as the body.
    Binary,
    /// One event with its attributes as the body.
    Structured,
    /// An array of those.
    Batch,
}

/// The media type without its parameters, in small letters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    essence(sent.unwrap_or_default())
}

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// How events come; nothing where these are none that can be read.
pub(super) fn mode(headers: &HeaderMap) -> Option<Mode> {
    match media_type(headers).as_str() {
        "application/cloudevents-batch+json" => Some(Mode::Batch),
        "application/cloudevents+json" => Some(Mode::Structured),
        other if other.starts_with("application/cloudevents") => None,
        _ if headers.contains_key("ce-specversion") => Some(Mode::Binary),
        _ => None,
    }
}

/// The attributes of ours, as they came.
#[derive(Default)]
struct Attributes {
    specversion: Option<String>,
    id: Option<String>,
    source: Option<String>,
    kind: Option<String>,
    time: Option<String>,
    subject: Option<String>,
    datacontenttype: Option<String>,
}

impl Attributes {
    /// The attributes by their names, in whichever way these are looked up.
    fn read(attribute: impl Fn(&str) -> Result<Option<String>, Failure>) -> Result<Self, Failure> {
        Ok(Self {
            specversion: attribute("specversion")?,
            id: attribute("id")?,
            source: attribute("source")?,
            kind: attribute("type")?,
            time: attribute("time")?,
            subject: attribute("subject")?,
            datacontenttype: attribute("datacontenttype")?,
        })
    }
}

/// An event of the JSON format.
pub(super) fn structured(event: &[u8], document: &Document) -> Result<Command, Failure> {
    let event = members(event).ok_or_else(|| wrong("", "Send an event as an object."))?;
    let attributes = Attributes::read(|name| {
        let text = |value: &RawValue| {
            let text = serde_json::from_str::<String>(value.get());
            text.map_err(|_| wrong(&format!("/{name}"), "Send a text."))
        };
        member(&event, name).map(text).transpose()
    })?;
    let data = match (member(&event, "data"), member(&event, "data_base64")) {
        (Some(data), None) => Cow::Borrowed(data.get().as_bytes()),
        (None, Some(data)) => {
            let text = serde_json::from_str::<String>(data.get()).ok();
            let bytes = text.and_then(|text| STANDARD.decode(text).ok());
            Cow::Owned(bytes.ok_or_else(|| wrong("/data_base64", "This is not Base64."))?)
        }
        (Some(_), Some(_)) => return Err(wrong("/data", "Send either data or data_base64.")),
        (None, None) => return Err(wrong("/data", "An event without data says nothing of a use.")),
    };
    command(attributes, &data, document)
}

/// An event whose attributes are headers.
pub(super) fn binary(headers: &HeaderMap, data: &[u8], document: &Document) -> Result<Command, Failure> {
    let mut attributes = Attributes::read(|name| {
        let Some(value) = headers.get(format!("ce-{name}")) else {
            return Ok(None);
        };
        let decoded = decode_header(value.as_bytes());
        decoded
            .map(Some)
            .ok_or_else(|| wrong(&format!("/{name}"), "This header is not percent-encoded UTF-8."))
    })?;
    attributes.datacontenttype = Some(media_type(headers)).filter(|kind| !kind.is_empty());
    command(attributes, data, document)
}

/// A header's value as the binding says: quotes first, then one round of percent-decoding, which must give UTF-8.
fn decode_header(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let inner = value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    let unquoted: Cow<'_, [u8]> = match inner {
        None => Cow::Borrowed(value),
        Some(quoted) => {
            let mut plain = Vec::with_capacity(quoted.len());
            let mut bytes = quoted.iter();
            while let Some(byte) = bytes.next() {
                plain.push(if *byte == b'\\' { *bytes.next()? } else { *byte });
            }
            Cow::Owned(plain)
        }
    };
    let mut decoded = Vec::with_capacity(unquoted.len());
    let mut bytes = unquoted.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'%' {
            let mut digit = || char::from(*bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            decoded.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
        } else {
            decoded.push(*byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn is_json(media_type: &str) -> bool {
    let media_type = essence(media_type);
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

fn command(attributes: Attributes, data: &[u8], document: &Document) -> Result<Command, Failure> {
    let Attributes {
        specversion,
        id,
        source,
        kind,
        time,
        subject,
        datacontenttype,
    } = attributes;
    if specversion.as_deref() != Some("1.0") {
        return Err(wrong("/specversion", "Send CloudEvents of version 1.0."));
    }
    let needed = |name: &str, value: Option<String>| {
        let value = value.filter(|text| !text.is_empty());
        value.ok_or_else(|| wrong(&format!("/{name}"), "Every event needs it, and not empty."))
    };
    let (id, source, kind) = (
        needed("id", id)?,
        needed("source", source)?,
        needed("type", kind)?,
    );
    if !datacontenttype.as_deref().is_none_or(is_json) {
        return Err(wrong("/datacontenttype", "Send the data as JSON."));
    }
    let data: Members<'_> = members(data).ok_or_else(|| wrong("/data", "Send the use as an object."))?;
    if let Some(field) = BY_ATTRIBUTE.into_iter().find(|field| data.contains_key(*field)) {
        return Err(wrong(
            &format!("/data/{field}"),
            "An attribute of the event says this.",
        ));
    }
    let mut draft = Draft::of(data);
    draft.set("source", &source)?;
    draft.set("id", &id)?;
    if let Some(time) = time {
        draft.set("happened_at", &time)?;
    }
    let names_person = ["person_id", "email", "external_id"]
        .into_iter()
        .any(|name| draft.has(name));
    if let Some(subject) = subject.filter(|_| !names_person) {
        draft.name_person(&subject)?;
    }
    if !draft.has("operation") && kind.chars().count() <= MAX_OPERATION_CHARS {
        draft.set("operation", &kind)?;
    }
    draft
        .command(document)
        .map_err(|failure| failure.at(pointer_in_event))
}

/// Where in an event a field of the usage event is.
pub(super) fn pointer_in_event(pointer: &str) -> String {
    match pointer {
        "/source" | "/id" => pointer.to_owned(),
        "/happened_at" => "/time".to_owned(),
        field => format!("/data{field}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_decoded_as_the_binding_says() {
        let cases: [(&[u8], Option<&str>); 9] = [
            (
                b"Euro%20%E2%82%AC%20%F0%9F%98%80",
                Some("Euro \u{20ac} \u{1f600}"),
            ),
            (b"%e2%82%ac", Some("\u{20ac}")),
            (b"%41b", Some("Ab")),
            (br#""a \"b\" \\ %20""#, Some("a \"b\" \\  ")),
            (b" plain ", Some("plain")),
            (b"%2520", Some("%20")),
            (b"%C0%A0", None),
            (b"%4", None),
            (b"%zz", None),
        ];
        for (value, expected) in cases {
            assert_eq!(
                decode_header(value).as_deref(),
                expected,
                "{}",
                String::from_utf8_lossy(value)
            );
        }
    }

    #[test]
    fn what_is_json_is_told_by_its_media_type() {
        for (media_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.usage+json", true),
            ("text/json", true),
            ("application/xml", false),
            ("", false),
        ] {
            assert_eq!(is_json(media_type), expected, "{media_type}");
        }
    }
}
