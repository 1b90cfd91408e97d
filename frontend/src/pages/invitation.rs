//! Accepting an invitation: choose a password and be signed in. The token stands behind `#`, so no log ever sees it.

use allowance_api_types::session::AcceptInvitationBody;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::session::use_session;
use crate::ui::{Banner, Button, FieldErrors, Form, Look, PageHead, Refusal, TextField, Tone};
use crate::{api, browser};

use super::setup::model::password as new_password;

fn into_body(token: String, password: String, again: &str) -> Result<AcceptInvitationBody, FieldErrors> {
    let mut errors = FieldErrors::default();
    if password != again {
        errors.add("again", "The two passwords differ.");
    }
    let password = new_password(&mut errors, "password", password);
    errors.finish(password.map(|password| AcceptInvitationBody { token, password }))
}

#[component]
pub fn Invitation() -> impl IntoView {
    let session = use_session();
    let token = browser::fragment();
    let has_token = !token.is_empty();
    let token = StoredValue::new(token);
    let password = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    let body = move || {
        into_body(
            token.get_value(),
            password.get_untracked(),
            &again.get_untracked(),
        )
    };
    let form = Form::new(move || body().err().unwrap_or_default());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match body() {
            Err(errors) => form.refuse(errors),
            Ok(body) => {
                let call = async move {
                    api::session::accept_invitation(&body).await?;
                    session.signed_in().await
                };
                form.send(call, |()| {});
            }
        }
    };
    view! {
        <div class="gate">
            <span class="mark large" aria-hidden="true">"A"</span>
            <PageHead title="Choose a password" />
            <div class="card gate-card">
                {(!has_token).then(|| view! {
                    <Banner tone=Tone::Warn>
                        "This link is not complete. Open the whole link from your invitation, or ask for a new one."
                    </Banner>
                })}
                <form node_ref=form.node() on:submit=submit novalidate method="post">
                    <Refusal form />
                    <TextField
                        form name="password" label="New password" value=password kind="password" is_required=true autofocus=true
                        autocomplete="new-password" hint="At least 8 characters; 12 or more are better."
                    />
                    <TextField
                        form name="again" label="The same again" value=again kind="password" is_required=true
                        autocomplete="new-password"
                    />
                    <Button look=Look::Primary busy=form.busy() disabled=!has_token>"Save and sign in"</Button>
                </form>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_passwords_must_be_the_same_and_long_enough() {
        let errors = into_body("t".to_owned(), "short".to_owned(), "other").unwrap_err();
        assert!(errors.get("password").is_some() && errors.get("again").is_some());
        assert!(into_body("t".to_owned(), "long enough".to_owned(), "long enough").is_ok());
    }
}
