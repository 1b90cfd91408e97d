//! Between the contract and the application.

use allowance_api_types::Page;
use allowance_api_types::allocations as wire;
use allowance_api_types::explain::{ExplainView, Figure, FigureView, TermView};
use allowance_api_types::people::{PersonRef, PersonStatus as StatusWord};
use allowance_api_types::session::{WalletItemView, WalletView};
use allowance_app::Error;
use allowance_app::allocations::{
    AllocateMany, BulkItem, BulkSaved, Explained, FigureEntries, GroupLine, GroupLines, ManyAllocated,
    ManyChange, MemberLine, MemberOrder, MemberPage, MemberSaved, UpdateGroup, UpdateMember, WalletItem,
};
use allowance_domain::allocations::{BulkMode, MemberFilter, OutOfRange};
use allowance_domain::authz::Cell;
use allowance_domain::people::{PersonStatus, search_words};
use allowance_store::{Holder, MemberPlace, MemberView, PageStart};
use allowance_values::{Credits, GroupId, PersonId};

use crate::books::convert::entry_view;
use crate::costs::threshold_alert_view;
use crate::credit_types::convert::{credit_type_ref, cycle_view};
use crate::http::cursor::{CursorOf, total_view};
use crate::http::problem::Failure;

/// A person, in short.
pub(crate) fn person_ref(holder: &Holder) -> PersonRef {
    PersonRef {
        id: holder.facts.id,
        display_name: holder.display_name.clone(),
        email: holder.email.clone(),
    }
}

pub(crate) const fn status_word(status: PersonStatus) -> StatusWord {
    match status {
        PersonStatus::Active => StatusWord::Active,
        PersonStatus::Suspended => StatusWord::Suspended,
        PersonStatus::Left => StatusWord::Left,
    }
}

fn editable(cells: &[Cell]) -> Vec<wire::Editable> {
    let word = |cell: &Cell| match cell {
        Cell::Monthly => wire::Editable::Monthly,
        Cell::Extra => wire::Editable::Extra,
        Cell::Reserve => wire::Editable::AutoApproveReserve,
        Cell::Cap => wire::Editable::Cap,
    };
    cells.iter().map(word).collect()
}

pub(crate) fn group_row_view(line: &GroupLine) -> Result<wire::GroupRowView, Error> {
    let GroupLine {
        row,
        editable: cells,
        etag,
    } = line;
    let figures = row.figures;
    let failed = |error: OutOfRange| Error::Internal(error.to_string());
    Ok(wire::GroupRowView {
        id: row.id,
        name: row.name.clone(),
        is_default: row.is_default,
        member_count: row.member_count,
        monthly: figures.monthly,
        extra: figures.extra,
        carried: figures.carried,
        distributed: figures.distributed,
        used: figures.used,
        held: figures.held,
        uncovered: figures.uncovered,
        available: figures.available().map_err(failed)?,
        auto_approve_reserve: row.standing.reserve,
        reserve_left: figures.reserve_left().map_err(failed)?,
        editable: editable(cells),
        etag: etag.clone(),
    })
}

pub(super) fn group_rows_view(lines: &GroupLines) -> Result<wire::GroupRowsView, Error> {
    let GroupLines { lines, figures } = lines;
    Ok(wire::GroupRowsView {
        items: lines.iter().map(group_row_view).collect::<Result<_, _>>()?,
        limit: figures.limit,
        unallocated: figures
            .unallocated()
            .map_err(|error| Error::Internal(error.to_string()))?,
        used: figures.used,
    })
}

pub(crate) fn member_row_view(line: &MemberLine) -> wire::MemberRowView {
    let MemberLine {
        holder,
        row,
        editable: cells,
        etag,
    } = line;
    let figures = row.figures;
    wire::MemberRowView {
        person: person_ref(holder),
        group_id: row.group,
        status: status_word(holder.status),
        monthly: figures.monthly,
        cap: row.standing.cap,
        extra: figures.extra,
        carried: figures.carried,
        used: figures.used,
        held: figures.held,
        remaining: row.remaining,
        editable: editable(cells),
        etag: etag.clone(),
    }
}

