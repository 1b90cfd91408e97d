//! A person leaves, or comes back. What leaving does is shown before it is done.

use allowance_api_types::people::{DepartureView, LeftCreditsView, PersonView};
use leptos::prelude::*;

use crate::ui::{Button, FieldErrors, Form, Look, Refusal, Toasts, Tone};
use crate::{api, format};

#[component]
pub(super) fn Leaving(person: PersonView, changed: Callback<PersonView>) -> impl IntoView {
    let toasts: Toasts = expect_context();
    let (id, name) = (person.id, StoredValue::new(person.display_name));
    let departure = RwSignal::new(None::<DepartureView>);
    let looking = Form::new(FieldErrors::default);
    let look = move || {
        let key = api::new_key();
        looking.send(
            async move { api::people::leave(id, true, &key).await },
            move |would| departure.set(Some(would)),
        );
    };
    let leaving = Form::new(FieldErrors::default);
    let leave = move || {
        let key = leaving.key();
        leaving.send(
            async move { api::people::leave(id, false, &key).await },
            move |done: DepartureView| {
                toasts.show(Tone::Good, format!("{} has left.", done.person.display_name));
                changed.run(done.person);
            },
        );
    };
    view! {
        <Refusal form=looking />
        <Refusal form=leaving />
        {move || match departure.get() {
            None => view! {
                <div class="act">
                    <p>"When somebody leaves, what they have not spent goes back to the group."</p>
                    <Button busy=looking.busy() on_press=look>"Let them leave…"</Button>
                </div>
            }
            .into_any(),
            Some(would) => view! {
                <div role="group" aria-label="What leaving does">
                    {consequences(&would)}
                    <div class="act">
                        <Button on_press=move || departure.set(None)>"Cancel"</Button>
                        <Button look=Look::Danger busy=leaving.busy() on_press=leave>
                            {format!("{} leaves", name.get_value())}
                        </Button>
                    </div>
                </div>
            }
            .into_any(),
        }}
    }
}

fn consequences(would: &DepartureView) -> AnyView {
    let credits = would.credits.iter().map(of_credits).collect_view();
    let requests = (would.requests_withdrawn > 0).then(|| {
        let requests = format::plural(would.requests_withdrawn, "request is", "requests are");
        view! { <li>{requests} " withdrawn."</li> }
    });
    view! {
        <p><b>{would.person.display_name.clone()}</b> " can no longer sign in or spend."</p>
        <ul>{credits} {requests}</ul>
        <p class="hint">"What they spent stays where it was spent. If they come back, they start with nothing."</p>
    }
    .into_any()
}

fn of_credits(left: &LeftCreditsView) -> AnyView {
    let amount = |amount| format::credits_to(amount, left.credit_type.decimals);
    let lapsed =
        (!left.lapsed.is_zero()).then(|| format!(" {} carried over end unused.", amount(left.lapsed)));
    let holds = (left.holds_released > 0).then(|| {
        let holds = format::plural(left.holds_released, "hold is", "holds are");
        format!(" {holds} given back.")
    });
    view! {
        <li>
            <b>{left.credit_type.name.clone()}</b> ": Monthly of " {amount(left.monthly)} " ends, "
            {amount(left.returned)} " return to the group." {lapsed} {holds}
        </li>
    }
    .into_any()
}
