//! What was typed about a person: a new one, or changes to one.

use std::str::FromStr;

use allowance_api_types::Patch;
use allowance_api_types::people::{CreatePersonBody, PersonRef, PersonView, UpdatePersonBody};
use allowance_values::{Day, Email, GroupId, PersonId};
use leptos::prelude::*;

use crate::ui::{FieldErrors, Required, optional, parsed, required};

const NAME: Required = Required {
    missing: "Enter a name.",
    most: 200,
};
const EMAIL: &str = "Enter an e-mail address, like ken@example.com.";
const DAY: &str = "Enter a day, like 2026-11-20.";

/// The texts of the form, named as in the body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub email: String,
    pub display_name: String,
    pub title: String,
    pub department: String,
    pub division: String,
    pub location: String,
    pub employee_number: String,
    pub hired_on: String,
    pub manager: Option<PersonId>,
}

impl Draft {
    pub(super) fn of(person: &PersonView) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            email: person.email.to_string(),
            display_name: person.display_name.clone(),
            title: text(&person.title),
            department: text(&person.department),
            division: text(&person.division),
            location: text(&person.location),
            employee_number: text(&person.employee_number),
            hired_on: person.hired_on.map(|day| day.to_string()).unwrap_or_default(),
            manager: person.manager.as_ref().map(|manager| manager.id),
        }
    }

    /// A new person, in the given group or in Default.
    pub(super) fn into_new(self, group_id: Option<GroupId>) -> Result<CreatePersonBody, FieldErrors> {
        let checked = self.check()?;
        Ok(CreatePersonBody {
            email: checked.email,
            display_name: checked.display_name,
            title: checked.title,
            department: checked.department,
            division: checked.division,
            location: checked.location,
            employee_number: checked.employee_number,
            manager_id: self.manager,
            hired_on: checked.hired_on,
            group_id,
        })
    }

    /// What differs from how the person is. What was not touched is not sent, so it cannot overwrite anything.
    pub(super) fn into_changes(self, person: &PersonView) -> Result<UpdatePersonBody, FieldErrors> {
        let checked = self.check()?;
        Ok(UpdatePersonBody {
            email: Some(checked.email).filter(|email| *email != person.email),
            display_name: Some(checked.display_name).filter(|name| *name != person.display_name),
            title: change(checked.title, person.title.as_ref()),
            department: change(checked.department, person.department.as_ref()),
            division: change(checked.division, person.division.as_ref()),
            location: change(checked.location, person.location.as_ref()),
            employee_number: change(checked.employee_number, person.employee_number.as_ref()),
            manager_id: change(self.manager, person.manager.as_ref().map(|manager| &manager.id)),
            hired_on: change(checked.hired_on, person.hired_on.as_ref()),
        })
    }

    fn check(&self) -> Result<Checked, FieldErrors> {
        let mut errors = FieldErrors::default();
        let e = &mut errors;
        let email = parsed::<Email>(e, "email", &self.email, EMAIL);
        let display_name = required(e, "display_name", &self.display_name, NAME);
        let title = optional(e, "title", &self.title, 200);
        let department = optional(e, "department", &self.department, 200);
        let division = optional(e, "division", &self.division, 200);
        let location = optional(e, "location", &self.location, 200);
        let employee_number = optional(e, "employee_number", &self.employee_number, 64);
        let hired_on = parsed_if_there::<Day>(e, "hired_on", &self.hired_on, DAY);
        let checked = email.zip(display_name).map(|(email, display_name)| Checked {
            email,
            display_name,
            title,
            department,
            division,
            location,
            employee_number,
            hired_on,
        });
        errors.finish(checked)
    }
}

struct Checked {
    email: Email,
    display_name: String,
    title: Option<String>,
    department: Option<String>,
    division: Option<String>,
    location: Option<String>,
    employee_number: Option<String>,
    hired_on: Option<Day>,
}

