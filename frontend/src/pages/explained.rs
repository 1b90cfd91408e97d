//! How a member's figures add up: each with its formula, the numbers in it, and the ledger's entries behind it.

use allowance_api_types::explain::{ExplainView, Figure, FigureView, TermView};
use allowance_api_types::ledger::{AccountKind, LedgerEntryView};
use allowance_values::{CreditTypeId, Credits, PersonId};
use leptos::prelude::*;

use super::words;
use crate::remote::Remote;
use crate::ui::{Dialog, Loaded, Width};
use crate::{api, format, session};

/// Whose figures are asked for, of which credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub credit_type: CreditTypeId,
    pub person: PersonId,
    pub title: String,
}

/// The explanation, to read only.
#[component]
pub fn ExplainDialog(asked: RwSignal<Option<Asked>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let shown =
        Memo::new(move |before: Option<&Option<Asked>>| asked.get().or_else(|| before.cloned().flatten()));
    crate::reactive::effect(move || open.set(asked.with(Option::is_some)));
    crate::reactive::on_close(open, move || asked.set(None));
    let title = Signal::derive(move || shown.get().map(|asked| asked.title).unwrap_or_default());
    view! {
        <Dialog title open width=Width::Wide>
            {move || shown.get().map(|Asked { credit_type, person, .. }| view! { <Explained credit_type person /> })}
        </Dialog>
    }
}

#[component]
fn Explained(credit_type: CreditTypeId, person: PersonId) -> impl IntoView {
    let explained = Remote::new(move || async move { api::allocations::explain(credit_type, person).await });
    let ready = |view: ExplainView| figures(&view, Figure::Remaining, &|_| None);
    view! { <Loaded remote=explained lines=7 ready /> }
}

/// A figure's name.
const fn label(figure: Figure) -> &'static str {
    match figure {
        Figure::Monthly => "Monthly",
        Figure::Extra => "Extra",
        Figure::Carried => "Carried",
        Figure::Used => "Used",
        Figure::Held => "Held",
        Figure::Remaining => "Remaining",
        Figure::Pool => "From the group’s pool",
        _ => "Other",
    }
}

/// What a figure means.
const fn meaning(figure: Figure) -> &'static str {
    match figure {
        Figure::Monthly => "What this person gets in every cycle.",
        Figure::Extra => "One-off grants of this cycle, less what lapsed or was taken back.",
        Figure::Carried => "What came into this cycle already paid for.",
        Figure::Used => "What was spent in this cycle, less what was reversed.",
        Figure::Held => "Reserved for spends that are not settled yet.",
        Figure::Remaining => "What this person can still spend in this cycle.",
        Figure::Pool => "What the group still lends this person.",
        _ => "",
    }
}

/// What may be done to an entry, beside it.
pub type Act<'a> = &'a dyn Fn(&LedgerEntryView) -> Option<AnyView>;

/// All figures of a member; the one that was asked for is open.
pub fn figures(view: &ExplainView, asked: Figure, act: Act<'_>) -> AnyView {
    let zone = session::zone();
    let figure = |figure: &FigureView| {
        let entries = entries(figure, &zone, act);
        view! {
            <details class="explained" open=figure.figure == asked>
                <summary>
                    <span class="explained-name">{label(figure.figure)}</span>
                    <span class="num" class:neg=figure.value.is_negative()>{format::credits(figure.value)}</span>
                </summary>
                <div class="explained-body">
                    <p class="hint">{meaning(figure.figure)}</p>
                    {(!figure.terms.is_empty()).then(|| formula(&figure.terms, figure.value))}
                    {standing(figure)}
                    {entries}
                </div>
            </details>
        }
    };
    let cycle = format!(
        "Cycle {} – {}",
        format::date_time(view.cycle.starts_at, &zone),
        format::date_time(view.cycle.ends_at, &zone)
    );
    view! {
        <p class="hint">{view.person.email.to_string()} " · " {view.credit_type.name.clone()} " · " {cycle} " · as of entry " {format::count(view.as_of)}</p>
        <div class="explained-list">{view.figures.iter().map(figure).collect_view()}</div>
    }
    .into_any()
}

/// "450 Monthly + 0 Extra − 212.4 Used = 237.6"
fn formula(terms: &[TermView], value: Credits) -> AnyView {
    let term = |(index, term): (usize, &TermView)| {
        let sign = match (term.is_subtracted, index) {
            (true, _) => "− ",
            (false, 0) => "",
            (false, _) => "+ ",
        };
        view! { <span class="term">{sign} <b>{format::credits(term.value)}</b> " " {label(term.figure)}</span> " " }
    };
    view! {
        <p class="formula">
            {terms.iter().enumerate().map(term).collect_view()}
            <span class="term">"= " <b>{format::credits(value)}</b></span>
        </p>
    }
    .into_any()
}

fn standing(figure: &FigureView) -> Option<AnyView> {
    (!figure.standing.is_zero()).then(|| {
        view! {
            <p>
                <b>{format::credits(figure.standing)}</b>
                " stands in force from the group’s standing Monthly; it has no entry until this cycle first touches it."
            </p>
        }
        .into_any()
    })
}

/// Whether an entry adds to the figure or takes from it.
fn adds(figure: Figure, entry: &LedgerEntryView) -> bool {
    let account = match figure {
        Figure::Used => AccountKind::Spent,
        Figure::Held => AccountKind::Held,
        _ => AccountKind::Member,
    };
    entry.to.kind == account && (entry.from.kind != account || entry.from.person_id.is_none())
}

fn entries(figure: &FigureView, zone: &str, act: Act<'_>) -> Option<AnyView> {
    if figure.entries.is_empty() {
        return (figure.terms.is_empty() && figure.standing.is_zero())
            .then(|| view! { <p class="mut">"No entries in this cycle."</p> }.into_any());
    }
    let row = |entry: &LedgerEntryView| {
        let sign = if adds(figure.figure, entry) { "+" } else { "−" };
        let by = entry
            .actor
            .as_ref()
            .map_or_else(|| "System".to_owned(), |actor| actor.display_name.clone());
        view! {
            <tr>
                <td class="nw mut">{format::date_time(entry.at, zone)}</td>
                <td>
                    {words::entry_kind(entry.kind)}
                    {entry.note.clone().map(|note| view! { <small class="mut block">{note}</small> })}
                </td>
                <td class="mut">{by}</td>
                <td class="r">{sign} {format::credits(entry.amount)}</td>
                <td class="r">{act(entry)}</td>
            </tr>
        }
    };
    let more = (figure.more_entries > 0).then(|| {
        view! { <p class="hint">"and " {format::plural(figure.more_entries, "older entry", "older entries")} "; the Ledger page lists all."</p> }
    });
    Some(
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label="Entries">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"By"</th>
                            <th scope="col" class="r">"Credits"</th><th scope="col"><span class="sr">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody>{figure.entries.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            {more}
        }
        .into_any(),
    )
}
