//! Plans of small files of allocations: every cell read, every row judged.

use allowance_values::{CreditTypeId, Decimals, Rate};

use super::*;
use crate::credit_types::{Enforcement, Rollover};

fn terms(distribution: Distribution) -> Terms {
    Terms {
        id: CreditTypeId::new(uuid::Uuid::from_u128(1)),
        decimals: Decimals::new(2).unwrap(),
        rate: Rate::OFF,
        limit: Credits::ZERO,
        enforcement: Enforcement::Warn,
        distribution,
        rollover: Rollover::NONE,
    }
}

/// Columns `email, monthly, extra, cap`; a cell of `-` has no column.
fn drafts(rows: &[[&str; 4]]) -> AllocationDrafts {
    let rows = rows.iter().zip(2..).map(|(cells, line)| {
        let cells = AllocationColumn::ALL.into_iter().zip(cells);
        let cells: Vec<_> = cells
            .filter(|(_, text)| **text != "-")
            .map(|(column, text)| (column, (*text).to_owned()))
            .collect();
        let width = (cells.len(), cells.len());
        Ok::<_, ()>(SheetRow { line, cells, width })
    });
    AllocationDrafts::read(rows).unwrap()
}

fn plan(distribution: Distribution, rows: &[[&str; 4]], cells: Cells) -> Vec<String> {
    let found = |key: &str| {
        let cells = match key {
            "a@x.org" => Ok(cells),
            "own@x.org" => Err(Denial::OwnAffair),
            "other@x.org" => Err(Denial::Forbidden),
            _ => return None,
        };
        let person = PersonId::new(uuid::Uuid::from_u128(7));
        Some(FoundMember { person, cells })
    };
    let planned = drafts(rows).plan(&terms(distribution), found);
    let words = |row: &PlannedAllocation| match &row.outcome {
        AllocationOutcome::Keep => "keep".to_owned(),
        AllocationOutcome::Change { after, .. } => format!(
            "{:?} {:?} {:?}",
            after.monthly.map(|amount| amount.to_string()),
            after.extra.map(|amount| amount.to_string()),
            after.cap.map(|cap| cap.map(|cap| cap.to_string()))
        ),
        AllocationOutcome::Refuse { problems, .. } => problems
            .iter()
            .map(|problem| {
                let column = problem.column.map_or("row", AllocationColumn::as_str);
                format!("{column}: {}", problem.reason)
            })
            .collect::<Vec<_>>()
            .join("; "),
    };
    planned.iter().map(words).collect()
}

fn stands() -> Cells {
    Cells {
        monthly: Some("5".parse().unwrap()),
        extra: Some("0".parse().unwrap()),
        cap: Some(None),
    }
}

#[test]
fn only_what_differs_changes_and_an_empty_cell_says_nothing() {
    let individual = |row| plan(Distribution::Individual, &[row], stands()).remove(0);
    assert_eq!(individual(["a@x.org", "5.00", "", ""]), "keep");
    assert_eq!(individual(["a@x.org", " 6 ", "0", "-"]), "Some(\"6\") None None");
    assert_eq!(individual(["A@X.org", "-", "2.5", ""]), "None Some(\"2.5\") None");
    assert_eq!(
        individual(["a@x.org", "", "", "9"]),
        "cap: this credit type is distributed the other way"
    );
    let capped = Cells {
        cap: Some(Some("3".parse().unwrap())),
        ..stands()
    };
    let pool = |row| plan(Distribution::SharedPool, &[row], capped).remove(0);
    assert_eq!(pool(["a@x.org", "5", "0", ""]), "None None Some(None)");
    assert_eq!(pool(["a@x.org", "5", "0", "-"]), "keep");
    assert_eq!(pool(["a@x.org", "-", "-", "4"]), "None None Some(Some(\"4\"))");
}

#[test]
fn what_cannot_be_is_refused_row_by_row_in_words() {
    let grouped = "write it like 1234.5: a point before the decimals, and nothing between the thousands";
    let rows = [
        (
            ["a@x.org", "1,234.50", "1.234,50", "-"],
            format!("monthly: {grouped}; extra: {grouped}"),
        ),
        (["a@x.org", "1 234", "-", "-"], format!("monthly: {grouped}")),
        (
            ["a@x.org", "ten", "-", "-"],
            "monthly: not a number; write it like 1234.5".to_owned(),
        ),
        (
            ["a@x.org", "1e3", "-", "-"],
            "monthly: not a number; write it like 1234.5".to_owned(),
        ),
        (
            ["a@x.org", "-3", "-", "-"],
            "monthly: the amount must not be negative".to_owned(),
        ),
        (
            ["a@x.org", "1.125", "-", "-"],
            "monthly: the amount has more decimals than this credit type keeps".to_owned(),
        ),
        (
            ["who@x.org", "1", "-", "-"],
            "email: nobody here has this address".to_owned(),
        ),
        (
            ["own@x.org", "1", "-", "-"],
            "email: nobody decides for themselves".to_owned(),
        ),
        (
            ["other@x.org", "1", "-", "-"],
            "email: this person is in no group of yours".to_owned(),
        ),
        (
            ["nobody", "1", "-", "-"],
            "email: not an e-mail address".to_owned(),
        ),
        (
            ["a@x.org", "2000000000000", "-", "-"],
            "monthly: the number is too large".to_owned(),
        ),
    ];
    for (row, words) in rows {
        assert_eq!(
            plan(Distribution::Individual, &[row], stands()),
            [words],
            "{row:?}"
        );
    }
    let twice = [["a@x.org", "6", "-", "-"], ["A@x.ORG", "7", "-", "-"]];
    assert_eq!(
        plan(Distribution::Individual, &twice, stands()),
        ["Some(\"6\") None None", "email: line 2 has the same address"]
    );
}
