//! Reports of usage in whatever shape they come: the members of a JSON object as they are written, put together to the
//! body of an event, which is read and bounded like any other.

use std::collections::BTreeMap;

use allowance_api_types::metering::UsageEventBody;
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::Error;
use allowance_app::metering::{Command, MOST_COMMANDS};
use allowance_domain::authz::Operation;
use serde_json::value::{RawValue, to_raw_value};

use super::convert;
use crate::document::Document;
use crate::guard::Metering;
use crate::http::answer::{self, Outcome};
use crate::http::extract::parse_json;
use crate::http::problem::Failure;

/// The members of an object, each as it is written.
pub(super) type Members<'j> = BTreeMap<String, &'j RawValue>;

/// A field that is wrong.
pub(super) fn wrong(pointer: &str, detail: &str) -> Failure {
    Failure::fields(vec![FieldProblem {
        pointer: pointer.to_owned(),
        code: ErrorCode::InvalidFields,
        detail: detail.to_owned(),
    }])
}

fn unreadable(error: &serde_json::Error) -> Failure {
    let detail = format!(
        "This is not JSON: line {}, column {}.",
        error.line(),
        error.column()
    );
    Failure::new(ErrorCode::UnreadableBody, detail)
}

/// The items of an array, each as it is written.
pub(super) fn items(bytes: &[u8]) -> Result<Vec<&RawValue>, Failure> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(&error))
}

/// JSON values one after the other, each as it is written; those of an array count one by one.
pub(super) fn values(bytes: &[u8]) -> Result<Vec<&RawValue>, Failure> {
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>() {
        let value = value.map_err(|error| unreadable(&error))?;
        if value.get().starts_with('[') {
            all.extend(items(value.get().as_bytes())?);
        } else {
            all.push(value);
        }
    }
    Ok(all)
}

/// The members of an object; nothing for what is none.
pub(super) fn members(bytes: &[u8]) -> Option<Members<'_>> {
    serde_json::from_slice(bytes).ok()
}

/// A member that is there and not `null`.
pub(super) fn member<'j>(members: &Members<'j>, name: &str) -> Option<&'j RawValue> {
    members.get(name).copied().filter(|value| value.get() != "null")
}

/// A member that is a text, without blanks around it; nothing for an empty one.
pub(super) fn text(members: &Members<'_>, name: &str) -> Option<String> {
    let value = member(members, name)?;
    let text: String = serde_json::from_str(value.get()).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An event under way to its body.
#[derive(Default)]
pub(super) struct Draft(BTreeMap<String, Box<RawValue>>);

impl Draft {
    /// The draft that has these members.
    pub(super) fn of(members: Members<'_>) -> Self {
        let own = |(name, value): (String, &RawValue)| (name, value.to_owned());
        Self(members.into_iter().map(own).collect())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets a member to what is written here.
    pub(super) fn set_raw(&mut self, name: &str, value: Box<RawValue>) {
        self.0.insert(name.to_owned(), value);
    }

    /// Sets a member.
    pub(super) fn set(&mut self, name: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
        let value = to_raw_value(value).map_err(|error| Failure::internal(&error))?;
        self.set_raw(name, value);
        Ok(())
    }

    /// Names the person by whatever kind of name a text is: an address, an id of ours, else an employee number.
    pub(super) fn name_person(&mut self, name: &str) -> Result<(), Failure> {
        let field = if name.contains('@') {
            "email"
        } else if name.parse::<allowance_values::PersonId>().is_ok() {
            "person_id"
        } else {
            "external_id"
        };
        self.set(field, &name)
    }

    /// The command to count it.
    pub(super) fn command(&self, document: &Document) -> Result<Command, Failure> {
        let bytes = serde_json::to_vec(&self.0).map_err(|error| Failure::internal(&error))?;
        command(&bytes, document)
    }
}

/// The command to count an event that came as its body says.
pub(super) fn command(bytes: &[u8], document: &Document) -> Result<Command, Failure> {
    let body: UsageEventBody = parse_json(bytes, document)?;
    Ok(Command::Use(Box::new(convert::usage_event(body)?)))
}

/// Posts what could be read of a batch and answers item by item. `place` says where in an item a field of the event is.
pub(super) async fn post_many<A: Operation>(
    metering: Metering<A>,
    items: Vec<Result<Command, Failure>>,
    least: usize,
    place: fn(&str) -> String,
) -> Outcome {
    if items.len() < least || items.len() > MOST_COMMANDS {
        return Err(Failure::new(
            ErrorCode::InvalidFields,
            format!("Send {least} to {MOST_COMMANDS} events at once."),
        ));
    }
    let request_id = metering.request_id().to_owned();
    let mut commands = Vec::with_capacity(items.len());
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        read.push(item.map(|command| commands.push(command)));
    }
    let answers = metering.post(commands).await?;
    let mut answers = answers.into_iter();
    let missing = || Failure::internal(&"a command got no answer");
    let answers = read
        .into_iter()
        .map(
            |item| match item.and_then(|()| answers.next().ok_or_else(missing))? {
                Err(error @ Error::Fields(_)) => Err(Failure::from(error).at(place)),
                answer => Ok(answer),
            },
        )
        .collect();
    answer::json(&convert::usage_results(answers, &request_id))
}
