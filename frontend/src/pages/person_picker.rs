//! Choosing a person: a combobox that searches as one types.

use crate::reactive::effect;
use allowance_api_types::people::{PeopleQuery, PersonRef, PersonView};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::ui::{Field, fresh_id};

const PAUSE_MILLIS: u32 = 200;
const MOST: u32 = 8;

/// Picks a person or nobody. Emptying the field picks nobody.
#[component]
pub fn PersonPicker(
    #[prop(into)] label: Signal<String>,
    chosen: RwSignal<Option<PersonRef>>,
    #[prop(optional, into)] hint: MaybeProp<String>,
    #[prop(default = "Type a name or an address")] placeholder: &'static str,
    #[prop(optional, into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let name = move || {
        chosen.with(|person| {
            person
                .as_ref()
                .map(|person| person.display_name.clone())
                .unwrap_or_default()
        })
    };
    let text = RwSignal::new(untrack(name));
    let found = RwSignal::new(Vec::<PersonRef>::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0_usize);
    let turn = StoredValue::new(0_u32);
    let list_id = StoredValue::new(fresh_id("people"));
    effect(move || text.set(name()));

    let search = move |words: String| {
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let mine = turn.get_value();
        spawn_local(async move {
            gloo_timers::future::TimeoutFuture::new(PAUSE_MILLIS).await;
            if turn.try_get_value() != Some(mine) {
                return;
            }
            let query = PeopleQuery {
                search: Some(words),
                limit: Some(MOST),
                ..PeopleQuery::default()
            };
            let people = api::people::list(&query)
                .await
                .map(|page| page.items)
                .unwrap_or_default();
            if turn.try_get_value() == Some(mine) {
                found.set(people.into_iter().map(short).collect());
                active.set(0);
                open.set(true);
            }
        });
    };
    let typed = move |words: String| {
        text.set(words.clone());
        if words.trim().is_empty() {
            turn.update_value(|turn| *turn = turn.wrapping_add(1));
            open.set(false);
            chosen.set(None);
        } else {
            search(words);
        }
    };
    let pick = move |person: PersonRef| {
        open.set(false);
        text.set(person.display_name.clone());
        chosen.set(Some(person));
    };
    let leave = move || {
        // Closing the dialog around it takes the focus away as well, when everything is already gone.
        if text.is_disposed() {
            return;
        }
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        open.set(false);
        text.set(untrack(name));
    };
    let keydown = move |event: KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        if !open.get_untracked() || count == 0 {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" => active.update(|at| *at = at.saturating_add(1).checked_rem(count).unwrap_or(0)),
            "ArrowUp" => active.update(|at| *at = at.checked_sub(1).unwrap_or(count.saturating_sub(1))),
            "Enter" => {
                if let Some(person) = found.with_untracked(|found| found.get(active.get_untracked()).cloned())
                {
                    pick(person);
                }
            }
            "Escape" => leave(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let option_id = move |index: usize| format!("{}-{index}", list_id.get_value());
    let control = move |id: String, described_by: Signal<Option<String>>| {
        view! {
            <div class="combo">
                <input
                    id=id
                    class="input"
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=list_id.get_value()
                    aria-activedescendant=move || {
                        (open.get() && found.with(|found| !found.is_empty())).then(|| option_id(active.get()))
                    }
                    aria-describedby=move || described_by.get()
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    prop:value=move || text.get()
                    on:input=move |event| typed(event_target_value(&event))
                    on:keydown=keydown
                    on:blur=move |_| leave()
                />
                <ul id=list_id.get_value() class="combo-list" role="listbox" aria-label="People" hidden=move || !open.get()>
                    {move || {
                        found.get().into_iter().enumerate().map(|(index, person)| {
                            let shown = person.clone();
                            view! {
                                <li
                                    id=option_id(index)
                                    role="option"
                                    aria-selected=move || (active.get() == index).to_string()
                                    // Before the field loses the focus and the list with it.
                                    on:mousedown=move |event| {
                                        event.prevent_default();
                                        pick(person.clone());
                                    }
                                >
                                    {shown.display_name}
                                    <small>{shown.email.to_string()}</small>
                                </li>
                            }
                        }).collect_view()
                    }}
                    {move || found.with(Vec::is_empty).then(|| view! { <li class="mut" role="presentation">"Nobody found"</li> })}
                </ul>
            </div>
        }
        .into_any()
    };
    view! { <Field label hint error control /> }
}

/// A person, in short.
pub fn short(person: PersonView) -> PersonRef {
    PersonRef {
        id: person.id,
        display_name: person.display_name,
        email: person.email,
    }
}
