//! A row of a file of people by itself: its texts cleaned, or why it is refused.

use std::sync::Arc;

use allowance_values::Email;

use super::fields::{Fault, Field, Profile, clean, clean_email};
use super::import::{Reason, RowProblem, SheetRow};
use super::keys::{email_key, name_key};

/// What a row says once its texts are clean.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) key: String,
    /// Shared with the plan: a file may hold a hundred thousand of them.
    pub(super) profile: Arc<Profile>,
    /// The columns that the row has.
    pub(super) fields: Vec<Field>,
    /// The manager's address with its key: nothing without the column, nothing within for nobody.
    pub(super) manager: Option<Option<(Email, String)>>,
    /// The key of the group's name, where there is one.
    pub(super) group: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct DraftRow {
    pub(super) line: u64,
    pub(super) draft: Result<Draft, Refused>,
}

impl DraftRow {
    /// The key of the row's address; nothing where it has no address.
    pub(super) fn key(&self) -> Option<&str> {
        match &self.draft {
            Ok(draft) => Some(&draft.key),
            Err(refused) => refused.key.as_deref(),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) key: Option<String>,
    pub(super) email: String,
    pub(super) display_name: String,
    pub(super) problems: Vec<RowProblem>,
}

pub(super) fn read_row(row: &SheetRow) -> Result<Draft, Refused> {
    let cell = |wanted: Field| {
        row.cells
            .iter()
            .find(|(field, _)| *field == wanted)
            .map_or("", |(_, text)| text.as_str())
    };
    let email =
        clean(Field::Email, cell(Field::Email)).and_then(|text| clean_email(&text.unwrap_or_default()));
    let key = email.as_ref().ok().map(email_key);
    let refused = |problems| Refused {
        key: key.clone(),
        email: cell(Field::Email).to_owned(),
        display_name: cell(Field::DisplayName).to_owned(),
        problems,
    };
    let (found, expected) = row.width;
    if found != expected {
        return Err(refused(vec![RowProblem {
            field: None,
            reason: Reason::Ragged { found, expected },
        }]));
    }
    let mut problems = Vec::new();
    let mut profile = Profile::new(
        email.map_err(|fault| refused(vec![RowProblem::of(Field::Email, fault)]))?,
        String::new(),
    );
    let (mut manager, mut group) = (None, None);
    for (field, text) in row.cells.iter().filter(|(field, _)| *field != Field::Email) {
        let outcome = match field {
            Field::Manager => read_manager(text).map(|read| manager = Some(read)),
            Field::Group => clean(*field, text).map(|name| group = name.as_deref().map(name_key)),
            Field::Email
            | Field::DisplayName
            | Field::Title
            | Field::Department
            | Field::Division
            | Field::Location
            | Field::EmployeeNumber
            | Field::HiredOn => profile.set(*field, text),
        };
        problems.extend(outcome.err().map(|fault| RowProblem::of(*field, fault)));
    }
    let own = email_key(&profile.email);
    if manager.iter().flatten().any(|(_, key)| *key == own) {
        problems.push(RowProblem::of(Field::Manager, Reason::ReportingCycle));
    }
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    let fields = row.cells.iter().map(|(field, _)| *field).collect();
    Ok(Draft {
        key: own,
        profile: Arc::new(profile),
        fields,
        manager,
        group,
    })
}

fn read_manager(text: &str) -> Result<Option<(Email, String)>, Fault> {
    let Some(text) = clean(Field::Manager, text)? else {
        return Ok(None);
    };
    let email = clean_email(&text)?;
    let key = email_key(&email);
    Ok(Some((email, key)))
}
