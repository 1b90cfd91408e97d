//! Fields: label, control, hint and error bound together.

use gloo_timers::future::TimeoutFuture;
use leptos::ev::{Event, FocusEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use super::{Form, fresh_id};

/// Label, hint and error around a control. The control gets the ids to bind to: its own, and what describes it.
#[component]
pub fn Field(
    #[prop(into)] label: Signal<String>,
    #[prop(optional, into)] hint: MaybeProp<String>,
    #[prop(into)] error: Signal<Option<String>>,
    control: impl FnOnce(String, Signal<Option<String>>) -> AnyView + 'static,
) -> impl IntoView {
    let id = fresh_id("field");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        Signal::derive(move || {
            let mut ids = Vec::new();
            if hint.with(Option::is_some) {
                ids.push(hint_id.as_str());
            }
            if error.with(Option::is_some) {
                ids.push(error_id.as_str());
            }
            (!ids.is_empty()).then(|| ids.join(" "))
        })
    };
    view! {
        <div class="field">
            <label for=id.clone()>{move || label.get()}</label>
            {control(id, described_by)}
            {move || hint.get().map(|hint| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
            <p class="field-error" id=error_id aria-live="polite">{move || error.get()}</p>
        </div>
    }
}

/// A line of text. `name` is the field's name in the body.
#[component]
pub fn TextField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: MaybeProp<String>,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional, into)] list: Option<String>,
    #[prop(optional)] is_required: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let error = Signal::derive(move || form.error(name));
    let input = move |event: Event| {
        value.set(event_target_value(&event));
        form.clear_field(name);
    };
    let blur = move |event: FocusEvent| judge_left(form, name, &event);
    let control = move |id: String, described_by: Signal<Option<String>>| {
        view! {
            <input
                id=id
                class="input"
                name=name
                type=kind
                autocomplete=autocomplete
                inputmode=inputmode
                list=list
                autofocus=autofocus
                aria-required=is_required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described_by.get()
                prop:value=move || value.get()
                on:input=input
                on:blur=blur
            />
        }
        .into_any()
    };
    view! { <Field label hint error control /> }
}

/// Several lines of text.
#[component]
pub fn TextAreaField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: MaybeProp<String>,
    #[prop(optional)] is_required: bool,
) -> impl IntoView {
    let error = Signal::derive(move || form.error(name));
    let input = move |event: Event| {
        value.set(event_target_value(&event));
        form.clear_field(name);
    };
    let control = move |id: String, described_by: Signal<Option<String>>| {
        view! {
            <textarea
                id=id
                class="input"
                name=name
                rows="3"
                aria-required=is_required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described_by.get()
                prop:value=move || value.get()
                on:input=input
                on:blur=move |event| judge_left(form, name, &event)
            ></textarea>
        }
        .into_any()
    };
    view! { <Field label hint error control /> }
}

/// A choice out of few. `options` are pairs of value and words.
#[component]
pub fn SelectField(
    form: Form,
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    #[prop(optional, into)] hint: MaybeProp<String>,
) -> impl IntoView {
    let error = Signal::derive(move || form.error(name));
    let change = move |event: Event| {
        value.set(event_target_value(&event));
        form.check_field(name);
    };
    let control = move |id: String, described_by: Signal<Option<String>>| {
        view! {
            <select
                id=id
                class="input"
                name=name
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described_by.get()
                on:change=change
            >
                {move || {
                    let chosen = value.get();
                    let option = |(word, label): (String, String)| {
                        let is_chosen = word == chosen;
                        view! { <option value=word prop:selected=is_chosen>{label}</option> }
                    };
                    options.get().into_iter().map(option).collect_view()
                }}
            </select>
        }
        .into_any()
    };
    view! { <Field label hint error control /> }
}

/// A press takes hardly longer than this.
const PRESS_MILLIS: u32 = 200;

/// Judges a field that was left, once what is being pressed was let go: a message that appears before would move it from
/// under the pointer. Not for a button: what that does judges the whole form anyway or makes it pointless.
fn judge_left(form: Form, name: &'static str, event: &FocusEvent) {
    let next = event
        .related_target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if next.is_none_or(|element| element.tag_name() != "BUTTON") {
        spawn_local(async move {
            TimeoutFuture::new(PRESS_MILLIS).await;
            form.check_field(name);
        });
    }
}
