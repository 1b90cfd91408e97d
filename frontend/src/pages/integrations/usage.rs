//! How usage is counted: which credit type it is of, and what becomes of usage whose person is not known.

use allowance_api_types::ErrorCode;
use allowance_api_types::credit_types::CreditTypeView;
use allowance_api_types::live::Area;
use allowance_api_types::paging::PageQuery;
use allowance_api_types::usage::{UnknownPeople, UsageSettingsView};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::words;
use super::currencies::currencies;
use super::usage_model::{Draft, MOST_RULES, RuleText, field_of, moved};
use crate::reactive::effect;
use crate::remote::Remote;
use crate::ui::{Banner, Button, Form, Glyph, IconButton, Loaded, Look, SelectField, Toasts, Tone, segments};
use crate::{api, errors, unsaved};

const ALL: PageQuery = PageQuery {
    cursor: None,
    limit: Some(100),
};
type Options = Vec<(String, String)>;

/// A rule under way; it keeps its number while it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rule {
    number: u32,
    provider: RwSignal<String>,
    model: RwSignal<String>,
    tag: RwSignal<String>,
    credit_type: RwSignal<String>,
}

impl Rule {
    fn new(number: u32, text: RuleText) -> Self {
        Self {
            number,
            provider: RwSignal::new(text.provider),
            model: RwSignal::new(text.model),
            tag: RwSignal::new(text.tag),
            credit_type: RwSignal::new(text.credit_type),
        }
    }

    fn text(self) -> RuleText {
        RuleText {
            provider: self.provider.get(),
            model: self.model.get(),
            tag: self.tag.get(),
            credit_type: self.credit_type.get(),
        }
    }
}

/// The form under way.
#[derive(Clone, Copy)]
struct Sheet {
    form: Form,
    credit_type: RwSignal<String>,
    unknown_people: RwSignal<String>,
    rules: RwSignal<Vec<Rule>>,
    next: StoredValue<u32>,
    /// What the draft began from.
    base: RwSignal<Draft>,
}

impl Sheet {
    fn draft(self) -> Draft {
        Draft {
            credit_type: self.credit_type.get(),
            unknown_people: self.unknown_people.get(),
            rules: self.rules.get().into_iter().map(Rule::text).collect(),
        }
    }

    fn add(self, text: RuleText) {
        self.next.update_value(|next| *next = next.wrapping_add(1));
        let rule = Rule::new(self.next.get_value(), text);
        self.rules.update(|rules| rules.push(rule));
    }

    fn begin_from(self, draft: Draft) {
        self.base.set(draft.clone());
        self.credit_type.set(draft.credit_type);
        self.unknown_people.set(draft.unknown_people);
        self.rules.update(Vec::clear);
        for rule in draft.rules {
            self.add(rule);
        }
    }
}

pub(super) fn usage() -> AnyView {
    let settings = Remote::live(&[Area::Settings], api::usage::settings);
    let types = Remote::live(&[Area::Settings], || async {
        api::credit_types::list(&ALL).await.map(|page| page.items)
    });
    let is_there = Memo::new(move |_| settings.value().is_some() && types.value().is_some());
    view! {
        <div class="settings usage-settings">
            <Loaded remote=settings lines=6 ready=|_| ().into_any() />
            <Loaded remote=types lines=1 ready=|_| ().into_any() />
            {move || is_there.get().then(|| untrack(|| sheet(settings, types)))}
            {currencies()}
        </div>
    }
    .into_any()
}

fn sheet(settings: Remote<UsageSettingsView>, types: Remote<Vec<CreditTypeView>>) -> AnyView {
    let toasts: Toasts = expect_context();
    let Some(start) = settings.value().as_ref().map(Draft::of) else {
        return ().into_any();
    };
    let held = StoredValue::new(None::<Sheet>);
    let judge = move || {
        let draft = held.get_value().map(|sheet: Sheet| untrack(|| sheet.draft()));
        draft
            .and_then(|draft| draft.into_body().err())
            .unwrap_or_default()
    };
    let sheet = Sheet {
        form: Form::new(judge),
        credit_type: RwSignal::default(),
        unknown_people: RwSignal::default(),
        rules: RwSignal::default(),
        next: StoredValue::new(0),
        base: RwSignal::new(start.clone()),
    };
    sheet.begin_from(start);
    held.set_value(Some(sheet));
    let form = sheet.form;
    let is_dirty = Memo::new(move |_| sheet.draft() != sheet.base.get());
    unsaved::guard(Signal::derive(move || is_dirty.get()));
    // Whoever types nothing sees what holds.
    effect(move || {
        let now = settings.value().as_ref().map(Draft::of);
        if let Some(now) = now
            && !is_dirty.get_untracked()
            && sheet.base.get_untracked() != now
        {
            sheet.begin_from(now);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(etag) = untrack(|| settings.value()).map(|view| view.etag) else {
            return;
        };
        if !is_dirty.get_untracked() {
            return;
        }
        match untrack(|| sheet.draft()).into_body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let key = form.key();
                form.send(
                    async move { api::usage::set(&body, &etag, &key).await },
                    move |view: UsageSettingsView| {
                        sheet.begin_from(Draft::of(&view));
                        settings.put(view);
                        toasts.show(Tone::Good, "How usage is counted: saved.");
                    },
                );
            }
        }
    };
    let take_theirs = move || {
        form.banner().set(None);
        sheet.begin_from(sheet.base.get_untracked());
        settings.reload();
    };
    let refusal = move || {
        let error = form.banner().get()?;
        let is_beaten = error.code() == Some(ErrorCode::PreconditionFailed);
        let theirs = is_beaten.then(|| {
            view! { " " <button type="button" class="link" on:click=move |_| take_theirs()>"Discard mine and take theirs"</button> }
        });
        Some(view! { <Banner tone=Tone::Bad>{errors::words(&error)} {theirs}</Banner> })
    };
    let named = Signal::derive(move || {
        let kinds = types.value().unwrap_or_default().into_iter();
        kinds
            .filter(|kind| !kind.is_archived)
            .map(|kind| (kind.id.to_string(), kind.name))
            .collect::<Options>()
    });
    let defaults = Signal::derive(move || {
        let mut options = named.get();
        let first = options.first().map(|(_, name)| format!("The first: {name}"));
        options.insert(0, (String::new(), first.unwrap_or_default()));
        options
    });
    let people = words::options(UnknownPeople::ALL, words::unknown_people);
    view! {
        <form node_ref=form.node() on:submit=submit novalidate>
            {refusal}
            <section class="card settings-card">
                <h2>"Credit type of usage"</h2>
                <p class="lead">"An event may name its credit type. Where it does not, the first rule that fits decides, else the default."</p>
                <div class="fields">
                    <SelectField form name="credit_type_id" label="Default" value=sheet.credit_type options=defaults />
                </div>
                {rules(sheet, named)}
            </section>
            <section class="card settings-card">
                <h2>"Unknown people"</h2>
                <p class="lead">"What becomes of usage that names somebody who is not in the organisation."</p>
                {segments("Unknown people", sheet.unknown_people, people)}
                <p class="hint">
                    {move || match words::from_word(&sheet.unknown_people.get()) {
                        Some(UnknownPeople::Keep) => "It lies aside under Unmatched usage until somebody says whose it is.",
                        _ => "The platform is told, event by event.",
                    }}
                </p>
            </section>
            <div class="settings-save">
                <Button look=Look::Primary busy=form.busy() disabled=Signal::derive(move || !is_dirty.get())>"Save"</Button>
                {move || is_dirty.get().then(|| view! {
                    <Button look=Look::Quiet on_press=move || sheet.begin_from(sheet.base.get_untracked())>"Discard"</Button>
                })}
            </div>
        </form>
    }
    .into_any()
}

