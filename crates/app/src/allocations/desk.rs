//! The desk of a save: everything it needs, loaded under the head, and what it answers and records.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::allocations::{BulkMode, Command};
use allowance_domain::authz::{Action, Permit};
use allowance_domain::ledger::MemberState;
use allowance_store::{AuditRecord, Holder, MemberRow, OpenBook, StoreError, Tx};
use allowance_values::{CreditTypeId, GroupId, PersonId};

use super::rows::{GroupLine, MemberLine};
use crate::context::Caller;
use crate::cycles::open_current_book;
use crate::error::{Error, Result};

/// Everything one save needs, loaded under the head.
pub(super) struct Desk<'c> {
    pub(super) tx: Tx,
    pub(super) caller: &'c Caller,
    pub(super) open: OpenBook,
    pub(super) holders: BTreeMap<PersonId, Holder>,
    pub(super) is_only_admin: bool,
}

impl<'c> Desk<'c> {
    /// Loads the book with these people, and the names and standing of those named.
    pub(super) async fn open(
        mut tx: Tx,
        caller: &'c Caller,
        credit_type: CreditTypeId,
        people: &[PersonId],
        named: &[PersonId],
    ) -> Result<Self> {
        let mut open = open_current_book(&mut tx, credit_type, people, &[]).await?;
        let holders = tx.holders(named).await?;
        let is_only_admin = tx.is_only_admin(caller.actor.person).await?;
        // Brought forward first, so that what is compared is what the viewer read.
        let (cycle, at) = (open.book.cycle.number, tx.at());
        let waits =
            |member: &MemberState| member.stands_in < cycle || member.lots.iter().any(|lot| lot.is_due(at));
        let waiting: Vec<Command> = (open.book.members.iter())
            .filter(|(_, member)| waits(member))
            .map(|(person, _)| Command::Settle { person: *person })
            .collect();
        if !waiting.is_empty() {
            tx.post(&mut open, &waiting, BulkMode::PerItem).await?;
        }
        Ok(Self {
            tx,
            caller,
            open,
            holders,
            is_only_admin,
        })
    }

    pub(super) fn holder(&self, person: PersonId) -> Result<&Holder> {
        self.holders.get(&person).ok_or(Error::NotFound)
    }

    pub(super) fn permit(&self, action: Action, person: PersonId) -> Result<Permit> {
        let facts = self.holder(person)?.facts;
        Ok(Permit::for_person(
            &self.caller.actor,
            action,
            &facts,
            self.is_only_admin,
        )?)
    }

    pub(super) fn row(&self, person: PersonId) -> Result<MemberRow> {
        Ok(MemberRow::of(&self.open.book, person)?)
    }

    pub(super) fn line(&self, person: PersonId) -> Result<MemberLine> {
        let holder = self.holder(person)?.clone();
        let distribution = self.open.book.terms.distribution;
        Ok(MemberLine::of(
            &self.caller.actor,
            holder,
            self.row(person)?,
            self.is_only_admin,
            distribution,
        ))
    }

    pub(super) async fn group_lines(&self, groups: &BTreeSet<GroupId>) -> Result<Vec<GroupLine>> {
        let rows = self
            .tx
            .group_rows(self.open.book.terms.id, self.open.book.cycle.number, groups)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| GroupLine::of(&self.caller.actor, row))
            .collect())
    }

    pub(super) fn audit(
        &mut self,
        action: Action,
        person: PersonId,
        before: &MemberRow,
        permit: Permit,
    ) -> Result<()> {
        let after = self.row(person)?;
        let credit_type = self.open.book.terms.id;
        let cells = |row: &MemberRow| {
            let mut json = serde_json::json!({
                "credit_type": credit_type.to_string(),
                "monthly": row.standing.monthly.to_string(),
                "extra": row.figures.extra.to_string(),
                "cap": row.standing.cap.map(|cap| cap.to_string()),
            });
            if permit.is_own_affair()
                && let Some(fields) = json.as_object_mut()
            {
                fields.insert("own_allocation_of_the_only_admin".to_owned(), true.into());
            }
            json
        };
        self.tx.audit(AuditRecord {
            action: action.name(),
            target: person.to_string(),
            before: Some(cells(before)),
            after: Some(cells(&after)),
        });
        Ok(())
    }
    pub(super) async fn group_line(&self, group: GroupId) -> Result<GroupLine> {
        let mut lines = self.group_lines(&BTreeSet::from([group])).await?;
        Ok(lines.pop().ok_or(StoreError::Corrupt("allocation_group"))?)
    }
}