fn parsed_if_there<T: FromStr>(errors: &mut FieldErrors, field: &str, text: &str, mend: &str) -> Option<T> {
    if text.trim().is_empty() {
        None
    } else {
        parsed(errors, field, text, mend)
    }
}

fn change<T: PartialEq>(now: Option<T>, before: Option<&T>) -> Patch<T> {
    match now {
        now if now.as_ref() == before => Patch::Keep,
        Some(value) => Patch::Set(value),
        None => Patch::Clear,
    }
}

/// The form's signals around a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct DraftSignals {
    pub email: RwSignal<String>,
    pub display_name: RwSignal<String>,
    pub title: RwSignal<String>,
    pub department: RwSignal<String>,
    pub division: RwSignal<String>,
    pub location: RwSignal<String>,
    pub employee_number: RwSignal<String>,
    pub hired_on: RwSignal<String>,
    pub manager: RwSignal<Option<PersonRef>>,
}

impl DraftSignals {
    pub(super) fn new(draft: Draft, manager: Option<PersonRef>) -> Self {
        Self {
            email: RwSignal::new(draft.email),
            display_name: RwSignal::new(draft.display_name),
            title: RwSignal::new(draft.title),
            department: RwSignal::new(draft.department),
            division: RwSignal::new(draft.division),
            location: RwSignal::new(draft.location),
            employee_number: RwSignal::new(draft.employee_number),
            hired_on: RwSignal::new(draft.hired_on),
            manager: RwSignal::new(manager),
        }
    }

    /// The draft as it stands; follows each keystroke when it is read in a reactive place.
    pub(super) fn get(self) -> Draft {
        Draft {
            email: self.email.get(),
            display_name: self.display_name.get(),
            title: self.title.get(),
            department: self.department.get(),
            division: self.division.get(),
            location: self.location.get(),
            employee_number: self.employee_number.get(),
            hired_on: self.hired_on.get(),
            manager: self
                .manager
                .with(|manager| manager.as_ref().map(|manager| manager.id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> PersonView {
        serde_json::from_value(serde_json::json!({
            "id": "per_00000000000000000000000000000001", "email": "rob0@adventure-works.com", "display_name": "Rob",
            "title": "Tool Designer", "hired_on": "2007-12-05", "status": "active", "role": "member",
            "manager": {
                "id": "per_00000000000000000000000000000002", "display_name": "Roberto", "email": "r@adventure-works.com",
            },
            "group": { "id": "grp_00000000000000000000000000000001", "name": "Default" },
            "can_sign_in": false, "created_at": "2026-11-25T10:00:00Z", "etag": "e1",
        }))
        .unwrap()
    }

    #[test]
    fn only_what_was_changed_is_sent() {
        let before = person();
        let unchanged = Draft::of(&before).into_changes(&before).unwrap();
        assert_eq!(serde_json::to_string(&unchanged).unwrap(), "{}");
        let mut draft = Draft::of(&before);
        draft.title = " Senior Tool Designer ".to_owned();
        draft.hired_on = String::new();
        draft.manager = None;
        let changes = serde_json::to_string(&draft.into_changes(&before).unwrap()).unwrap();
        assert_eq!(
            changes,
            r#"{"title":"Senior Tool Designer","manager_id":null,"hired_on":null}"#
        );
    }

    #[test]
    fn a_new_person_needs_a_name_and_an_address() {
        let errors = Draft {
            hired_on: "5.12.2007".to_owned(),
            ..Draft::default()
        }
        .into_new(None)
        .unwrap_err();
        assert!(
            ["email", "display_name", "hired_on"]
                .iter()
                .all(|field| errors.get(field).is_some())
        );
        let body = Draft {
            email: "a@b".to_owned(),
            display_name: "A".to_owned(),
            ..Draft::default()
        };
        assert_eq!(
            serde_json::to_string(&body.into_new(None).unwrap()).unwrap(),
            r#"{"email":"a@b","display_name":"A"}"#
        );
    }
}
