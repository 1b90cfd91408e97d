//! What is done to many members at once: an amount split equally, a cell set, a move to another group, CSV in and out.
//!
//! A split and a set go to the server as one change of the view, loaded or not, and are shown first as its dry run.

use std::future::Future;
use std::pin::Pin;

use allowance_api_types::allocations::{AllocateManyBody, ManyAllocatedView, ManyChange, MemberBeforeView};
use allowance_api_types::consequences::DryRunQuery;
use allowance_api_types::imports::ImportQuery;
use allowance_grid::{Cell, Column, Row, Target};
use allowance_values::{GroupId, PersonId};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::super::csv_import;
use super::act::{self, Act};
use super::grants::above_zero;
use super::keys;
use super::model;
use super::movers;
use super::roster::filter;
use super::sentences;
use super::sheet::{SEARCH, Sheet};
use super::views;
use crate::parts::lazy;
use crate::ui::{
    Banner, Button, Dialog, FieldErrors, Form, Glyph, Look, Menu, MenuItem, Refusal, SelectField, TextField,
    Tone, icon, segments,
};
use crate::{api, format};

/// What is open over the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// One amount for all together.
    Split,
    /// One amount for each.
    Set,
    /// To another group.
    Move,
    /// Named views.
    Views,
    /// What the keys do.
    Keys,
}

/// Most people one change may name.
const MOST_NAMED: usize = 5_000;
const SELECTED: &str = "selected";
const SHOWN: &str = "shown";

/// The menu above the table.
pub(super) fn menu(sheet: Sheet) -> AnyView {
    // Whoever changes nothing can take the rows of a group away as a file.
    let has_any = Memo::new(move |_| sheet.open_group.get().is_some() || sheet.may_edit_any());
    let menu = move || {
        let button = view! { "Bulk actions" {icon(Glyph::ChevronDown)} }.into_any();
        view! { <Menu button label="Bulk actions">{lazy(act::around, move |around| (around.bulk)(sheet))}</Menu> }
    };
    (move || has_any.get().then(menu)).into_any()
}

/// What it offers.
pub(super) fn items(sheet: Sheet) -> AnyView {
    let open = move |what: Opened| Callback::new(move |()| sheet.opened.set(Some(what)));
    let edits = Memo::new(move |_| sheet.may_edit_any());
    let of_group = move || {
        let is_open = sheet.open_group.get().is_some();
        is_open.then(|| {
            view! {
                {edits.get().then(|| {
                    view! {
                        <MenuItem on_press=open(Opened::Split)>"Distribute equally…"</MenuItem>
                        <MenuItem on_press=open(Opened::Set)>"Set for many…"</MenuItem>
                        <MenuItem glyph=Glyph::Groups on_press=open(Opened::Move)>"Move to a group…"</MenuItem>
                    }
                })}
                <MenuItem glyph=Glyph::Download on_press=Callback::new(move |()| sheet.act(Act::Export))>
                    "Export as CSV"
                </MenuItem>
            }
        })
    };
    view! {
        {of_group()}
        {edits.get().then(|| {
            view! {
                <MenuItem glyph=Glyph::Upload on_press=Callback::new(move |()| csv_import::open(sheet.url))>
                    "Import CSV…"
                </MenuItem>
            }
        })}
    }
    .into_any()
}

/// The dialogs behind the menu.
pub(super) fn dialogs(sheet: Sheet) -> AnyView {
    let open = RwSignal::new(false);
    crate::reactive::effect(move || open.set(sheet.opened.get().is_some()));
    crate::reactive::on_close(open, move || {
        sheet.opened.set(None);
        sheet.focus();
    });
    let title = Signal::derive(move || {
        let words = match sheet.opened.get() {
            Some(Opened::Split) => "Distribute equally",
            Some(Opened::Set) => "Set for many",
            Some(Opened::Move) => "Move to a group",
            Some(Opened::Views) => "Views",
            Some(Opened::Keys) | None => "Keys of the grid",
        };
        words.to_owned()
    });
    view! {
        <Dialog title open>
            {move || {
                let what = sheet.opened.get()?;
                match (what, sheet.open_group.get_untracked()) {
                    (Opened::Views, _) => Some(views::form(sheet)),
                    (Opened::Keys, _) => Some(keys::list()),
                    (Opened::Move, Some(group)) => Some(movers::form(sheet, group)),
                    (what, Some(group)) => Some(form(sheet, group, what)),
                    (_, None) => None,
                }
            }}
        </Dialog>
        {import(sheet)}
    }
    .into_any()
}

