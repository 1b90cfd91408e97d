//! The question before a hold is given back: the platform that placed it may be in the middle of its work.

use allowance_api_types::holds::HoldView;
use leptos::prelude::*;

use crate::reactive::open_while;
use crate::ui::{Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Toasts, Tone};
use crate::{api, format, session};

pub(super) fn dialog(asked: RwSignal<Option<HoldView>>, done: Callback<()>) -> AnyView {
    let open = open_while(asked);
    let title = Signal::derive(move || {
        asked.with(|hold| match hold {
            Some(hold) => format!(
                "Release {} credits of {}?",
                format::credits(hold.amount),
                hold.person.display_name
            ),
            None => String::new(),
        })
    });
    view! {
        <Dialog title open>{move || asked.get().map(|hold| question(&hold, open, done))}</Dialog>
    }
    .into_any()
}

fn question(hold: &HoldView, open: RwSignal<bool>, done: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let form = Form::new(FieldErrors::default);
    let id = hold.hold_id;
    let release = move || {
        form.send(
            async move { api::holds::release(id).await },
            move |hold: HoldView| {
                let name = hold.person.display_name;
                toasts.show(
                    Tone::Good,
                    format!("{} credits are back with {name}.", format::credits(hold.amount)),
                );
                open.set(false);
                done.run(());
            },
        );
    };
    let since = format::date_time(hold.placed_at, &session::zone());
    let source = hold.source.clone();
    let name = hold.person.display_name.clone();
    view! {
        <Refusal form />
        <ul class="bullets">
            <li>"The credits return to " {name} " at once."</li>
            <li>{source} " reserved them on " {since} ". If it is still at work, it can no longer capture them; what it used is then reported beyond the hold."</li>
        </ul>
        <DialogActions>
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button look=Look::Primary busy=form.busy() on_press=release>"Release"</Button>
        </DialogActions>
    }
    .into_any()
}
