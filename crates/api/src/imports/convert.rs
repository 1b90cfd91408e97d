//! What an import did, as the contract says it.

use allowance_api_types::ErrorCode;
use allowance_api_types::imports as wire;
use allowance_app::imports::{Imported, Tally};
use allowance_domain::people::{FieldChange, Outcome, PlannedRow, Reason, RowProblem};

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
    }
}

/// A row with something to tell.
fn row_view(row: &PlannedRow) -> Option<wire::ImportRowView> {
    let PlannedRow { line, outcome } = row;
    let (outcome, email, display_name, changes, problems) = match outcome {
        Outcome::Add { profile, manager: _ } => (
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
        Reason::Fault(_) | Reason::Ragged { .. } | Reason::UnknownManager | Reason::ManagerRefused { .. } => {
            ErrorCode::InvalidFields
        }
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
