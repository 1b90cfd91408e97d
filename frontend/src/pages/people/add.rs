//! Adding a person by hand.

use crate::reactive::effect;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::details::PersonFields;
use super::model::{Draft, DraftSignals};
use crate::api;
use crate::pages::list_url::ListUrl;
use crate::ui::{Button, Dialog, DialogActions, Form, Look, Refusal, SelectField, Toasts, Tone, Width};

/// The dialog, open while the address says `new`.
#[component]
pub(super) fn AddDialog(
    url: ListUrl,
    groups: Signal<Vec<(String, String)>>,
    on_change: Callback<()>,
) -> impl IntoView {
    let open = url.opened_by("new");
    let is_dirty = RwSignal::new(false);
    view! {
        <Dialog title="Add a person" open width=Width::Wide dirty=is_dirty>
            <AddForm open groups on_change is_dirty />
        </Dialog>
    }
}

#[component]
fn AddForm(
    open: RwSignal<bool>,
    groups: Signal<Vec<(String, String)>>,
    on_change: Callback<()>,
    is_dirty: RwSignal<bool>,
) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let draft = DraftSignals::new(Draft::default(), None);
    effect(move || is_dirty.set(draft.get() != Draft::default()));
    on_cleanup(move || {
        let _gone = is_dirty.try_set(false);
    });
    let group = RwSignal::new(String::new());
    let body = move || untrack(|| draft.get().into_new(group.get().parse().ok()));
    let form = Form::new(move || body().err().unwrap_or_default());
    let options = Signal::derive(move || {
        let default = ("".to_owned(), "Default".to_owned());
        let others = groups.get().into_iter().filter(|(_, name)| name != "Default");
        std::iter::once(default).chain(others).collect::<Vec<_>>()
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::people::create(&body, &key).await },
                    move |person| {
                        toasts.show(Tone::Good, format!("{} was added.", person.display_name));
                        open.set(false);
                        on_change.run(());
                    },
                );
            }
        }
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            <Refusal form />
            <PersonFields form draft>
                <SelectField form name="group_id" label="Group" value=group options />
            </PersonFields>
            <DialogActions>
                <Button on_press=move || open.set(false)>"Cancel"</Button>
                <Button look=Look::Primary busy=form.busy()>"Add person"</Button>
            </DialogActions>
        </form>
    }
}
