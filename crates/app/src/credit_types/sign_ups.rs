//! Credits per new user: every way to join leads through here.

use allowance_domain::allocations::{BulkMode, Command, due_at_sign_up};
use allowance_domain::ledger::CycleSpan;
use allowance_store::{CreditTypeRow, SignUpRow, Tx};
use allowance_values::{Credits, GrantId, PersonId};

use crate::cycles::open_current_book;
use crate::error::Result;

/// So many joiners are granted at a time.
const CHUNK: usize = 2_000;

/// Grants each joiner what is due, of every credit type that gives something. What Unallocated cannot cover is not granted,
/// and is written down.
pub(crate) async fn grant_to_joiners(tx: &mut Tx, joiners: &[PersonId]) -> Result<()> {
    for row in tx.list_credit_types().await? {
        if row.archived_at.is_some() || !row.sign_up.amount.is_positive() {
            continue;
        }
        for joiners in joiners.chunks(CHUNK) {
            grant(tx, &row, joiners).await?;
        }
    }
    Ok(())
}

async fn grant(tx: &mut Tx, row: &CreditTypeRow, joiners: &[PersonId]) -> Result<()> {
    let id = row.terms.id;
    let mut open = open_current_book(tx, id, joiners, &[]).await?;
    let cycle = CycleSpan {
        starts_at: open.book.cycle.starts_at,
        ends_at: open.book.cycle.ends_at,
    };
    let due = due_at_sign_up(row.sign_up, cycle, tx.at(), row.terms.decimals);
    if !due.is_positive() {
        return Ok(());
    }
    let commands: Vec<Command> = joiners
        .iter()
        .map(|person| Command::SignUp {
            person: *person,
            grant: GrantId::new(tx.new_id()),
            due,
        })
        .collect();
    for answer in tx.post(&mut open, &commands, BulkMode::AllOrNothing).await? {
        answer?;
    }
    let mut rows = Vec::with_capacity(joiners.len());
    for command in &commands {
        if let Command::SignUp { person, grant, .. } = command {
            let lots = &open.book.member(*person)?.lots;
            let lot = lots.iter().find(|lot| lot.id == *grant);
            rows.push(SignUpRow {
                person: *person,
                due,
                granted: lot.map_or(Credits::ZERO, |lot| lot.amount),
                at: tx.at(),
            });
        }
    }
    Ok(tx.insert_sign_ups(id, &rows).await?)
}
