//! Rows as they are drawn: the cells of a group's or a member's row, and the line below it that says why it was not saved.
//!
//! A row is drawn from plain values ([`super::look`]); pointer and keys are heard by the table, not by its cells.

use allowance_api_types::people::PersonStatus;
use allowance_grid::{Cell, Column, Difference, Row, Trouble};
use leptos::prelude::*;

use super::super::words;
use super::act;
use super::cells;
use super::look::{Head, Look, Marks};
use super::sentences;
use super::sheet::{Sheet, cell_id, trouble_id};
use crate::format;
use crate::parts::lazy;
use crate::ui::{Badge, Button, Glyph, Look as ButtonLook, Tone, avatar, icon};

/// A row, and below it what is wrong with it.
pub(super) fn row(sheet: Sheet, row: Row) -> AnyView {
    let look = Memo::new(move |_| sheet.look(row));
    let marks = Memo::new(move |_| sheet.marks(row));
    let is_troubled = Memo::new(move |_| sheet.drafts.with(|drafts| drafts.is_stuck(row)));
    let class = move || {
        let is_open = matches!(row, Row::Group(id) if sheet.open_group.get() == Some(id));
        match row {
            Row::Group(_) if is_open => "group-row open",
            Row::Group(_) => "group-row",
            Row::Member(..) => "member-row",
        }
    };
    let index = move || {
        let index = sheet.layout.with(|layout| layout.row_index(row));
        index.map(|index| index.to_string())
    };
    view! {
        <tr class=class role="row" aria-rowindex=index>
            {move || look.with(|look| cells_of(sheet, row, look, marks.get()))}
        </tr>
        {move || is_troubled.get().then(|| lazy(act::around, move |around| (around.trouble)(sheet, row)))}
    }
    .into_any()
}

fn cells_of(sheet: Sheet, row: Row, look: &Look, marks: Marks) -> Vec<AnyView> {
    let mut views = vec![head(row, look, marks)];
    if let Head::Group { members, .. } = look.head {
        let cell = Cell::new(row, Column::Members);
        views.push(plain(cell, marks, "fig", 1, format::count(members).into_any()));
    }
    // Cells of members stretch over the columns that only groups have.
    let mut next = Column::Monthly.slot();
    for figure in &look.figures {
        let slot = figure.column.slot();
        let span = slot.saturating_sub(next).saturating_add(1);
        views.push(cells::figure(
            sheet,
            Cell::new(row, figure.column),
            span,
            figure,
            marks,
        ));
        next = slot.saturating_add(1);
    }
    views.push(actions(row, look, marks));
    views
}

/// A cell without a figure.
fn plain(cell: Cell, marks: Marks, class: &'static str, span: u8, content: AnyView) -> AnyView {
    let span = (span > 1).then(|| span.to_string());
    let role = if cell.column == Column::Name {
        "rowheader"
    } else {
        "gridcell"
    };
    view! {
        <td
            id=cell_id(cell)
            role=role
            aria-colindex=cell.column.slot().to_string()
            aria-colspan=span.clone()
            colspan=span
            aria-readonly="true"
            aria-selected=marks.is_selected(cell.column).to_string()
            class=cells::class(class, cell.column, marks, &[])
        >
            {content}
        </td>
    }
    .into_any()
}

fn head(row: Row, look: &Look, marks: Marks) -> AnyView {
    let cell = Cell::new(row, Column::Name);
    match &look.head {
        Head::Group {
            name,
            is_default,
            is_open,
            colour,
            ..
        } => {
            let label = format!("Members of {name}");
            let content = view! {
                <span class="group-name">
                    <button
                        type="button"
                        tabindex="-1"
                        class=if *is_open { "twisty open" } else { "twisty" }
                        aria-expanded=is_open.to_string()
                        aria-label=label
                    >
                        {icon(Glyph::ChevronRight)}
                    </button>
                    <i class=format!("dot {colour}") aria-hidden="true"></i>
                    <span dir="auto">{name.clone()}</span>
                    {is_default.then(|| view! { <small class="mut">"everyone else"</small> })}
                </span>
            };
            plain(cell, marks, "first", 1, content.into_any())
        }
        Head::Member { name, email, status } => {
            let status = (*status != PersonStatus::Active).then(|| {
                let (text, tone) = words::status(*status);
                view! { <Badge tone>{text}</Badge> }
            });
            let content = view! {
                <span class="member-name">
                    {avatar(name)}
                    <button type="button" tabindex="-1" class="explains name" dir="auto" data-act="explain">{name.clone()}</button>
                    <small>{email.clone()}</small>
                    {status}
                </span>
            };
            plain(cell, marks, "first", 2, content.into_any())
        }
        Head::Waiting => plain(
            cell,
            marks,
            "first",
            2,
            view! { <span class="ghost"></span> }.into_any(),
        ),
        Head::Gone => {
            let content = view! { <span class="mut">"No longer in this group"</span> };
            plain(cell, marks, "first", 2, content.into_any())
        }
    }
}

