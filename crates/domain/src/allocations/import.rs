//! What a file of allocations would change: row by row, before anything is written.
//!
//! INVARIANT(import-repeats): applying a plan and planning the same file again changes nothing. A column that is missing
//! and an empty Monthly or Extra leave the cell as it is; an empty cap is none, where there are caps. Amounts are plain
//! decimals with a point: whoever wrote `1.234,50` or `1,234.50` is asked, not guessed at.

use std::collections::HashMap;

use allowance_values::{Credits, Email, ParseAmountError, PersonId};

use super::refusal::Refusal;
use crate::authz::Denial;
use crate::credit_types::{Distribution, Terms};
use crate::people::{SheetRow, email_key};

/// A column of a file of allocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllocationColumn {
    /// Whose row.
    Email,
    /// Recurring allocation.
    Monthly,
    /// One-off credits of this cycle.
    Extra,
    /// The cap in a shared pool.
    Cap,
}

impl AllocationColumn {
    /// All columns.
    pub const ALL: [Self; 4] = [Self::Email, Self::Monthly, Self::Extra, Self::Cap];

    /// The column's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Monthly => "monthly",
            Self::Extra => "extra",
            Self::Cap => "cap",
        }
    }
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocationReason {
    /// The row has more or fewer cells than the header.
    #[error("the row has {found} cells, the header {expected}")]
    Ragged {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// No address.
    #[error("not an e-mail address")]
    NoAddress,
    /// An earlier row has the address, perhaps in other case.
    #[error("line {line} has the same address")]
    Duplicate {
        /// Where.
        line: u64,
    },
    /// A comma, or several points: thousands or decimals of another language.
    #[error("write it like 1234.5: a point before the decimals, and nothing between the thousands")]
    Grouped,
    /// Not an amount.
    #[error(transparent)]
    Amount(#[from] ParseAmountError),
    /// A rule of the ledger refuses the cell.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody the importer sees has the address, or their row is not the importer's to edit.
    #[error("{}", denied(*.0))]
    Denied(Denial),
}

const fn denied(denial: Denial) -> &'static str {
    match denial {
        Denial::Invisible => "nobody here has this address",
        Denial::Forbidden => "this person is in no group of yours",
        Denial::OwnAffair => "nobody decides for themselves",
    }
}

/// Why a row is refused, and the column to blame, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationProblem {
    /// The column.
    pub column: Option<AllocationColumn>,
    /// Why.
    pub reason: AllocationReason,
}

impl AllocationProblem {
    fn of(column: AllocationColumn, reason: impl Into<AllocationReason>) -> Self {
        Self {
            column: Some(column),
            reason: reason.into(),
        }
    }
}

/// Cells of a member: in a file absent ones stay, in a row all are there. The inner absence of a cap is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cells {
    /// Recurring allocation.
    pub monthly: Option<Credits>,
    /// One-off credits of this cycle.
    pub extra: Option<Credits>,
    /// The cap in a shared pool.
    pub cap: Option<Option<Credits>>,
}

impl Cells {
    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of it differs from a row.
    fn beyond(self, row: &Self) -> Self {
        Self {
            monthly: self.monthly.filter(|_| self.monthly != row.monthly),
            extra: self.extra.filter(|_| self.extra != row.extra),
            cap: self.cap.filter(|_| self.cap != row.cap),
        }
    }
}

/// Somebody of the file, as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundMember {
    /// Who.
    pub person: PersonId,
    /// Their cells; nothing where the importer may not edit them, and why not.
    pub cells: Result<Cells, Denial>,
}

/// What happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllocationOutcome {
    /// Cells get other values.
    Change {
        /// Whose.
        person: PersonId,
        /// How the cells are.
        before: Cells,
        /// Those that change.
        after: Cells,
    },
    /// Nothing to do.
    Keep,
    /// Left out.
    Refuse {
        /// Whose row; nobody that the importer sees when absent.
        person: Option<PersonId>,
        /// Why.
        problems: Vec<AllocationProblem>,
    },
}

/// A row with what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAllocation {
    /// Line in the file.
    pub line: u64,
    /// The address as it stands there.
    pub email: String,
    /// What happens.
    pub outcome: AllocationOutcome,
}

#[derive(Debug, Clone)]
struct Draft {
    line: u64,
    email: String,
    read: Result<(String, Cells), Vec<AllocationProblem>>,
}

/// The rows of a file, each checked by itself.
#[derive(Debug, Clone)]
pub struct AllocationDrafts(Vec<Draft>);

impl AllocationDrafts {
    /// Checks each row by itself, as it comes out of the file.
    ///
    /// # Errors
    /// Whatever reading a row fails with.
    pub fn read<E>(rows: impl IntoIterator<Item = Result<SheetRow<AllocationColumn>, E>>) -> Result<Self, E> {
        let rows = rows.into_iter().map(|row| row.map(|row| read_row(&row)));
        let mut drafts = rows.collect::<Result<Vec<Draft>, E>>()?;
        let mut lines: HashMap<String, u64> = HashMap::new();
        for draft in &mut drafts {
            let Ok((key, _)) = &draft.read else { continue };
            if let Some(line) = lines.get(key) {
                let reason = AllocationReason::Duplicate { line: *line };
                draft.read = Err(vec![AllocationProblem::of(AllocationColumn::Email, reason)]);
            } else {
                lines.insert(key.clone(), draft.line);
            }
        }
        Ok(Self(drafts))
    }

