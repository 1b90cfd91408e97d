//! Writing requests: made, then changed by one event at a time.

use allowance_domain::authz::Area;
use allowance_domain::credit_requests::{RequestEventKind, RequestStatus, RequestTerm};
use allowance_values::{CreditTypeId, Credits, PersonId};
use sea_orm::{EntityTrait, FromQueryResult, Set, Statement};

use super::rows::{CreditRequestRow, event_kind, status, term};
use crate::entities::{credit_request, credit_request_event};
use crate::error::StoreError;
use crate::tx::Tx;

/// One event, and what it changes in the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestChange {
    /// What happened.
    pub kind: RequestEventKind,
    /// Where the request stands from now on.
    pub status: RequestStatus,
    /// Who did it; nobody for the reserve.
    pub actor: Option<PersonId>,
    /// The question, the answer or the explanation; a decision's note goes into the row.
    pub text: Option<String>,
    /// What was granted, in which cycle.
    pub granted: Option<(Credits, RequestTerm, i64)>,
}

#[derive(FromQueryResult)]
struct SumRow {
    total: i64,
}

impl Tx {
    /// Writes a new request with its first event.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn insert_credit_request(&mut self, row: &CreditRequestRow) -> Result<(), StoreError> {
        self.touch(Area::CreditRequests);
        let CreditRequestRow {
            id,
            credit_type,
            requester,
            amount,
            term: asked,
            reason,
            status: stands,
            submitted_at,
            closed_at,
            approved,
            cycle,
            decided_by,
            decision_note,
            version,
        } = row;
        credit_request::Entity::insert(credit_request::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            credit_type_id: Set(credit_type.uuid()),
            person_id: Set(requester.uuid()),
            amount: Set(amount.micros()),
            term: Set(term::word(*asked).to_owned()),
            reason: Set(reason.clone()),
            status: Set(status::word(*stands).to_owned()),
            submitted_at: Set(submitted_at.micros()),
            closed_at: Set(closed_at.map(allowance_values::Timestamp::micros)),
            approved_amount: Set(approved.map(|(amount, _)| amount.micros())),
            approved_term: Set(approved.map(|(_, word)| term::word(word).to_owned())),
            cycle_number: Set(*cycle),
            decided_by: Set(decided_by.map(PersonId::uuid)),
            decision_note: Set(decision_note.clone()),
            version: Set(*version),
        })
        .exec_without_returning(self.connection())
        .await?;
        self.insert_event(row, RequestEventKind::Submitted, Some(*requester), None)
            .await
    }

    /// Writes what happened to a request; the row given becomes what it is then.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn change_credit_request(
        &mut self,
        row: &mut CreditRequestRow,
        change: RequestChange,
    ) -> Result<(), StoreError> {
        self.touch(Area::CreditRequests);
        let RequestChange {
            kind,
            status: next,
            actor,
            text,
            granted,
        } = change;
        row.status = next;
        row.version = row.version.saturating_add(1);
        let mut text = text;
        if !next.is_open() {
            row.closed_at = Some(self.at());
            row.approved = granted.map(|(amount, term, _)| (amount, term));
            row.cycle = granted.map(|(_, _, cycle)| cycle);
            if matches!(kind, RequestEventKind::Approved | RequestEventKind::Denied) {
                row.decided_by = actor;
                row.decision_note = text.take();
            }
        }
        credit_request::Entity::update(credit_request::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(row.id.uuid()),
            status: Set(status::word(next).to_owned()),
            closed_at: Set(row.closed_at.map(allowance_values::Timestamp::micros)),
            approved_amount: Set(row.approved.map(|(amount, _)| amount.micros())),
            approved_term: Set(row.approved.map(|(_, word)| term::word(word).to_owned())),
            cycle_number: Set(row.cycle),
            decided_by: Set(row.decided_by.map(PersonId::uuid)),
            decision_note: Set(row.decision_note.clone()),
            version: Set(row.version),
            ..Default::default()
        })
        .exec(self.connection())
        .await?;
        self.insert_event(row, kind, actor, text).await
    }

    async fn insert_event(
        &self,
        row: &CreditRequestRow,
        kind: RequestEventKind,
        actor: Option<PersonId>,
        text: Option<String>,
    ) -> Result<(), StoreError> {
        credit_request_event::Entity::insert(credit_request_event::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            credit_request_id: Set(row.id.uuid()),
            number: Set(row.version),
            kind: Set(event_kind::word(kind).to_owned()),
            at: Set(self.at().micros()),
            actor_id: Set(actor.map(PersonId::uuid)),
            text: Set(text),
        })
        .exec_without_returning(self.connection())
        .await?;
        Ok(())
    }

    /// What the reserve gave a person in a cycle.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn given_by_reserve(
        &self,
        credit_type: CreditTypeId,
        person: PersonId,
        cycle: i64,
    ) -> Result<Credits, StoreError> {
        use sea_orm::ConnectionTrait;
        let sql = "SELECT CAST(COALESCE(SUM(approved_amount), 0) AS BIGINT) AS total FROM credit_request
            WHERE organisation_id = $1 AND person_id = $2 AND credit_type_id = $3 AND status = 'auto_approved'
            AND cycle_number = $4";
        let values = [
            self.organisation().uuid().into(),
            person.uuid().into(),
            credit_type.uuid().into(),
            cycle.into(),
        ];
        let backend = self.connection().get_database_backend();
        let row = SumRow::find_by_statement(Statement::from_sql_and_values(backend, sql, values))
            .one(self.connection())
            .await?;
        Ok(row.map_or(Credits::ZERO, |row| Credits::from_micros(row.total)))
    }
}
