//! A section with its own Save: its fields, what holds now beneath them, and what to do when somebody else was there.
//!
//! A draft remembers what it began from. When that changes under it the draft stays, and original, theirs and mine are
//! shown side by side until the viewer chose.

use allowance_api_types::ErrorCode;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::spec::{FieldSpec, Kind, Save, SectionSpec};
use super::{Settings, confirm};
use crate::api::credit_types::Change;
use crate::api::{self, Answer, ApiError};
use crate::errors;
use crate::reactive::effect;
use crate::ui::{Banner, Button, FieldErrors, Form, Look, SelectField, TextField, Toasts, Tone, check};
use crate::unsaved;

/// A section under way.
#[derive(Clone, Copy)]
struct Section {
    settings: Settings,
    spec: &'static SectionSpec,
    form: Form,
    toasts: Toasts,
    texts: StoredValue<Vec<RwSignal<String>>>,
    /// What the draft began from.
    base: RwSignal<Vec<String>>,
    /// What holds now.
    current: Memo<Vec<String>>,
    is_dirty: Memo<bool>,
}

impl Section {
    fn draft(self) -> Vec<String> {
        self.texts
            .with_value(|texts| texts.iter().map(RwSignal::get).collect())
    }

    fn is_beaten(self) -> bool {
        self.is_dirty.get() && self.base.get() != self.current.get()
    }

    fn begin_from(self, values: Vec<String>) {
        self.texts.with_value(|texts| {
            for (text, value) in texts.iter().zip(&values) {
                text.set(value.clone());
            }
        });
        self.base.set(values);
    }

    fn write(self) -> Result<Save, FieldErrors> {
        let mut errors = FieldErrors::default();
        let draft = self.draft();
        let texts: Vec<&str> = draft.iter().map(String::as_str).collect();
        let reading = self.settings.reading();
        let save = (self.spec.write)(&texts, reading, &mut errors);
        errors.finish(save)
    }

    fn submit(self) {
        if !untrack(|| self.is_dirty.get()) || untrack(|| self.is_beaten()) {
            return;
        }
        let save = match untrack(|| self.write()) {
            Ok(save) => save,
            Err(errors) => return self.form.refuse(errors),
        };
        match (self.spec.question, save) {
            (Some(title), Save::CreditType(body)) => {
                let saved = Callback::new(move |()| self.saved());
                self.settings
                    .question
                    .set(Some(confirm::Question::new(title, Change::Update(body), saved)));
            }
            (_, save) => {
                let (settings, spec) = (self.settings, self.spec);
                let (base, key) = (self.base.get_untracked(), self.form.key());
                self.form.send(
                    async move { send(settings, spec, save, &base, &key).await },
                    move |()| self.saved(),
                );
            }
        }
    }

    /// The draft is what holds now.
    fn saved(self) {
        self.begin_from(self.current.get_untracked());
        self.toasts
            .show(Tone::Good, format!("{}: saved.", self.spec.title));
        self.settings.changed();
    }
}

/// Saves. Where somebody changed another setting meanwhile, this one is still as it was and is saved on top.
async fn send(
    settings: Settings,
    spec: &'static SectionSpec,
    save: Save,
    base: &[String],
    key: &str,
) -> Answer<()> {
    match send_once(settings, &save, key).await {
        Err(error) if error.code() == Some(ErrorCode::PreconditionFailed) => {
            settings.read_again().await?;
            let now = untrack(|| settings.known.get()).and_then(|known| (spec.read)(&known));
            if now.as_deref() == Some(base) {
                send_once(settings, &save, key).await
            } else {
                Err(error)
            }
        }
        answer => answer,
    }
}

async fn send_once(settings: Settings, save: &Save, key: &str) -> Answer<()> {
    let etags = untrack(|| settings.known.get()).map(|known| {
        let organisation = known.organisation.map(|view| view.etag).unwrap_or_default();
        (known.credit_type.etag, organisation)
    });
    let (credit_type, organisation) = etags.ok_or(ApiError::Decode)?;
    match save {
        Save::CreditType(body) => {
            let change = Change::Update(body.clone());
            let changed = api::credit_types::change(settings.id, &change, false, &credit_type, key).await?;
            settings.credit_type.put(changed.credit_type);
        }
        Save::Organisation(body) => {
            let view = api::organisation::update(body, &organisation, key).await?;
            settings.organisation.put(Some(view));
        }
    }
    Ok(())
}

/// The section of a spec. `now` says in words what holds.
pub(super) fn section(
    settings: Settings,
    spec: &'static SectionSpec,
    now: impl Fn() -> String + Send + Sync + 'static,
) -> AnyView {
    drawn(settings, spec, Signal::derive(now))
}

