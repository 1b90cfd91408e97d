//! The session ended while a page was open: sign in over it, and go on where you were.

use crate::reactive::effect;
use leptos::prelude::*;

use crate::pages::sign_in::SignInForm;
use crate::session::use_session;
use crate::ui::Dialog;

#[component]
pub(super) fn ExpiredDialog() -> impl IntoView {
    let session = use_session();
    let open = RwSignal::new(false);
    effect(move || open.set(session.is_expired()));
    let email = move || session.me().map(|me| me.email.to_string()).unwrap_or_default();
    view! {
        <Dialog title="Your session has ended" open shut=Signal::derive(move || session.is_expired())>
            <p class="lead">"Sign in to go on. Everything you typed is still here."</p>
            <SignInForm email=email() />
            <p class="aside">
                <button type="button" class="link" on:click=move |_| session.forget()>"Sign in as somebody else"</button>
            </p>
        </Dialog>
    }
}