/// The last cell of a row: what is unsaved in it can be saved; else its details are opened.
fn actions(row: Row, look: &Look, marks: Marks) -> AnyView {
    let name = match &look.head {
        Head::Group { name, .. } | Head::Member { name, .. } => name.as_str(),
        Head::Waiting | Head::Gone => "",
    };
    let content = if look.is_unsaved {
        let label = format!("Save {name}");
        view! {
            <Badge tone=Tone::Warn>"Unsaved"</Badge>
            <button
                type="button"
                tabindex="-1"
                class="icon-btn accent"
                data-act="save"
                aria-label=label.clone()
                title=label
                aria-busy=look.is_saving.then_some("true")
            >
                {icon(Glyph::Save)}
            </button>
        }
        .into_any()
    } else if matches!(look.head, Head::Member { .. }) {
        let label = format!("Details of {name}");
        view! {
            <button type="button" tabindex="-1" class="icon-btn" data-act="explain" aria-label=label.clone() title=label>
                {icon(Glyph::More)}
            </button>
        }
        .into_any()
    } else {
        ().into_any()
    };
    let cell = Cell::new(row, Column::Actions);
    let content = view! { <span class="row-buttons">{content}</span> }.into_any();
    plain(cell, marks, "row-actions", 1, content)
}

/// Why the row was not saved, and what can be done about it.
pub(super) fn trouble(sheet: Sheet, row: Row) -> AnyView {
    let columns: &'static [Column] = match row {
        Row::Group(_) => &[Column::Monthly, Column::Extra, Column::AutoApprove],
        Row::Member(..) => &[Column::Monthly, Column::Cap, Column::Extra],
    };
    let words = Memo::new(move |_| cells::trouble_words(sheet, row, columns));
    let differences = Memo::new(move |_| {
        sheet.drafts.with(|drafts| {
            matches!(drafts.trouble(row), Some(Trouble::Conflict { .. })).then(|| drafts.differences(row))
        })
    });
    let line = move |content: AnyView| {
        view! {
            <tr class="trouble" role="row">
                <td role="gridcell" colspan=Column::SLOTS.to_string() aria-colspan=Column::SLOTS.to_string()>
                    <div class="trouble-line" id=trouble_id(row)>{content}</div>
                </td>
            </tr>
        }
    };
    view! {
        {move || differences.get().map(|differences| line(conflict(sheet, row, differences)))}
        {move || words.get().map(|words| line(view! { {icon(Glyph::Warning)} <span>{words}</span> }.into_any()))}
    }
    .into_any()
}

/// Mine, theirs and what it was, cell by cell; the viewer chooses.
fn conflict(sheet: Sheet, row: Row, differences: Vec<Difference>) -> AnyView {
    let lines = differences.into_iter().map(|difference| {
        let cell = Cell::new(row, difference.column);
        let label = difference.column.label();
        let choose = move |is_mine: bool| {
            sheet.drafts.update(|drafts| {
                if is_mine {
                    drafts.keep_mine(cell);
                } else {
                    drafts.take_theirs(cell);
                }
            });
            sheet.focus();
        };
        view! {
            <span class="conflict-cell">
                <span>
                    {label} ": it was " {sentences::amount_or_none(difference.original)} ", you typed "
                    <b>{difference.mine}</b> ", somebody else saved " <b>{sentences::amount_or_none(difference.theirs)}</b> "."
                </span>
                <span class="conflict-choice">
                    <Button look=ButtonLook::Plain on_press=move || choose(true)>"Keep mine"</Button>
                    <Button look=ButtonLook::Quiet on_press=move || choose(false)>"Take theirs"</Button>
                </span>
            </span>
        }
    });
    view! {
        {icon(Glyph::Warning)}
        <span class="conflict">"Not saved: somebody else changed this row meanwhile. " {lines.collect_view()}</span>
    }
    .into_any()
}