/// Where a page of members begins, from its cursor.
pub(super) fn member_place((figure, name_key, id): (Credits, String, PersonId)) -> MemberPlace {
    MemberPlace {
        figure,
        at: PageStart { name_key, id },
    }
}

/// Whom a search and a filter show.
pub(super) fn member_view(
    search: Option<&str>,
    filter: Option<wire::MemberFilter>,
    group: Option<GroupId>,
) -> MemberView {
    let mut view = MemberView::default();
    view.people.words = search.map(search_words).unwrap_or_default();
    view.people.group = group;
    match filter {
        None => {}
        Some(wire::MemberFilter::Over) => view.only = Some(MemberFilter::Over),
        Some(wire::MemberFilter::Unused) => view.only = Some(MemberFilter::Unused),
        Some(wire::MemberFilter::WithoutMonthly) => view.only = Some(MemberFilter::WithoutMonthly),
        Some(wire::MemberFilter::WithExtra) => view.only = Some(MemberFilter::WithExtra),
        Some(wire::MemberFilter::Suspended) => view.people.status = Some(PersonStatus::Suspended),
    }
    view
}

pub(super) fn member_order_view(order: MemberOrder) -> wire::MemberOrderView {
    let MemberOrder { ids, is_truncated } = order;
    wire::MemberOrderView { ids, is_truncated }
}

pub(super) fn allocate_many(body: wire::AllocateManyBody, group: GroupId, is_dry_run: bool) -> AllocateMany {
    let wire::AllocateManyBody {
        search,
        filter,
        ids,
        change,
        amount,
    } = body;
    let view = MemberView {
        among: ids.map(|ids| ids.into_iter().collect()),
        ..member_view(search.as_deref(), filter, Some(group))
    };
    let change = match change {
        wire::ManyChange::SplitMonthly => ManyChange::SplitMonthly,
        wire::ManyChange::SplitExtra => ManyChange::SplitExtra,
        wire::ManyChange::SetMonthly => ManyChange::SetMonthly,
        wire::ManyChange::SetExtra => ManyChange::SetExtra,
        wire::ManyChange::SetCap => ManyChange::SetCap,
    };
    AllocateMany {
        group,
        view,
        change,
        amount,
        is_dry_run,
    }
}

pub(super) fn many_allocated_view(done: &ManyAllocated) -> Result<wire::ManyAllocatedView, Error> {
    let ManyAllocated {
        is_dry_run,
        changed,
        unchanged,
        is_own_left_out,
        range,
        total_before,
        total_after,
        group,
        before,
    } = done;
    let before = before.iter().map(|(person_id, amount)| wire::MemberBeforeView {
        person_id: *person_id,
        amount: *amount,
    });
    Ok(wire::ManyAllocatedView {
        is_dry_run: *is_dry_run,
        changed: *changed,
        unchanged: *unchanged,
        is_own_left_out: *is_own_left_out,
        least: range.map(|(least, _)| least),
        most: range.map(|(_, most)| most),
        total_before: *total_before,
        total_after: *total_after,
        group: group_row_view(group)?,
        before: before.collect(),
    })
}

pub(super) fn member_page_view(page: MemberPage, cursors: &CursorOf) -> Page<wire::MemberRowView> {
    let MemberPage { lines, next, total } = page;
    Page {
        items: lines.iter().map(member_row_view).collect(),
        next_cursor: next.map(|place| {
            let MemberPlace {
                figure,
                at: PageStart { name_key, id },
            } = place;
            cursors.encode((figure, name_key, id))
        }),
        total: Some(total_view(total)),
    }
}

pub(super) fn member_saved_view(saved: &MemberSaved) -> Result<wire::MemberSavedView, Error> {
    let MemberSaved { member, group } = saved;
    Ok(wire::MemberSavedView {
        member: member_row_view(member),
        group: group_row_view(group)?,
    })
}

pub(super) fn bulk_saved_view(saved: &BulkSaved, request_id: &str) -> Result<wire::BulkSavedView, Error> {
    let items = saved.items.iter().map(|item| {
        let (member, problem) = match &item.outcome {
            Ok(line) => (Some(member_row_view(line)), None),
            Err(refusal) => (
                None,
                Some(Failure::from(Error::from(*refusal)).into_problem(request_id)),
            ),
        };
        wire::BulkItemView {
            person_id: item.person,
            member,
            problem,
        }
    });
    Ok(wire::BulkSavedView {
        items: items.collect(),
        groups: saved
            .groups
            .iter()
            .map(group_row_view)
            .collect::<Result<_, _>>()?,
    })
}

