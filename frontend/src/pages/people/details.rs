//! The fields of a person, shared by adding and editing.

use leptos::prelude::*;

use super::model::DraftSignals;
use crate::pages::person_picker::PersonPicker;
use crate::ui::{Form, TextField};

/// Name, address and everything HR knows; what else belongs there follows.
#[component]
pub(super) fn PersonFields(
    form: Form,
    draft: DraftSignals,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let manager_error = Signal::derive(move || form.error("manager_id"));
    view! {
        <div class="fields">
            <TextField form name="display_name" label="Name" value=draft.display_name is_required=true autofocus=true />
            <TextField form name="email" label="E-mail" value=draft.email kind="email" is_required=true />
            <TextField form name="title" label="Title" value=draft.title />
            <TextField form name="department" label="Department" value=draft.department />
            <TextField form name="division" label="Division" value=draft.division />
            <TextField form name="location" label="Location" value=draft.location />
            <PersonPicker label="Manager" chosen=draft.manager error=manager_error />
            <TextField form name="hired_on" label="First day" value=draft.hired_on kind="date" />
            <TextField form name="employee_number" label="Employee number" value=draft.employee_number />
            {children.map(|children| children())}
        </div>
    }
}