    /// The keys of the addresses whose rows could be read: whom to look for before planning.
    #[must_use]
    pub fn email_keys(&self) -> Vec<String> {
        let keys = self.0.iter().filter_map(|draft| draft.read.as_ref().ok());
        keys.map(|(key, _)| key.clone()).collect()
    }

    /// What the rows would change, with `find` giving whom an address's key belongs to.
    #[must_use]
    pub fn plan(&self, terms: &Terms, find: impl Fn(&str) -> Option<FoundMember>) -> Vec<PlannedAllocation> {
        let plan = |draft: &Draft| PlannedAllocation {
            line: draft.line,
            email: draft.email.clone(),
            outcome: match &draft.read {
                Err(problems) => AllocationOutcome::Refuse {
                    person: None,
                    problems: problems.clone(),
                },
                Ok((key, cells)) => judge(*cells, terms, find(key)),
            },
        };
        self.0.iter().map(plan).collect()
    }
}

fn read_row(row: &SheetRow<AllocationColumn>) -> Draft {
    let mut problems = Vec::new();
    let mut key = None;
    let mut email = String::new();
    let mut cells = Cells::default();
    let (found, expected) = row.width;
    if found != expected {
        let reason = AllocationReason::Ragged { found, expected };
        problems.push(AllocationProblem { column: None, reason });
    }
    for (column, text) in &row.cells {
        let text = text.trim();
        let mut amount = || match read_amount(text) {
            Ok(amount) => amount,
            Err(reason) => {
                problems.push(AllocationProblem::of(*column, reason));
                None
            }
        };
        match column {
            AllocationColumn::Email => {
                text.clone_into(&mut email);
                key = text.parse::<Email>().ok().map(|email| email_key(&email));
            }
            AllocationColumn::Monthly => cells.monthly = amount(),
            AllocationColumn::Extra => cells.extra = amount(),
            AllocationColumn::Cap => cells.cap = Some(amount()),
        }
    }
    let read = match key {
        Some(key) if problems.is_empty() => Ok((key, cells)),
        Some(_) => Err(problems),
        None => {
            problems.push(AllocationProblem::of(
                AllocationColumn::Email,
                AllocationReason::NoAddress,
            ));
            Err(problems)
        }
    };
    Draft {
        line: row.line,
        email,
        read,
    }
}

/// An amount, or nothing for an empty cell.
fn read_amount(text: &str) -> Result<Option<Credits>, AllocationReason> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_grouped = text
        .chars()
        .all(|c| c.is_ascii_digit() || "-.,' \u{a0}\u{202f}’".contains(c))
        && (text.matches('.').count() > 1 || text.contains([',', '\'', ' ', '\u{a0}', '\u{202f}', '’']));
    if is_grouped {
        return Err(AllocationReason::Grouped);
    }
    let amount: Credits = text.parse()?;
    if amount.is_negative() {
        return Err(Refusal::NegativeAmount.into());
    }
    Ok(Some(amount))
}

fn judge(cells: Cells, terms: &Terms, found: Option<FoundMember>) -> AllocationOutcome {
    let denied = |person, denial| AllocationOutcome::Refuse {
        person,
        problems: vec![AllocationProblem::of(
            AllocationColumn::Email,
            AllocationReason::Denied(denial),
        )],
    };
    let (person, before) = match found {
        None => return denied(None, Denial::Invisible),
        Some(FoundMember {
            cells: Err(Denial::Invisible),
            ..
        }) => return denied(None, Denial::Invisible),
        Some(FoundMember {
            person,
            cells: Err(denial),
        }) => return denied(Some(person), denial),
        Some(FoundMember {
            person,
            cells: Ok(before),
        }) => (person, before),
    };
    let is_pool = terms.distribution == Distribution::SharedPool;
    // Where there are no caps, a cell without one says nothing.
    let cap = cells.cap.filter(|cap| is_pool || cap.is_some());
    let after = Cells { cap, ..cells }.beyond(&before);
    if after.is_empty() {
        return AllocationOutcome::Keep;
    }
    let mut problems = Vec::new();
    let amounts = [
        (AllocationColumn::Monthly, after.monthly, !is_pool),
        (AllocationColumn::Extra, after.extra, true),
        (AllocationColumn::Cap, after.cap.flatten(), is_pool),
    ];
    for (column, amount, is_there) in amounts {
        let Some(amount) = amount else { continue };
        let refusal = if !is_there {
            Refusal::WrongDistribution
        } else if amount > Credits::MAX_INPUT {
            Refusal::AmountOutOfRange
        } else if !amount.fits(terms.decimals) {
            Refusal::TooManyDecimals
        } else {
            continue;
        };
        problems.push(AllocationProblem::of(column, refusal));
    }
    if problems.is_empty() {
        AllocationOutcome::Change {
            person,
            before,
            after,
        }
    } else {
        AllocationOutcome::Refuse {
            person: Some(person),
            problems,
        }
    }
}

impl PlannedAllocation {
    /// Refuses a row that turned out not to be possible.
    pub fn refuse(&mut self, person: PersonId, column: AllocationColumn, refusal: Refusal) {
        self.outcome = AllocationOutcome::Refuse {
            person: Some(person),
            problems: vec![AllocationProblem::of(column, refusal)],
        };
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