fn drawn(settings: Settings, spec: &'static SectionSpec, now: Signal<String>) -> AnyView {
    let current = Memo::new(move |_| {
        let known = settings.known.get();
        known.and_then(|known| (spec.read)(&known)).unwrap_or_default()
    });
    let start = current.get_untracked();
    let texts: Vec<_> = start.iter().cloned().map(RwSignal::new).collect();
    let texts = StoredValue::new(texts);
    let base = RwSignal::new(start);
    let is_dirty = Memo::new(move |_| {
        let draft: Vec<String> = texts.with_value(|texts| texts.iter().map(RwSignal::get).collect());
        draft != base.get()
    });
    let section = StoredValue::new(None::<Section>);
    let judge = move || match section.get_value().map(Section::write) {
        Some(Err(errors)) => errors,
        Some(Ok(_)) | None => FieldErrors::default(),
    };
    let form = Form::new(move || untrack(judge));
    let this = Section {
        settings,
        spec,
        form,
        toasts: expect_context(),
        texts,
        base,
        current,
        is_dirty,
    };
    section.set_value(Some(this));
    unsaved::guard(Signal::derive(move || is_dirty.get()));
    // Whoever types nothing sees what holds.
    effect(move || {
        let current = current.get();
        if !is_dirty.get_untracked() && base.get_untracked() != current {
            this.begin_from(current);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        this.submit();
    };
    let refusal = move || {
        let error = form
            .banner()
            .get()
            .filter(|error| error.code() != Some(ErrorCode::PreconditionFailed))?;
        Some(view! { <Banner tone=Tone::Bad>{errors::words(&error)}</Banner> })
    };
    view! {
        <section class="card settings-card">
            <form node_ref=form.node() on:submit=submit novalidate>
                <h2>{spec.title}</h2>
                <p class="lead">{spec.lead}</p>
                {refusal}
                {move || this.is_beaten().then(|| beaten(this))}
                <div class="fields">{fields(this)}</div>
                <div class="settings-save">
                    <Button
                        look=Look::Primary
                        busy=form.busy()
                        disabled=Signal::derive(move || !is_dirty.get() || this.is_beaten())
                    >
                        {if spec.question.is_some() { "Save…" } else { "Save" }}<span class="sr">" " {spec.title}</span>
                    </Button>
                    {move || is_dirty.get().then(|| view! {
                        <Button look=Look::Quiet on_press=Callback::new(move |()| this.begin_from(this.current.get_untracked()))>
                            "Discard"
                        </Button>
                    })}
                </div>
                <p class="hint">{move || now.get()}</p>
            </form>
        </section>
    }
    .into_any()
}

fn fields(section: Section) -> Vec<AnyView> {
    let texts = section.texts.get_value();
    section
        .spec
        .fields
        .iter()
        .zip(texts)
        .map(|(spec, value)| field(section, spec, value))
        .collect()
}

fn field(section: Section, spec: &'static FieldSpec, value: RwSignal<String>) -> AnyView {
    let (form, name) = (section.form, spec.name);
    let unit = section.settings.unit;
    let label =
        Signal::derive(move || unit.with_value(|unit| (spec.label)(&section.draft()).replace("{1}", unit)));
    let hint = spec.hint.map(str::to_owned);
    match spec.kind {
        Kind::Text => view! { <TextField form name label value hint /> }.into_any(),
        Kind::Amount => view! { <TextField form name label value hint inputmode="decimal" /> }.into_any(),
        Kind::Select(options) => {
            view! { <SelectField form name label value options=Signal::derive(options) hint /> }.into_any()
        }
        Kind::Check => {
            let is_on = RwSignal::new(value.with_untracked(|text| text == "true"));
            effect(move || {
                let is_now = value.with(|text| text == "true");
                if is_on.get_untracked() != is_now {
                    is_on.set(is_now);
                }
            });
            effect(move || {
                let word = is_on.get().to_string();
                if value.with_untracked(|text| *text != word) {
                    value.set(word);
                }
            });
            check(label.get_untracked(), is_on, None)
        }
    }
}

/// Somebody changed what is being edited: how it was, how they have it, how the viewer has it.
fn beaten(section: Section) -> AnyView {
    let (base, theirs, mine) = (section.base.get(), section.current.get(), section.draft());
    let rows = section
        .spec
        .fields
        .iter()
        .zip(base)
        .zip(theirs.clone())
        .zip(mine)
        .map(|(((spec, base), theirs), mine)| {
            let text = |word: String| in_words(spec, word);
            view! {
                <tr>
                    <th scope="row">{(spec.label)(&[])}</th>
                    <td>{text(base)}</td><td>{text(theirs)}</td><td>{text(mine)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Banner tone=Tone::Warn>
            "Somebody else changed this while you were editing."
            <table class="versions">
                <thead><tr><td></td><th scope="col">"It was"</th><th scope="col">"Theirs"</th><th scope="col">"Yours"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <button type="button" class="link" on:click=move |_| section.begin_from(section.current.get_untracked())>
                "Take theirs"
            </button>
            " or "
            <button type="button" class="link" on:click=move |_| section.base.set(section.current.get_untracked())>
                "keep yours"
            </button>
        </Banner>
    }
    .into_any()
}

fn in_words(spec: &FieldSpec, word: String) -> String {
    match spec.kind {
        Kind::Select(options) => {
            let found = options().into_iter().find(|(known, _)| *known == word);
            found.map_or(word, |(_, text)| text)
        }
        Kind::Check => if word == "true" { "yes" } else { "no" }.to_owned(),
        Kind::Text | Kind::Amount if word.is_empty() => "none".to_owned(),
        Kind::Text | Kind::Amount => word,
    }
}
