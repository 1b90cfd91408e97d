//! How the grid's figures add up: a member's with the reversal of charges beside them, and a group's.

use allowance_api_types::allocations::GroupRowView;
use allowance_api_types::explain::{ExplainView, Figure};
use allowance_api_types::ledger::EntryKind;
use allowance_grid::Column;
use allowance_values::Credits;
use leptos::prelude::*;

use super::super::explained;
use super::charge;
use super::sheet::Sheet;
use crate::format;

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
    explained::figures(view, asked, &|entry| {
        let charge = entry
            .charge_id
            .filter(|_| may_charge && entry.kind == EntryKind::Charge)?;
        Some(charge::reverse(sheet, charge, changed).into_any())
    })
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
