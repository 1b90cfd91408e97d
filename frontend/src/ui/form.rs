//! A form's state: what is wrong with which field, whether it is being sent, under which idempotency key.
//!
//! The draft behind it is pure: texts in, `into_body() -> Result<Body, FieldErrors>` out. A field is judged when it is
//! left; a send judges all and brings the first wrong one into focus. Refusals of the server end at the same fields.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use allowance_api_types::ErrorCode;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use crate::api::{self, Answer, ApiError};
use crate::errors;
use crate::ui::{Banner, Tone};

/// What is wrong, by field. Fields are named as in the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<(String, String)>);

impl FieldErrors {
    /// Notes what is wrong with a field; the first thing said stays.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.get(field).is_none() {
            self.0.push((field.to_owned(), message.into()));
        }
    }

    pub fn get(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, message)| message.as_str())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value when nothing is wrong. Pass what the checks produced; a field that failed has no value.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            Some(_) | None => Err(self),
        }
    }

    fn remove(&mut self, field: &str) {
        self.0.retain(|(name, _)| name != field);
    }
}

/// Text that must be there and must not be too long.
#[derive(Debug, Clone, Copy)]
pub struct Required {
    /// What to say when it is missing.
    pub missing: &'static str,
    /// The most characters it may have.
    pub most: usize,
}

/// Trimmed text that must be there.
pub fn required(errors: &mut FieldErrors, field: &str, text: &str, rule: Required) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        errors.add(field, rule.missing);
        return None;
    }
    within(errors, field, text, rule.most)
}

/// Trimmed text that may be missing.
pub fn optional(errors: &mut FieldErrors, field: &str, text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        None
    } else {
        within(errors, field, text, most)
    }
}

fn within(errors: &mut FieldErrors, field: &str, text: &str, most: usize) -> Option<String> {
    if text.chars().count() > most {
        errors.add(field, format!("Use at most {most} characters."));
        return None;
    }
    Some(text.to_owned())
}

/// A value parsed from its trimmed text; `mend` says how to write it.
pub fn parsed<T: FromStr>(errors: &mut FieldErrors, field: &str, text: &str, mend: &str) -> Option<T> {
    let value = text.trim().parse().ok();
    if value.is_none() {
        errors.add(field, mend);
    }
    value
}

/// What follows a success, its value inside.
type Done = Box<dyn FnOnce()>;

/// A form's state. Copy it into its fields and buttons.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    errors: RwSignal<FieldErrors>,
    banner: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    key: StoredValue<String>,
    check: Callback<(), FieldErrors>,
    node: NodeRef<leptos::html::Form>,
}

impl Form {
    /// A form whose `check` judges the draft as it stands.
    pub fn new(check: impl Fn() -> FieldErrors + Send + Sync + 'static) -> Self {
        Self {
            errors: RwSignal::default(),
            banner: RwSignal::new(None),
            busy: RwSignal::new(false),
            key: StoredValue::new(api::new_key()),
            check: Callback::new(move |()| check()),
            node: NodeRef::new(),
        }
    }

    /// Put it on the `<form>` as `node_ref`.
    pub const fn node(self) -> NodeRef<leptos::html::Form> {
        self.node
    }

    /// The idempotency key of this opening of the form.
    pub fn key(self) -> String {
        self.key.get_value()
    }

    pub const fn busy(self) -> RwSignal<bool> {
        self.busy
    }

    /// What the server refused that belongs to no field.
    pub const fn banner(self) -> RwSignal<Option<ApiError>> {
        self.banner
    }

    /// What is wrong with a field.
    pub fn error(self, field: &str) -> Option<String> {
        self.errors.with(|errors| errors.get(field).map(str::to_owned))
    }

    /// Judges one field when it is left.
    pub fn check_field(self, field: &str) {
        // Leaving a page takes the focus away as well, when the form is already gone.
        let Some(found) = self.check.try_run(()) else {
            return;
        };
        let _gone = self.errors.try_update(|errors| {
            errors.remove(field);
            if let Some(message) = found.get(field) {
                errors.add(field, message);
            }
        });
    }