/// Cells of members from a file.
fn import(sheet: Sheet) -> AnyView {
    let id = sheet.id;
    let hint = || {
        view! {
            <p class="hint">
                "The first line names the columns: " <code>"email"</code> " is needed; " <code>"monthly"</code> ", "
                <code>"extra"</code> " and " <code>"cap"</code> " are understood, in any order, others are ignored. An
                export can be changed and imported again. Amounts are written with a point and without grouping, like "
                <code>"1234.5"</code> ". Nothing is written before you have seen the difference."
            </p>
        }
        .into_any()
    };
    let send = move |file, dry_run, key: String| -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async move {
            let answer = api::imports::allocations(id, &file, &ImportQuery { dry_run }, &key).await;
            answer.map(model::as_import)
        })
    };
    let changed = Callback::new(move |()| sheet.refetch());
    csv_import::dialog(
        "Import allocations",
        sheet.url,
        Box::new(hint),
        Box::new(|_| None),
        Box::new(send),
        changed,
    )
}

/// The members that are selected, rows not loaded included.
pub(super) fn selected_people(sheet: Sheet) -> Vec<PersonId> {
    let Some(range) = sheet.range.get_untracked() else {
        return Vec::new();
    };
    sheet.layout.with_untracked(|layout| {
        let members = range.rows(layout).filter_map(|row| match row {
            Row::Member(_, person) => Some(person),
            Row::Group(_) => None,
        });
        members.collect()
    })
}

/// The cell that a change is of, and the change.
fn change(what: Opened, column: &str) -> (Column, ManyChange) {
    match (what, column) {
        (Opened::Split, "extra") => (Column::Extra, ManyChange::SplitExtra),
        (Opened::Split, _) => (Column::Monthly, ManyChange::SplitMonthly),
        (_, "extra") => (Column::Extra, ManyChange::SetExtra),
        (_, "cap") => (Column::Cap, ManyChange::SetCap),
        (_, _) => (Column::Monthly, ManyChange::SetMonthly),
    }
}

