//! The contract's rows as the grid sees them. Pure, so it is tested natively.

use allowance_api_types::allocations::{
    AllocationImportView, BulkItemBody, Editable, GroupRowView, MemberRowView, UpdateGroupAllocationBody,
    UpdateMemberAllocationBody,
};
use allowance_api_types::imports::{ImportRowView, ImportView};
use allowance_api_types::{Patch, Problem};
use allowance_domain::allocations::{GroupFigures, MemberFigures};
use allowance_grid::{Column, Edits, Figures, Seen, sorted};
use allowance_values::{Credits, GroupId, PersonId};

use super::heading::parts_of;
use crate::format;

/// What a group's row says, as figures. What of the reserve was given follows from what is left of it.
pub fn group_figures(row: &GroupRowView) -> GroupFigures {
    GroupFigures {
        monthly: row.monthly,
        extra: row.extra,
        carried: row.carried,
        members_carried: Credits::ZERO,
        distributed: row.distributed,
        reserve: row.auto_approve_reserve,
        reserve_given: row
            .auto_approve_reserve
            .checked_sub(row.reserve_left)
            .unwrap_or_default(),
        used: row.used,
        held: row.held,
        uncovered: row.uncovered,
    }
}

/// What a member's row says, as figures.
pub fn member_figures(row: &MemberRowView) -> MemberFigures {
    MemberFigures {
        monthly: row.monthly,
        extra: row.extra,
        carried: row.carried,
        used: row.used,
        held: row.held,
    }
}

pub fn seen_group(row: &GroupRowView) -> Seen {
    Seen {
        name: row.name.clone(),
        email: None,
        etag: row.etag.clone(),
        figures: Figures::Group(group_figures(row)),
    }
}

pub fn seen_member(row: &MemberRowView) -> Seen {
    Seen {
        name: row.person.display_name.clone(),
        email: Some(row.person.email.to_string()),
        etag: row.etag.clone(),
        figures: Figures::Member {
            figures: member_figures(row),
            cap: row.cap,
        },
    }
}

/// A figure of a group's row, with its unsaved edits where they change it.
pub fn group_cell(row: &GroupRowView, after: Option<GroupFigures>, column: Column) -> Option<Credits> {
    match column {
        Column::Monthly => Some(row.monthly),
        Column::Extra => Some(row.extra),
        Column::Distributed => after.map(|after| after.distributed),
        Column::Used => Some(row.used),
        Column::Available => after.and_then(|after| after.available().ok()),
        Column::AutoApprove => Some(row.auto_approve_reserve),
        _ => None,
    }
}

/// A figure of a member's row. Remaining follows the unsaved edits; in a shared pool it is as the server last said, since
/// it depends on the whole group.
pub fn member_cell(
    row: &MemberRowView,
    after: MemberFigures,
    column: Column,
    is_pool: bool,
) -> Option<Credits> {
    match column {
        Column::Monthly => Some(row.monthly),
        Column::Cap => row.cap,
        Column::Extra => Some(row.extra),
        Column::Carried => Some(row.carried),
        Column::Used => Some(row.used),
        Column::Held => Some(row.held),
        Column::Remaining if is_pool => Some(row.remaining),
        Column::Remaining => after.remaining().ok(),
        _ => None,
    }
}

/// How many thousandths of what a member has are used or held, and whether that is all of it.
pub fn use_of(figures: MemberFigures) -> (i64, bool) {
    let burnt = figures.burnt().unwrap_or_default();
    let own = [figures.extra, figures.carried]
        .into_iter()
        .try_fold(figures.monthly, Credits::checked_add)
        .unwrap_or_default();
    let share = if own.is_zero() && burnt.is_positive() {
        1_000
    } else {
        per_mille(burnt, own)
    };
    (share, burnt.is_positive() && burnt >= own)
}

