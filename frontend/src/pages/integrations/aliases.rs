//! Names that stand for people, as they were remembered when usage was matched.

use allowance_api_types::Page;
use allowance_api_types::live::Area;
use allowance_api_types::usage::{UsageAliasView, UsageAliasesQuery};
use leptos::prelude::*;

use super::usage_model::{called, name_kind, reported_by};
use crate::reactive::open_while;
use crate::remote::Remote;
use crate::ui::{Button, Dialog, DialogActions, FieldErrors, Form, Look, Refusal, Toasts, Tone};
use crate::{api, format, session};

const FEW: u32 = 50;

/// The card; nothing while there is none.
pub(super) fn aliases() -> AnyView {
    let limit = RwSignal::new(FEW);
    let rows = Remote::live(&[Area::Allocations, Area::People], move || {
        let query = UsageAliasesQuery {
            cursor: None,
            limit: Some(limit.get()),
        };
        async move { api::usage::aliases(&query).await }
    });
    let removing = RwSignal::new(None::<UsageAliasView>);
    let done = Callback::new(move |()| rows.reload());
    let shown = move |page: Page<UsageAliasView>| card(page, limit, removing);
    view! {
        {move || rows.value().filter(|page| !page.items.is_empty()).map(shown)}
        {dialog(removing, done)}
    }
    .into_any()
}

fn card(
    page: Page<UsageAliasView>,
    limit: RwSignal<u32>,
    removing: RwSignal<Option<UsageAliasView>>,
) -> AnyView {
    let zone = session::zone();
    let more = page.next_cursor.is_some().then(|| {
        view! {
            <Button look=Look::Quiet on_press=move || limit.update(|rows| *rows = rows.saturating_mul(4).min(1_000))>
                "Show older names"
            </Button>
        }
    });
    let rows = page.items.into_iter().map(|alias| row(alias, &zone, removing));
    view! {
        <section class="card panel past">
            <h2>"Remembered names"</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Remembered names">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th><th scope="col">"Source"</th><th scope="col">"Stands for"</th>
                            <th scope="col">"Since"</th><th scope="col"><span class="sr">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {more}
        </section>
    }
    .into_any()
}

fn row(alias: UsageAliasView, zone: &str, removing: RwSignal<Option<UsageAliasView>>) -> AnyView {
    let name = called(alias.kind, &alias.name);
    let spoken = reported_by(&name, &alias.source);
    let by = alias
        .made_by
        .as_ref()
        .map(|person| format!("by {}", person.display_name));
    let (kind, source) = (name_kind(alias.kind), alias.source.clone());
    let (person, since) = (
        alias.person.display_name.clone(),
        format::date(alias.made_at, zone),
    );
    view! {
        <tr>
            <td><span class="strong" dir="auto">{name}</span><small class="block mut">{kind}</small></td>
            <td dir="auto">{source}</td>
            <td dir="auto">{person}</td>
            <td class="nw">{since} {by.map(|by| view! { <small class="block mut">{by}</small> })}</td>
            <td class="r">
                <Button on_press=move || removing.set(Some(alias.clone()))>
                    "Remove…"<span class="sr">" " {spoken}</span>
                </Button>
            </td>
        </tr>
    }
    .into_any()
}

fn dialog(asked: RwSignal<Option<UsageAliasView>>, done: Callback<()>) -> AnyView {
    let open = open_while(asked);
    let title = Signal::derive(move || {
        asked.with(|alias| {
            let name = alias.as_ref().map(|alias| called(alias.kind, &alias.name));
            format!("Forget {}?", name.unwrap_or_default())
        })
    });
    view! {
        <Dialog title open>{move || asked.get().map(|alias| question(&alias, open, done))}</Dialog>
    }
    .into_any()
}

fn question(alias: &UsageAliasView, open: RwSignal<bool>, done: Callback<()>) -> AnyView {
    let toasts: Toasts = expect_context();
    let form = Form::new(FieldErrors::default);
    let id = alias.id;
    let forget = move || {
        let key = form.key();
        form.send(async move { api::usage::forget(id, &key).await }, move |()| {
            toasts.show(Tone::Good, "The name is forgotten.".to_owned());
            open.set(false);
            done.run(());
        });
    };
    let (source, person) = (alias.source.clone(), alias.person.display_name.clone());
    view! {
        <Refusal form />
        <p class="lead">
            "Usage that " {source} " reports under this name no longer counts for " {person} ". What was counted stays."
        </p>
        <DialogActions>
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button look=Look::Danger busy=form.busy() on_press=forget>"Forget the name"</Button>
        </DialogActions>
    }
    .into_any()
}