fn rules(sheet: Sheet, types: Signal<Options>) -> AnyView {
    let has_rules = Memo::new(move |_| sheet.rules.with(|rules| !rules.is_empty()));
    let is_full = Signal::derive(move || sheet.rules.with(Vec::len) >= MOST_RULES);
    let add = move || {
        let credit_type = types.get_untracked().into_iter().next();
        sheet.add(RuleText {
            credit_type: credit_type.map(|(id, _)| id).unwrap_or_default(),
            ..RuleText::default()
        });
    };
    let none = "No rules: everything without a credit type of its own counts against the default.";
    view! {
        <h3 class="dialog-part">"Rules"</h3>
        {move || if has_rules.get() {
            view! {
                <ol class="rules">
                    <For each=move || sheet.rules.get() key=|rule| rule.number let:rule>{self::rule(sheet, rule, types)}</For>
                </ol>
                <p class="hint">"The first rule that fits decides. What is left empty fits anything; a * at the end of a model stands for anything that follows."</p>
            }
            .into_any()
        } else {
            view! { <p class="hint">{none}</p> }.into_any()
        }}
        <div class="settings-save"><Button glyph=Glyph::Plus disabled=is_full on_press=add>"Add a rule"</Button></div>
    }
    .into_any()
}

fn rule(sheet: Sheet, rule: Rule, types: Signal<Options>) -> AnyView {
    let rules = sheet.rules;
    let place = Memo::new(move |_| {
        rules
            .with(|rules| rules.iter().position(|known| known.number == rule.number))
            .unwrap_or(0)
    });
    let number = move || place.get().saturating_add(1).to_string();
    let error = move || sheet.form.error(&field_of(place.get()));
    let input = move |text: &'static str, placeholder: &'static str, value: RwSignal<String>| {
        view! {
            <input
                class="input"
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                aria-label=move || format!("{text} of rule {}", number())
                aria-invalid=move || error().map(|_| "true")
                prop:value=move || value.get()
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    sheet.form.clear_field(&field_of(place.get_untracked()));
                }
            />
        }
    };
    let shift = move |by: isize| {
        rules.update(|rules| moved(rules, place.get_untracked(), by));
    };
    let is_first = Signal::derive(move || place.get() == 0);
    let is_last = Signal::derive(move || place.get().saturating_add(1) >= rules.with(Vec::len));
    let option = move |(id, name): (String, String)| {
        let own = id.clone();
        view! { <option value=id prop:selected=move || rule.credit_type.get() == own>{name}</option> }
    };
    view! {
        <li>
            <span class="rule-number mut">{number}</span>
            {input("Provider", "Any provider", rule.provider)}
            {input("Model", "Any model", rule.model)}
            {input("Tag", "With or without tags", rule.tag)}
            <select
                class="input"
                aria-label=move || format!("Credit type of rule {}", number())
                on:change=move |event| rule.credit_type.set(event_target_value(&event))
            >
                {move || types.get().into_iter().map(option).collect_view()}
            </select>
            <span class="rule-acts">
                <IconButton label=Signal::derive(move || format!("Move rule {} up", number())) glyph=Glyph::ChevronUp disabled=is_first on_press=move || shift(-1) />
                <IconButton label=Signal::derive(move || format!("Move rule {} down", number())) glyph=Glyph::ChevronDown disabled=is_last on_press=move || shift(1) />
                <IconButton
                    label=Signal::derive(move || format!("Remove rule {}", number()))
                    glyph=Glyph::Trash
                    on_press=move || rules.update(|rules| rules.retain(|known| known.number != rule.number))
                />
            </span>
            <p class="field-error" aria-live="polite">{error}</p>
        </li>
    }
    .into_any()
}