/// The difference a file of allocations makes, as the import dialog shows every difference.
pub fn as_import(view: AllocationImportView) -> ImportView {
    let rows = view.rows.into_iter().map(|row| ImportRowView {
        line: row.line,
        outcome: row.outcome,
        email: row.email,
        display_name: row.person.map(|person| person.display_name).unwrap_or_default(),
        changes: row.changes,
        problems: row.problems,
    });
    ImportView {
        is_dry_run: view.is_dry_run,
        added: 0,
        changed: view.changed,
        unchanged: view.unchanged,
        refused: view.refused,
        unknown_columns: view.unknown_columns,
        rows: rows.collect(),
        is_truncated: view.is_truncated,
        are_joiners: None,
        short_of_credits: 0,
    }
}

/// The groups in an order of the address: by name Default comes first, as the server says them.
pub fn in_order(rows: &[GroupRowView], order: &str) -> Vec<GroupId> {
    let (word, is_down) = parts_of(order);
    let figure = |row: &GroupRowView| match word {
        "members" => i64::try_from(row.member_count).unwrap_or(i64::MAX),
        "monthly" => row.monthly.micros(),
        "extra" => row.extra.micros(),
        "distributed" => row.distributed.micros(),
        "used" => row.used.micros(),
        "available" => row.available.micros(),
        "auto_approve" => row.auto_approve_reserve.micros(),
        _ => 0,
    };
    let figures: Vec<i64> = rows.iter().map(figure).collect();
    let is_by_name = matches!(word, "" | "name");
    let places = sorted(rows.len(), &|one, other| {
        let upwards = if is_by_name {
            one.cmp(&other)
        } else {
            figures.get(one).cmp(&figures.get(other))
        };
        if is_down { upwards.reverse() } else { upwards }
    });
    places
        .into_iter()
        .filter_map(|place| Some(rows.get(place)?.id))
        .collect()
}

/// Whether the viewer may edit a cell.
pub fn is_editable(editable: &[Editable], column: Column) -> bool {
    let cell = match column {
        Column::Monthly => Editable::Monthly,
        Column::Extra => Editable::Extra,
        Column::AutoApprove => Editable::AutoApproveReserve,
        Column::Cap => Editable::Cap,
        _ => return false,
    };
    editable.contains(&cell)
}

pub fn group_body(edits: Edits) -> UpdateGroupAllocationBody {
    UpdateGroupAllocationBody {
        monthly: edits.monthly,
        extra: edits.extra,
        auto_approve_reserve: edits.reserve,
    }
}

pub fn member_body(edits: Edits) -> UpdateMemberAllocationBody {
    UpdateMemberAllocationBody {
        monthly: edits.monthly,
        extra: edits.extra,
        cap: cap(edits),
    }
}

pub fn bulk_item(person_id: PersonId, etag: &str, edits: Edits) -> BulkItemBody {
    BulkItemBody {
        person_id,
        etag: etag.to_owned(),
        monthly: edits.monthly,
        extra: edits.extra,
        cap: cap(edits),
    }
}

fn cap(edits: Edits) -> Patch<Credits> {
    match edits.cap {
        None => Patch::Keep,
        Some(None) => Patch::Clear,
        Some(Some(cap)) => Patch::Set(cap),
    }
}

/// Which column a refusal is about, where the server says so.
pub fn refused_column(problem: &Problem) -> Option<Column> {
    let field = problem.fields.first()?;
    match field.pointer.rsplit('/').next()? {
        "monthly" => Some(Column::Monthly),
        "extra" => Some(Column::Extra),
        "cap" => Some(Column::Cap),
        "auto_approve_reserve" => Some(Column::AutoApprove),
        _ => None,
    }
}

/// How many thousandths of `whole` a part is, at most all of it: for the width of a bar.
pub fn per_mille(part: Credits, whole: Credits) -> i64 {
    let part = i128::from(part.positive_part().micros()).saturating_mul(1_000);
    let share = part.checked_div(i128::from(whole.micros())).unwrap_or(0);
    i64::try_from(share.clamp(0, 1_000)).unwrap_or(0)
}

/// Thousandths as a percentage for a style: `35.2%`.
pub fn percent_width(per_mille: i64) -> String {
    format!("{}.{}%", per_mille.div_euclid(10), per_mille.rem_euclid(10))
}