pub(super) const fn update_group(body: &wire::UpdateGroupAllocationBody) -> UpdateGroup {
    let wire::UpdateGroupAllocationBody {
        monthly,
        extra,
        auto_approve_reserve,
    } = *body;
    UpdateGroup {
        monthly,
        extra,
        reserve: auto_approve_reserve,
    }
}

pub(super) fn update_member(body: &wire::UpdateMemberAllocationBody) -> UpdateMember {
    let wire::UpdateMemberAllocationBody { monthly, extra, cap } = *body;
    UpdateMember {
        monthly,
        extra,
        cap: cap.into_change(),
    }
}

pub(super) fn bulk_save(body: wire::BulkSaveBody) -> (BulkMode, Vec<BulkItem>) {
    let wire::BulkSaveBody { mode, items } = body;
    let mode = match mode {
        wire::BulkMode::AllOrNothing => BulkMode::AllOrNothing,
        wire::BulkMode::PerItem => BulkMode::PerItem,
    };
    let item = |item: wire::BulkItemBody| {
        let wire::BulkItemBody {
            person_id,
            etag,
            monthly,
            extra,
            cap,
        } = item;
        let update = UpdateMember {
            monthly,
            extra,
            cap: cap.into_change(),
        };
        BulkItem {
            person: person_id,
            etag,
            update,
        }
    };
    (mode, items.into_iter().map(item).collect())
}

pub(super) fn wallet_view(items: &[WalletItem]) -> WalletView {
    let item = |item: &WalletItem| WalletItemView {
        credit_type: credit_type_ref(&item.credit_type),
        cycle: cycle_view(&item.cycle),
        figures: member_row_view(&item.line),
        alerts: item.alerts.iter().cloned().map(threshold_alert_view).collect(),
    };
    WalletView {
        items: items.iter().map(item).collect(),
    }
}

pub(super) fn explain_view(explained: Explained) -> ExplainView {
    let Explained {
        holder,
        credit_type,
        cycle,
        row,
        standing,
        monthly,
        extra,
        carried,
        used,
        held,
        as_of,
    } = explained;
    let figures = row.figures;
    let entries = |figure, value, standing, behind: FigureEntries| FigureView {
        figure,
        value,
        terms: Vec::new(),
        standing,
        entries: behind.entries.into_iter().map(entry_view).collect(),
        more_entries: behind.more,
    };
    let term = |figure, value, is_subtracted| TermView {
        figure,
        is_subtracted,
        value,
    };
    let mut terms = vec![
        term(Figure::Monthly, figures.monthly, false),
        term(Figure::Extra, figures.extra, false),
        term(Figure::Carried, figures.carried, false),
        term(Figure::Used, figures.used, true),
        term(Figure::Held, figures.held, true),
    ];
    // In a shared pool the own rest may be less than what is left in all.
    let own = figures.remaining().unwrap_or(row.remaining);
    if let Some(pool) = row.remaining.checked_sub(own)
        && !pool.is_zero()
    {
        terms.push(term(Figure::Pool, pool, false));
    }
    let remaining = FigureView {
        figure: Figure::Remaining,
        value: row.remaining,
        terms,
        standing: Credits::ZERO,
        entries: Vec::new(),
        more_entries: 0,
    };
    ExplainView {
        person: person_ref(&holder),
        credit_type: credit_type_ref(&credit_type),
        cycle: cycle_view(&cycle),
        figures: vec![
            remaining,
            entries(Figure::Monthly, figures.monthly, standing, monthly),
            entries(Figure::Extra, figures.extra, Credits::ZERO, extra),
            entries(Figure::Carried, figures.carried, Credits::ZERO, carried),
            entries(Figure::Used, figures.used, Credits::ZERO, used),
            entries(Figure::Held, figures.held, Credits::ZERO, held),
        ],
        as_of: u64::try_from(as_of).unwrap_or(0),
    }
}