/// An amount split among members, or set for each.
fn form(sheet: Sheet, group: GroupId, what: Opened) -> AnyView {
    let reading = format::reading(sheet.decimals);
    let people = StoredValue::new(selected_people(sheet));
    let named = people.with_value(Vec::len);
    let scope = RwSignal::new(
        if (2..=MOST_NAMED).contains(&named) {
            SELECTED
        } else {
            SHOWN
        }
        .to_owned(),
    );
    let columns: &[(&str, &str)] = match (what, sheet.is_pool) {
        (Opened::Split, true) => &[("extra", "Extra")],
        (_, true) => &[("cap", "Cap"), ("extra", "Extra")],
        (_, false) => &[("monthly", "Monthly"), ("extra", "Extra")],
    };
    let column = RwSignal::new(
        columns
            .first()
            .map(|(word, _)| (*word).to_owned())
            .unwrap_or_default(),
    );
    let amount = RwSignal::new(String::new());
    let body = move || {
        let mut errors = FieldErrors::default();
        let amount = match (what, amount.get_untracked()) {
            (Opened::Split, text) => above_zero(&mut errors, "amount", reading, &text),
            (_, text) => reading
                .amount(&text)
                .map_err(|error| errors.add("amount", error.to_string()))
                .ok(),
        };
        let is_named = scope.with_untracked(|scope| scope == SELECTED);
        let (_, change) = change(what, &column.get_untracked());
        errors.finish(amount.map(|amount| AllocateManyBody {
            search: sheet.url.get(SEARCH).filter(|_| !is_named),
            filter: filter(sheet.url).filter(|_| !is_named),
            ids: is_named.then(|| people.get_value()),
            change,
            amount,
        }))
    };
    let body = move || untrack(body);
    let answer = RwSignal::new(None::<ManyAllocatedView>);
    // Made with each answer of a dry run: applying it twice is one effect.
    let made = StoredValue::new(String::new());
    let trying = Form::new(move || body().err().unwrap_or_default());
    // What was tried is what is applied; another text is another change.
    crate::reactive::effect(move || {
        amount.track();
        column.track();
        scope.track();
        answer.set(None);
        trying.banner().set(None);
    });
    let send = move |dry_run: bool| match body() {
        Err(errors) => trying.refuse(errors),
        Ok(body) => {
            let query = DryRunQuery {
                dry_run: Some(dry_run),
            };
            let key = if dry_run { api::new_key() } else { made.get_value() };
            let id = sheet.id;
            trying.send(
                async move { api::allocations::allocate_many(id, group, &body, &query, &key).await },
                move |done: ManyAllocatedView| {
                    if done.is_dry_run {
                        made.set_value(api::new_key());
                        answer.set(Some(done));
                    } else {
                        let (column, _) = change(what, &column.get_untracked());
                        applied(sheet, group, column, &done);
                    }
                },
            );
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send(answer.with_untracked(Option::is_none));
    };
    let whom = vec![
        (SELECTED.to_owned(), sentences::selected_members(named)),
        (SHOWN.to_owned(), "All members shown".to_owned()),
    ];
    let words: Vec<(String, String)> = columns
        .iter()
        .map(|(word, text)| ((*word).to_owned(), (*text).to_owned()))
        .collect();
    let label = if what == Opened::Split {
        "Credits for all of them together"
    } else {
        "Credits for each"
    };
    let is_tried = Memo::new(move |_| answer.with(Option::is_some));
    let changes_something =
        move || answer.with(|answer| answer.as_ref().is_some_and(|answer| answer.changed > 0));
    view! {
        <form node_ref=trying.node() on:submit=submit novalidate>
            <Refusal form=trying />
            {(2..=MOST_NAMED).contains(&named).then(|| segments("For whom", scope, whom))}
            <div class="fields">
                <SelectField form=trying name="column" label="Cell" value=column options=words />
                <TextField form=trying name="amount" label value=amount inputmode="decimal" is_required=true autofocus=true />
            </div>
            {move || answer.get().map(|answer| effects(sheet, &answer))}
            <div class="dialog-actions">
                {move || if is_tried.get() {
                    view! { <Button look=Look::Primary busy=trying.busy() disabled=!changes_something()>"Apply"</Button> }.into_any()
                } else {
                    view! { <Button look=Look::Primary busy=trying.busy()>"Show what would change"</Button> }.into_any()
                }}
            </div>
        </form>
    }
    .into_any()
}

/// What the dry run says.
fn effects(sheet: Sheet, answer: &ManyAllocatedView) -> AnyView {
    let lines = sentences::many_effects(answer, |amount| sheet.amount(amount));
    let tone = if answer.group.available.is_negative() {
        Tone::Warn
    } else {
        Tone::Info
    };
    let lines = lines
        .into_iter()
        .map(|line| view! { <p>{line}</p> })
        .collect_view();
    view! { <Banner tone>{lines}</Banner> }.into_any()
}

fn applied(sheet: Sheet, group: GroupId, column: Column, done: &ManyAllocatedView) {
    let reading = format::reading(sheet.decimals);
    let is_whole = u64::try_from(done.before.len()).ok() == Some(done.changed);
    let put_back = |before: &MemberBeforeView| -> Target {
        let text = before
            .amount
            .map(|amount| reading.editable(amount))
            .unwrap_or_default();
        (Cell::new(Row::Member(group, before.person_id), column), text)
    };
    let undo = if is_whole {
        done.before.iter().map(put_back).collect()
    } else {
        Vec::new()
    };
    sheet.opened.set(None);
    sheet.put_group(&done.group);
    sheet.refetch();
    sheet.say_undoable(Tone::Good, sentences::many_done(done, column), undo);
}
