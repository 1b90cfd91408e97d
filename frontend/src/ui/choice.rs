//! Small choices: one of two or three, side by side; yes or no.

use leptos::prelude::*;

use super::fresh_id;

/// One out of few, side by side. `options` are pairs of value and words.
pub fn segments(legend: &'static str, value: RwSignal<String>, options: Vec<(String, String)>) -> AnyView {
    let group = fresh_id("choice");
    let option = |(word, text): (String, String)| {
        let (chosen, own) = (word.clone(), word.clone());
        view! {
            <label>
                <input
                    type="radio"
                    name=group.clone()
                    value=word
                    prop:checked=move || value.with(|value| *value == chosen)
                    on:change=move |_| value.set(own.clone())
                />
                <span>{text}</span>
            </label>
        }
    };
    let options = options.into_iter().map(option).collect_view();
    view! { <fieldset class="segments"><legend class="sr">{legend}</legend>{options}</fieldset> }.into_any()
}

/// Yes or no. `hint` stands beneath.
pub fn check(label: impl Into<String>, value: RwSignal<bool>, hint: Option<&'static str>) -> AnyView {
    let label = label.into();
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <span>{label} {hint.map(|hint| view! { <small class="block mut">{hint}</small> })}</span>
        </label>
    }
    .into_any()
}
