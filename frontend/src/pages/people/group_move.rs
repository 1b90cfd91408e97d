//! Moving a person to another group. When the new group lacks the credits, the answer says by how much and what can be
//! done about it.

use crate::reactive::effect;
use allowance_api_types::ErrorCode;
use allowance_api_types::people::{MovePersonBody, PersonView, WhenShort};
use allowance_values::Credits;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::api::ApiError;
use crate::ui::{Banner, Button, FieldErrors, Form, SelectField, Toasts, Tone};
use crate::{api, errors, format};

#[component]
pub(super) fn GroupMove(
    person: PersonView,
    groups: Signal<Vec<(String, String)>>,
    changed: Callback<PersonView>,
) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let id = person.id;
    let here = person.group.id.to_string();
    let name = StoredValue::new(person.display_name);
    let target = RwSignal::new(here.clone());
    let form = Form::new(FieldErrors::default);
    let is_elsewhere = Memo::new(move |_| target.get() != here);
    effect(move || {
        target.track();
        form.banner().set(None);
    });
    let send = move |when_short: Option<WhenShort>| {
        let Ok(group_id) = target.get_untracked().parse() else {
            return;
        };
        let (body, key) = (MovePersonBody { group_id, when_short }, form.key());
        form.send(
            async move { api::people::move_to_group(id, &body, &key).await },
            move |now: PersonView| {
                toasts.show(
                    Tone::Good,
                    format!("{} is now in {}.", now.display_name, now.group.name),
                );
                changed.run(now);
            },
        );
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_elsewhere.get_untracked() {
            send(None);
        }
    };
    let group_name = move || {
        let id = target.get();
        groups
            .get()
            .into_iter()
            .find(|(word, _)| *word == id)
            .map_or_else(String::new, |(_, name)| name)
    };
    let refused = move || {
        form.banner().get().map(|error| match short_by(&error) {
            Some(short_by) => view! {
                <Banner tone=Tone::Warn>
                    <p>
                        {group_name} " lacks " <b>{format::credits(short_by)}</b> " credits to take "
                        {name.get_value()} " over. What shall happen?"
                    </p>
                    <div class="choices">
                        <Button busy=form.busy() on_press=move || send(Some(WhenShort::BringCredits))>
                            "Bring the credits along"
                        </Button>
                        <Button busy=form.busy() on_press=move || send(Some(WhenShort::SmallerMonthly))>
                            "Give a smaller Monthly"
                        </Button>
                    </div>
                </Banner>
            }
            .into_any(),
            None => view! { <Banner tone=Tone::Bad>{errors::words(&error)}</Banner> }.into_any(),
        })
    };
    view! {
        <section class="dialog-section">
            <h3>"Group"</h3>
            <p class="hint">"A move changes nobody’s Remaining: what was used stays with the old group."</p>
            <form node_ref=form.node() class="line" on:submit=submit>
                <SelectField form name="group_id" label="Group" value=target options=groups />
                <Button busy=form.busy() disabled=Signal::derive(move || !is_elsewhere.get())>"Move"</Button>
            </form>
            {refused}
        </section>
    }
}

/// By how much the new group is short, when that is why.
fn short_by(error: &ApiError) -> Option<Credits> {
    match error {
        ApiError::Problem(problem) if problem.code == ErrorCode::MoveShort => problem.over_by,
        ApiError::Problem(_) | ApiError::Network | ApiError::Unauthenticated | ApiError::Decode => None,
    }
}
