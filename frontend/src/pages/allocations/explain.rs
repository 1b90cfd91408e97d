//! How a figure adds up: its formula with the numbers in it, and the ledger's entries behind it.

use allowance_api_types::allocations::GroupRowView;
use allowance_api_types::explain::{ExplainView, Figure, FigureView, TermView};
use allowance_api_types::ledger::{AccountKind, EntryKind, LedgerEntryView};
use allowance_grid::Column;
use allowance_values::Credits;
use leptos::prelude::*;

use super::super::words;
use super::charge;
use super::sheet::Sheet;
use crate::format;
use crate::session;

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

const fn asked_for(column: Column) -> Figure {
    match column {
        Column::Monthly | Column::Cap => Figure::Monthly,
        Column::Extra => Figure::Extra,
        Column::Carried => Figure::Carried,
        Column::Used => Figure::Used,
        Column::Held => Figure::Held,
        _ => Figure::Remaining,
    }
}

/// All figures of a member; the one that was asked for is open.
pub(super) fn figures(sheet: Sheet, view: &ExplainView, may_charge: bool, changed: Callback<()>) -> AnyView {
    let asked = asked_for(sheet.explained.get_untracked().unwrap_or(Column::Remaining));
    let zone = session::zone();
    let figure = |figure: &FigureView| {
        let entries = entries(sheet, figure, &zone, may_charge, changed);
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

fn entries(
    sheet: Sheet,
    figure: &FigureView,
    zone: &str,
    may_charge: bool,
    changed: Callback<()>,
) -> Option<AnyView> {
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
        let reverse = entry
            .charge_id
            .filter(|_| may_charge && entry.kind == EntryKind::Charge)
            .map(|id| charge::reverse(sheet, id, changed));
        view! {
            <tr>
                <td class="nw mut">{format::date_time(entry.at, zone)}</td>
                <td>
                    {words::entry_kind(entry.kind)}
                    {entry.note.clone().map(|note| view! { <small class="mut block">{note}</small> })}
                </td>
                <td class="mut">{by}</td>
                <td class="r">{sign} {format::credits(entry.amount)}</td>
                <td class="r">{reverse}</td>
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

/// A group's Available and Distributed.
pub(super) fn group(sheet: Sheet, row: &GroupRowView) -> AnyView {
    let line = |label: &'static str, amount: Credits, sign: &'static str, hint: &'static str| {
        view! {
            <div>
                <dt>{label} <small class="mut block">{hint}</small></dt>
                <dd class:zero=amount.is_zero()><span class="op" aria-hidden="true">{sign}</span> {sheet.amount(amount)}</dd>
            </div>
        }
    };
    view! {
        <p class="hint">"What the group can still give its members, as saved."</p>
        <dl class="sum">
            {line("Monthly", row.monthly, "", "What the group gets in every cycle.")}
            {line("Extra", row.extra, "+", "One-off credits of this cycle.")}
            {(!row.carried.is_zero()).then(|| line("Carried", row.carried, "+", "The pool’s own, from earlier cycles."))}
            {line("Distributed", row.distributed, "−", "What it gave people in this cycle, less what came back.")}
            {line("Reserve left", row.reserve_left, "−", "Set aside for automatic approval and not given yet.")}
            {line("Uncovered", row.uncovered, "−", "What members used and hold beyond their own credits.")}
            <div class="total">
                <dt>"Available"</dt>
                <dd class:neg=row.available.is_negative()>
                    <span class="op" aria-hidden="true">"="</span> {sheet.amount(row.available)}
                </dd>
            </div>
        </dl>
        <p class="hint">
            {format::plural(row.member_count, "member", "members")} " used " {sheet.amount(row.used)} " and hold "
            {sheet.amount(row.held)} " in this cycle. "
            <a href=format!("/ledger?group_id={}", row.id)>"Its entries in the ledger"</a>
        </p>
    }
    .into_any()
}
