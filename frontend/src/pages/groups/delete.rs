//! Deleting a group, with what becomes of its people and credits said first.

use crate::reactive::{effect, on_close};
use allowance_api_types::groups::GroupView;
use leptos::prelude::*;

use super::Asked;
use crate::ui::{Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Toasts, Tone};
use crate::{api, format};

#[component]
pub(super) fn DeleteDialog(asked: RwSignal<Option<Asked>>, on_change: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let group = Memo::new(move |_| match asked.get() {
        Some(Asked::Delete(group)) => Some(group),
        Some(Asked::New | Asked::Edit(_)) | None => None,
    });
    effect(move || open.set(group.with(Option::is_some)));
    on_close(open, move || asked.set(None));
    let title = Signal::derive(move || {
        group.with(|group| {
            group
                .as_ref()
                .map(|group| format!("Delete {}?", group.name))
                .unwrap_or_default()
        })
    });
    view! {
        <Dialog title open>
            {move || group.get_untracked().map(|group| view! { <Consequences group open on_change /> })}
        </Dialog>
    }
}

#[component]
fn Consequences(group: GroupView, open: RwSignal<bool>, on_change: Callback<()>) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let form = Form::new(FieldErrors::default);
    let people = format::plural(group.member_count, "person moves", "people move");
    let deleted = group.clone();
    let delete = move || {
        let (group, key) = (deleted.clone(), form.key());
        let name = group.name.clone();
        form.send(
            async move { api::groups::delete(group.id, &group.etag, &key).await },
            move |()| {
                toasts.show(Tone::Good, format!("{name} was deleted."));
                open.set(false);
                on_change.run(());
            },
        );
    };
    view! {
        <Refusal form />
        <ul class="bullets">
            <li>{people} " to Default, with the credits that back their Monthly and unspent Extra. Nobody’s Remaining changes."</li>
            <li>"The rest of the group’s credits returns to Unallocated."</li>
            <li>"What the group used stays readable in the ledger. The group itself does not come back."</li>
        </ul>
        <DialogActions>
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button look=Look::Danger busy=form.busy() on_press=delete>"Delete group"</Button>
        </DialogActions>
    }
}
