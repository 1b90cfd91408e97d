//! Moving the selected members to another group: one after the other, by the same operation that moves one, each with its
//! own answer.

use allowance_api_types::people::{MovePersonBody, WhenShort};
use allowance_values::{GroupId, PersonId};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::super::words;
use super::bulk::selected_people;
use super::sentences;
use super::sheet::Sheet;
use crate::ui::{Banner, Button, FieldErrors, Form, Look, SelectField, Tone};
use crate::{api, errors};

/// Most people moved at once, since they go one by one.
const MOST: usize = 500;
/// Refusals that are listed.
const LISTED: usize = 20;

/// Whom, where to, and what if the credits do not suffice.
pub(super) fn form(sheet: Sheet, group: GroupId) -> AnyView {
    let people = selected_people(sheet);
    let count = people.len();
    if count == 0 || count > MOST {
        return view! { <p class="lead">{sentences::select_to_move(MOST)}</p> }.into_any();
    }
    let groups: Vec<(String, String)> = sheet.rows.with_untracked(|rows| {
        let others = rows
            .iter()
            .flat_map(|rows| &rows.items)
            .filter(|row| row.id != group);
        others.map(|row| (row.id.to_string(), row.name.clone())).collect()
    });
    let Some((first, _)) = groups.first().cloned() else {
        return view! { <p class="lead">"There is no other group."</p> }.into_any();
    };
    let target = RwSignal::new(first);
    let short = RwSignal::new(words::word(WhenShort::Refuse));
    let form = Form::new(FieldErrors::default);
    let moved = RwSignal::new(0_usize);
    let refused = RwSignal::new(Vec::<String>::new());
    let is_done = RwSignal::new(false);
    let people = StoredValue::new(people);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(group_id) = target.get_untracked().parse::<GroupId>() else {
            return;
        };
        if form.busy().get_untracked() {
            return;
        }
        form.busy().set(true);
        let when_short = words::from_word(&short.get_untracked());
        spawn_local(async move {
            for person in people.get_value() {
                let body = MovePersonBody { group_id, when_short };
                match api::people::move_to_group(person, &body, &api::new_key()).await {
                    Ok(_) => {
                        if moved
                            .try_update(|moved| *moved = moved.saturating_add(1))
                            .is_none()
                        {
                            break;
                        }
                    }
                    Err(error) => {
                        let text = format!("{}: {}", name(sheet, person), errors::words(&error));
                        let _gone = refused.try_update(|refused| refused.push(text));
                    }
                }
            }
            let _gone = form.busy().try_set(false);
            let _gone = is_done.try_set(true);
            sheet.refetch();
        });
    };
    let shorts = words::options(
        &[
            WhenShort::Refuse,
            WhenShort::BringCredits,
            WhenShort::SmallerMonthly,
        ],
        |short| match short {
            WhenShort::BringCredits => "Bring the credits along",
            WhenShort::SmallerMonthly => "Give a smaller Monthly",
            _ => "Leave the person where they are",
        },
    );
    let progress = move || {
        let (moved, refused) = (moved.get(), refused.get());
        (moved > 0 || !refused.is_empty()).then(|| {
            let tone = if refused.is_empty() {
                Tone::Good
            } else {
                Tone::Warn
            };
            let lines = refused
                .iter()
                .take(LISTED)
                .map(|line| view! { <p>{line.clone()}</p> })
                .collect_view();
            view! { <Banner tone><p>{sentences::moved(moved, refused.len(), count)}</p>{lines}</Banner> }
        })
    };
    view! {
        <form node_ref=form.node() on:submit=submit>
            <p class="lead">{sentences::selected_members(count)}</p>
            <p class="hint">"A move changes nobody’s Remaining: what was used stays with the old group."</p>
            <div class="fields">
                <SelectField form name="group_id" label="To" value=target options=groups />
                <SelectField form name="when_short" label="If the group lacks the credits" value=short options=shorts />
            </div>
            {progress}
            <div class="dialog-actions">
                <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || is_done.get())>"Move"</Button>
            </div>
        </form>
    }
    .into_any()
}

fn name(sheet: Sheet, person: PersonId) -> String {
    untrack(|| sheet.member(person)).map_or_else(|| person.to_string(), |row| row.person.display_name)
}
