//! What an import did, as the contract says it.

use allowance_api_types::ErrorCode;
use allowance_api_types::allocations::{AllocationImportRowView, AllocationImportView};
use allowance_api_types::imports as wire;
use allowance_app::Error;
use allowance_app::imports::{AllocationsImported, Imported, Tally};
use allowance_domain::allocations::{
    AllocationColumn, AllocationOutcome, AllocationProblem, AllocationReason, Cells, PlannedAllocation,
};
use allowance_domain::people::{FieldChange, Outcome, PlannedRow, Reason, RowProblem};
use allowance_values::{Credits, ParseAmountError};

use crate::allocations::convert::{group_row_view, person_ref};
use crate::http::problem::Failure;

/// So many rows are listed.
const MAX_ROWS: usize = 1_000;
/// So many characters of a text of the file are shown.
const MAX_CHARS: usize = 300;

pub(super) fn import_view(imported: &Imported) -> wire::ImportView {
    let Tally {
        added,
        changed,
        unchanged,
        refused,
    } = imported.tally();
    let Imported {
        is_dry_run,
        plan,
        unknown_columns,
        are_joiners,
        short_of_credits,
    } = imported;
    let mut rows: Vec<wire::ImportRowView> = plan
        .rows
        .iter()
        .filter_map(row_view)
        .take(MAX_ROWS.saturating_add(1))
        .collect();
    let is_truncated = rows.len() > MAX_ROWS;
    rows.truncate(MAX_ROWS);
    wire::ImportView {
        is_dry_run: *is_dry_run,
        added,
        changed,
        unchanged,
        refused,
        unknown_columns: unknown_columns.clone(),
        rows,
        is_truncated,
        are_joiners: *are_joiners,
        short_of_credits: u64::try_from(short_of_credits.len()).unwrap_or(u64::MAX),
    }
}

/// A row with something to tell.
fn row_view(row: &PlannedRow) -> Option<wire::ImportRowView> {
    let PlannedRow { line, outcome } = row;
    let (outcome, email, display_name, changes, problems) = match outcome {
        Outcome::Add {
            profile,
            manager: _,
            group: _,
        } => (
            wire::RowOutcome::Added,
            profile.email.as_str(),
            &profile.display_name,
            vec![],
            vec![],
        ),
        Outcome::Change {
            id: _,
            profile,
            manager: _,
            group: _,
            changes,
        } => {
            let changes = changes.iter().map(change_view).collect();
            (
                wire::RowOutcome::Changed,
                profile.email.as_str(),
                &profile.display_name,
                changes,
                vec![],
            )
        }
        Outcome::Keep => return None,
        Outcome::Refuse {
            email,
            display_name,
            problems,
        } => {
            let problems = problems.iter().map(problem_view).collect();
            (
                wire::RowOutcome::Refused,
                email.as_str(),
                display_name,
                vec![],
                problems,
            )
        }
    };
    Some(wire::ImportRowView {
        line: *line,
        outcome,
        email: short(email),
        display_name: short(display_name),
        changes,
        problems,
    })
}

fn change_view(change: &FieldChange) -> wire::FieldChangeView {
    let FieldChange { field, before, after } = change;
    wire::FieldChangeView {
        field: field.as_str().to_owned(),
        before: short(before),
        after: short(after),
    }
}

fn problem_view(problem: &RowProblem) -> wire::RowProblemView {
    let RowProblem { field, reason } = problem;
    let code = match reason {
        Reason::Duplicate { .. } => ErrorCode::EmailTaken,
        Reason::ReportingCycle => ErrorCode::ReportingCycle,
        Reason::Fault(_)
        | Reason::Ragged { .. }
        | Reason::UnknownManager
        | Reason::UnknownGroup
        | Reason::ManagerRefused { .. } => ErrorCode::InvalidFields,
    };
    wire::RowProblemView {
        field: field.map(|field| field.as_str().to_owned()),
        code,
        detail: reason.to_string(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

pub(super) fn allocation_import_view(imported: &AllocationsImported) -> Result<AllocationImportView, Error> {
    let Tally {
        added: _,
        changed,
        unchanged,
        refused,
    } = imported.tally();
    let AllocationsImported {
        is_dry_run,
        rows,
        holders,
        unknown_columns,
        groups,
    } = imported;
    let view = |row: &PlannedAllocation| {
        let (outcome, person, changes, problems) = match &row.outcome {
            AllocationOutcome::Keep => return None,
            AllocationOutcome::Change {
                person,
                before,
                after,
            } => (
                wire::RowOutcome::Changed,
                Some(*person),
                cell_changes(before, after),
                vec![],
            ),
            AllocationOutcome::Refuse { person, problems } => {
                let problems = problems.iter().map(cell_problem).collect();
                (wire::RowOutcome::Refused, *person, vec![], problems)
            }
        };
        Some(AllocationImportRowView {
            line: row.line,
            outcome,
            email: short(&row.email),
            person: person.and_then(|person| holders.get(&person)).map(person_ref),
            changes,
            problems,
        })
    };
    let mut rows: Vec<_> = rows
        .iter()
        .filter_map(view)
        .take(MAX_ROWS.saturating_add(1))
        .collect();
    let is_truncated = rows.len() > MAX_ROWS;
    rows.truncate(MAX_ROWS);
    Ok(AllocationImportView {
        is_dry_run: *is_dry_run,
        changed,
        unchanged,
        refused,
        unknown_columns: unknown_columns.clone(),
        rows,
        is_truncated,
        groups: groups.iter().map(group_row_view).collect::<Result<_, _>>()?,
    })
}

fn cell_changes(before: &Cells, after: &Cells) -> Vec<wire::FieldChangeView> {
    let text = |amount: Option<Credits>| amount.map(|amount| amount.to_string()).unwrap_or_default();
    let change = |column: AllocationColumn, was, is| wire::FieldChangeView {
        field: column.as_str().to_owned(),
        before: text(was),
        after: text(is),
    };
    let monthly = (after.monthly).map(|is| change(AllocationColumn::Monthly, before.monthly, Some(is)));
    let extra = (after.extra).map(|is| change(AllocationColumn::Extra, before.extra, Some(is)));
    let cap = (after.cap).map(|is| change(AllocationColumn::Cap, before.cap.flatten(), is));
    [monthly, extra, cap].into_iter().flatten().collect()
}

fn cell_problem(problem: &AllocationProblem) -> wire::RowProblemView {
    let AllocationProblem { column, reason } = problem;
    let code = match reason {
        AllocationReason::Amount(ParseAmountError::TooManyDecimals(_)) => ErrorCode::TooManyDecimals,
        AllocationReason::Amount(ParseAmountError::OutOfRange) => ErrorCode::AmountOutOfRange,
        AllocationReason::Refused(refusal) => Failure::from(Error::from(*refusal)).code(),
        AllocationReason::Denied(denial) => Failure::from(Error::from(*denial)).code(),
        AllocationReason::Ragged { .. }
        | AllocationReason::NoAddress
        | AllocationReason::Duplicate { .. }
        | AllocationReason::Grouped
        | AllocationReason::Amount(ParseAmountError::Empty | ParseAmountError::NotANumber) => {
            ErrorCode::InvalidFields
        }
    };
    wire::RowProblemView {
        field: column.map(|column| column.as_str().to_owned()),
        code,
        detail: reason.to_string(),
    }
}
