//! Signing in, as a page and as the dialog over an expired session.

use allowance_api_types::session::SignInBody;
use allowance_values::Email;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::api;
use crate::session::use_session;
use crate::ui::{Button, FieldErrors, Form, Look, PageHead, Refusal, TextField, parsed};

/// What was typed.
#[derive(Debug, Clone, Default)]
struct Draft {
    email: String,
    password: String,
}

impl Draft {
    fn into_body(self) -> Result<SignInBody, FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = parsed::<Email>(
            &mut errors,
            "email",
            &self.email,
            "Enter your e-mail address, like ken@example.com.",
        );
        if self.password.is_empty() {
            errors.add("password", "Enter your password.");
        }
        let password = self.password;
        errors.finish(email.map(|email| SignInBody { email, password }))
    }
}

/// The page.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <div class="gate">
            <span class="mark large" aria-hidden="true">"A"</span>
            <PageHead title="Sign in to Allowance" />
            <div class="card gate-card">
                <SignInForm />
            </div>
            <p class="aside">"No account yet? Ask an admin of your organisation for an invitation."</p>
        </div>
    }
}

/// The form.
#[component]
pub fn SignInForm(#[prop(optional, into)] email: String) -> impl IntoView {
    let session = use_session();
    let is_known = !email.is_empty();
    let email = RwSignal::new(email);
    let password = RwSignal::new(String::new());
    let draft = move || Draft {
        email: email.get_untracked(),
        password: password.get_untracked(),
    };
    let form = Form::new(move || draft().into_body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match draft().into_body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => form.send(
                async move {
                    api::session::sign_in(&body).await?;
                    session.signed_in().await
                },
                |()| {},
            ),
        }
    };
    view! {
        <form node_ref=form.node() on:submit=submit novalidate method="post">
            <Refusal form />
            <TextField
                form name="email" label="E-mail" value=email kind="email" autocomplete="username" autofocus=!is_known
            />
            <TextField
                form
                name="password"
                label="Password"
                value=password
                kind="password"
                autocomplete="current-password"
                autofocus=is_known
            />
            <Button look=Look::Primary busy=form.busy()>"Sign in"</Button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fields_are_needed_and_the_address_must_look_like_one() {
        let errors = Draft {
            email: "ken".to_owned(),
            ..Draft::default()
        }
        .into_body()
        .unwrap_err();
        assert!(errors.get("email").is_some() && errors.get("password").is_some());
        let body = Draft {
            email: " ken0@adventure-works.com ".to_owned(),
            password: " p ".to_owned(),
        }
        .into_body()
        .unwrap();
        assert_eq!(
            (body.email.as_str(), body.password.as_str()),
            ("ken0@adventure-works.com", " p ")
        );
    }
}