    /// A field being mended is no longer blamed.
    pub fn clear_field(self, field: &str) {
        if self.errors.with_untracked(|errors| errors.get(field).is_some()) {
            self.errors.update(|errors| errors.remove(field));
        }
    }

    /// Shows what is wrong and brings the first wrong field into focus.
    pub fn refuse(self, errors: FieldErrors) {
        self.errors.set(errors);
        self.focus_first_error();
    }

    /// Sends once; while it runs, further sends are ignored. A success makes a new key, since the next send is a new act.
    pub fn send<T: 'static>(
        self,
        call: impl Future<Output = Answer<T>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        self.run(Box::pin(async move {
            let value = call.await?;
            let done: Done = Box::new(move || done(value));
            Ok(done)
        }));
    }

    fn run(self, call: Pin<Box<dyn Future<Output = Answer<Done>>>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.banner.set(None);
        spawn_local(async move {
            let answer = call.await;
            let _gone = self.busy.try_set(false);
            match answer {
                Ok(done) => {
                    self.key.try_update_value(|key| *key = api::new_key());
                    done();
                }
                Err(error) => self.take_refusal(error),
            }
        });
    }

    /// A refusal ends at the fields it is about, and above them.
    fn take_refusal(self, error: ApiError) {
        let mut errors = FieldErrors::default();
        if let ApiError::Problem(problem) = &error {
            for field in &problem.fields {
                errors.add(field.pointer.trim_start_matches('/'), errors::field_words(field));
            }
        }
        if let Some(field) = error.code().and_then(field_of) {
            errors.add(field, errors::words(&error));
        }
        let _gone = self.banner.try_set(Some(error));
        if !errors.is_empty() {
            self.refuse(errors);
        }
    }

    fn focus_first_error(self) {
        // When the messages stand there, so that what describes the field is read with it.
        request_animation_frame(move || {
            let Some(Some(form)) = self.node.try_get_untracked() else {
                return;
            };
            let Ok(Some(field)) = form.query_selector("[aria-invalid=true]") else {
                return;
            };
            if let Ok(field) = field.dyn_into::<web_sys::HtmlElement>() {
                let _is_focused = field.focus();
            }
        });
    }
}

/// The field that a code speaks of, where the server names none. A form without that field shows only the banner.
const fn field_of(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::EmailTaken => Some("email"),
        ErrorCode::NameTaken => Some("name"),
        ErrorCode::ReportingCycle => Some("manager_id"),
        ErrorCode::WrongToken => Some("token"),
        _ => None,
    }
}

/// Why the server refused, above the fields. What belongs to a field is said again there.
#[component]
pub fn Refusal(form: Form) -> impl IntoView {
    move || {
        let error = form.banner().get()?;
        Some(view! { <Banner tone=Tone::Bad>{errors::words(&error)}</Banner> })
    }
}

#[cfg(test)]
mod tests {
    use allowance_values::Email;

    use super::*;

    const NAME: Required = Required {
        missing: "Enter a name.",
        most: 5,
    };

    #[test]
    fn a_field_that_failed_fails_the_form_and_the_first_message_stays() {
        let mut errors = FieldErrors::default();
        assert_eq!(
            required(&mut errors, "name", " Ken ", NAME).as_deref(),
            Some("Ken")
        );
        assert_eq!(optional(&mut errors, "title", "  ", 5), None);
        assert!(errors.is_empty());
        assert_eq!(required(&mut errors, "name", " ", NAME), None);
        assert_eq!(required(&mut errors, "name", "Sánchez", NAME), None);
        assert_eq!(
            parsed::<Email>(&mut errors, "email", "ken", "Write it like ken@x."),
            None
        );
        assert_eq!(errors.get("name"), Some("Enter a name."));
        assert_eq!(errors.get("email"), Some("Write it like ken@x."));
        assert!(errors.finish(Some(())).is_err());
    }
}
