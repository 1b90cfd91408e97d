//! A new group, or another name or owner for one.

use crate::reactive::{effect, on_close};
use allowance_api_types::Patch;
use allowance_api_types::groups::{CreateGroupBody, GroupView, UpdateGroupBody};
use allowance_values::PersonId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::Asked;
use crate::api;
use crate::pages::person_picker::PersonPicker;
use crate::ui::{
    Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Required, TextField, Toasts, Tone,
    required,
};

const NAME: Required = Required {
    missing: "Enter a name.",
    most: 100,
};

/// What was typed.
#[derive(Debug, Clone)]
struct Draft {
    name: String,
    owner: Option<PersonId>,
}

impl Draft {
    fn into_new(self) -> Result<CreateGroupBody, FieldErrors> {
        let name = self.name()?;
        Ok(CreateGroupBody {
            name,
            owner_id: self.owner,
        })
    }

    fn into_changes(self, group: &GroupView) -> Result<UpdateGroupBody, FieldErrors> {
        let name = self.name()?;
        let before = group.owner.as_ref().map(|owner| owner.id);
        let owner_id = match self.owner {
            owner if owner == before => Patch::Keep,
            Some(owner) => Patch::Set(owner),
            None => Patch::Clear,
        };
        Ok(UpdateGroupBody {
            name: Some(name).filter(|name| *name != group.name),
            owner_id,
        })
    }

    fn name(&self) -> Result<String, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = required(&mut errors, "name", &self.name, NAME);
        errors.finish(name)
    }
}

#[component]
pub(super) fn EditDialog(asked: RwSignal<Option<Asked>>, on_change: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let group = RwSignal::new(None::<GroupView>);
    effect(move || match asked.get() {
        Some(Asked::New) => {
            group.set(None);
            open.set(true);
        }
        Some(Asked::Edit(asked)) => {
            group.set(Some(asked));
            open.set(true);
        }
        Some(Asked::Delete(_)) | None => open.set(false),
    });
    on_close(open, move || asked.set(None));
    let title = Signal::derive(move || {
        group.with(|group| {
            group
                .as_ref()
                .map_or_else(|| "New group".to_owned(), |group| format!("Edit {}", group.name))
        })
    });
    view! {
        <Dialog title open>
            <EditForm group=group.get_untracked() open on_change />
        </Dialog>
    }
}

#[component]
fn EditForm(group: Option<GroupView>, open: RwSignal<bool>, on_change: Callback<()>) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let name = RwSignal::new(group.as_ref().map(|group| group.name.clone()).unwrap_or_default());
    let owner = RwSignal::new(group.as_ref().and_then(|group| group.owner.clone()));
    let draft = move || Draft {
        name: name.get_untracked(),
        owner: owner.with_untracked(|owner| owner.as_ref().map(|owner| owner.id)),
    };
    let form = Form::new(move || draft().name().err().unwrap_or_default());
    let verb = if group.is_some() { "Save" } else { "Create group" };
    let saved = move |now: GroupView| {
        toasts.show(Tone::Good, format!("{} was saved.", now.name));
        open.set(false);
        on_change.run(());
    };
    let group = StoredValue::new(group);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let key = form.key();
        let sent = match group.get_value() {
            Some(group) => draft().into_changes(&group).map(|body| {
                form.send(
                    async move { api::groups::update(group.id, &body, &group.etag, &key).await },
                    saved,
                );
            }),
            None => draft().into_new().map(|body| {
                form.send(async move { api::groups::create(&body, &key).await }, saved);
            }),
        };
        if let Err(errors) = sent {
            form.refuse(errors);
        }
    };
    let owner_error = Signal::derive(move || form.error("owner_id"));
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <TextField form name="name" label="Name" value=name is_required=true autofocus=true />
            <PersonPicker
                label="Owner" chosen=owner error=owner_error
                hint="Distributes credits within the group and sets its reserve."
            />
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>{verb}</Button>
            </DialogActions>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> GroupView {
        serde_json::from_value(serde_json::json!({
            "id": "grp_00000000000000000000000000000001", "name": "Sales", "is_default": false, "member_count": 3, "etag": "e",
            "owner": { "id": "per_00000000000000000000000000000001", "display_name": "Ken", "email": "k@b" },
        }))
        .unwrap()
    }

    #[test]
    fn only_changes_are_sent_and_an_owner_can_be_taken_away() {
        let group = group();
        let owner = group.owner.as_ref().map(|owner| owner.id);
        let json = |draft: Draft| serde_json::to_string(&draft.into_changes(&group).unwrap()).unwrap();
        assert_eq!(
            json(Draft {
                name: " Sales ".to_owned(),
                owner
            }),
            "{}"
        );
        assert_eq!(
            json(Draft {
                name: "Field sales".to_owned(),
                owner
            }),
            r#"{"name":"Field sales"}"#
        );
        assert_eq!(
            json(Draft {
                name: "Sales".to_owned(),
                owner: None
            }),
            r#"{"owner_id":null}"#
        );
        assert!(
            Draft {
                name: " ".to_owned(),
                owner: None
            }
            .into_new()
            .is_err()
        );
    }
}