/// A share in words, to two decimals, as the overview's own; nothing when there is no whole.
pub fn share(part: Credits, whole: Credits) -> Option<String> {
    let scaled = i128::from(part.micros())
        .checked_mul(10_000)?
        .checked_div(i128::from(whole.micros()))?;
    let hundredths = i64::try_from(scaled).ok()?;
    let sign = if hundredths < 0 { "-" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    Some(format::percent(&format!(
        "{sign}{}.{:02}",
        hundredths.div_euclid(100),
        hundredths.rem_euclid(100)
    )))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn group(available: &str, monthly: &str) -> GroupRowView {
        serde_json::from_value(serde_json::json!({
            "id": "grp_00000000000000000000000000000001", "name": "Engineering", "is_default": false, "member_count": 57,
            "monthly": monthly, "extra": "1200", "carried": "0", "distributed": "32680", "used": "18204.9", "held": "0",
            "uncovered": "0", "available": available, "auto_approve_reserve": "1000", "reserve_left": "640",
            "editable": ["monthly", "extra"], "etag": "\"1\"",
        }))
        .unwrap()
    }

    pub(in super::super) fn member(monthly: &str) -> MemberRowView {
        serde_json::from_value(serde_json::json!({
            "person": {
                "id": "per_00000000000000000000000000000001", "display_name": "Terri", "email": "terri0@adventure-works.com",
            },
            "group_id": "grp_00000000000000000000000000000001", "status": "active", "monthly": monthly, "extra": "0",
            "carried": "0", "used": "212.4", "held": "0", "remaining": "237.6", "editable": [], "etag": "\"1\"",
        }))
        .unwrap()
    }

    #[test]
    fn a_row_and_its_formula_agree() {
        let row = group("1880", "34000");
        assert_eq!(group_figures(&row).available(), Ok(row.available));
        assert_eq!(group_figures(&row).reserve_left(), Ok(row.reserve_left));
        let row = member("450");
        assert_eq!(member_figures(&row).remaining(), Ok(row.remaining));
    }

    #[test]
    fn groups_are_sorted_by_each_column_and_equal_ones_stay() {
        let row = |number: u128, members: u64, available: &str| GroupRowView {
            id: GroupId::new(uuid::Uuid::from_u128(number)),
            member_count: members,
            ..group(available, "100")
        };
        let rows = [row(1, 5, "-3"), row(2, 7, "20"), row(3, 5, "9")];
        let order = |word: &str| -> Vec<u128> {
            let ids = in_order(&rows, word).into_iter();
            ids.map(|id| id.uuid().as_u128()).collect()
        };
        assert_eq!(order(""), [1, 2, 3]);
        assert_eq!(order("name_descending"), [3, 2, 1]);
        assert_eq!(order("members"), [1, 3, 2]);
        assert_eq!(order("members_descending"), [2, 1, 3]);
        assert_eq!(order("available"), [1, 3, 2]);
        assert_eq!(order("monthly_descending"), [1, 2, 3]);
        assert_eq!(order("what somebody wrote"), [1, 2, 3]);
    }

    #[test]
    fn only_cells_the_server_names_are_editable() {
        let row = group("1880", "34000");
        assert!(is_editable(&row.editable, Column::Monthly));
        assert!(!is_editable(&row.editable, Column::AutoApprove));
        assert!(!is_editable(&row.editable, Column::Used));
    }

    #[test]
    fn bars_never_leave_their_track() {
        let credits = |text: &str| text.parse::<Credits>().unwrap();
        assert_eq!(per_mille(credits("35200"), credits("100000")), 352);
        assert_eq!(per_mille(credits("-5"), credits("100")), 0);
        assert_eq!(per_mille(credits("500"), credits("100")), 1_000);
        assert_eq!(per_mille(credits("5"), Credits::ZERO), 0);
        assert_eq!(percent_width(352), "35.2%");
        assert_eq!(
            share(credits("87650"), credits("100000")).as_deref(),
            Some("87.65\u{202f}%")
        );
        assert_eq!(
            share(credits("13664.13"), credits("45000")).as_deref(),
            Some("30.36\u{202f}%")
        );
        assert_eq!(share(credits("1"), Credits::ZERO), None);
    }
}
