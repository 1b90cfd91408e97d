//! What counting kept usage would do, found out by doing it in a transaction that is rolled back.

use std::collections::BTreeMap;
use std::mem::discriminant;

use allowance_domain::metering::PersonName;
use allowance_store::{Tx, UsageRow};
use allowance_values::{CreditTypeId, Credits};

use crate::error::{Error, Result};
use crate::metering::{Command, CountMatched, MOST_COMMANDS, Metered, try_out};

/// So many events of a name are tried at most: nobody else in the organisation can post meanwhile.
const MOST_TRIED: u64 = 2_000;

/// What counting does to one credit type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialLine {
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Their name.
    pub name: String,
    /// How many events count.
    pub events: u64,
    /// Of those: events of a cycle that has ended, which count in the open one.
    pub late: u64,
    /// Credits.
    pub credits: Credits,
    /// By how much that goes beyond what the person has left.
    pub over_by: Credits,
}

/// What counting does.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// How many events were tried, the oldest first.
    pub tried: u64,
    /// What counts.
    pub counted: Vec<TrialLine>,
    /// What could not be counted, by why.
    pub refused: Vec<(Error, u64)>,
}

/// Tries what was matched under a name.
pub(super) async fn try_matches(tx: &mut Tx, name: &PersonName, source: Option<&str>) -> Result<Trial> {
    let events = tx.list_matched_of(name, source, MOST_TRIED).await?;
    let names: BTreeMap<CreditTypeId, String> = tx
        .list_credit_types()
        .await?
        .into_iter()
        .map(|row| (row.terms.id, row.name))
        .collect();
    let mut trial = Trial::default();
    for events in events.chunks(MOST_COMMANDS) {
        let command = |(source, id): &(String, String)| {
            Command::CountMatched(CountMatched {
                source: source.clone(),
                id: id.clone(),
            })
        };
        for answer in try_out(tx, events.iter().map(command).collect()).await? {
            trial.tried = trial.tried.saturating_add(1);
            match answer {
                Ok(Metered::Usage { row, .. }) => trial.count(&row, &names)?,
                Ok(_) => {}
                Err(error) => trial.refuse(error),
            }
        }
    }
    Ok(trial)
}

impl Trial {
    fn count(&mut self, row: &UsageRow, names: &BTreeMap<CreditTypeId, String>) -> Result<()> {
        let is_same = |line: &&mut TrialLine| line.credit_type == row.credit_type;
        if self.counted.iter_mut().find(is_same).is_none() {
            self.counted.push(TrialLine {
                credit_type: row.credit_type,
                name: names.get(&row.credit_type).cloned().unwrap_or_default(),
                events: 0,
                late: 0,
                credits: Credits::ZERO,
                over_by: Credits::ZERO,
            });
        }
        let too_much = || Error::Refused(allowance_domain::allocations::Refusal::AmountOutOfRange);
        if let Some(line) = self.counted.iter_mut().find(is_same) {
            line.events = line.events.saturating_add(1);
            line.late = line.late.saturating_add(u64::from(row.is_late));
            line.credits = line.credits.checked_add(row.amount).ok_or_else(too_much)?;
            line.over_by = line.over_by.checked_add(row.over_by).ok_or_else(too_much)?;
        }
        Ok(())
    }

    fn refuse(&mut self, error: Error) {
        let is_same = |(known, _): &&mut (Error, u64)| discriminant(known) == discriminant(&error);
        match self.refused.iter_mut().find(is_same) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.refused.push((error, 1)),
        }
    }
}
