//! A request's row and its events.

use allowance_domain::credit_requests::{RequestEventKind, RequestStatus, RequestTerm};
use allowance_values::{CreditRequestId, CreditTypeId, Credits, OrganisationId, PersonId, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::connect::Store;
use crate::entities::{credit_request, credit_request_event};
use crate::error::StoreError;
use crate::ledger::word_enum;
use crate::tx::Tx;

word_enum!(term, RequestTerm, "credit_request", { ThisCycle = "this_cycle", ForGood = "for_good" });
word_enum!(status, RequestStatus, "credit_request", {
    Pending = "pending", InformationRequested = "information_requested", Approved = "approved",
    AutoApproved = "auto_approved", Denied = "denied", Withdrawn = "withdrawn",
});
word_enum!(event_kind, RequestEventKind, "credit_request_event", {
    Submitted = "submitted", AutoApproved = "auto_approved", LeftToPeople = "left_to_people", Asked = "asked",
    Answered = "answered", Approved = "approved", Denied = "denied", Withdrawn = "withdrawn",
});

/// So many of the latest events are read.
const EVENTS: u64 = 200;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditRequestRow {
    /// Which.
    pub id: CreditRequestId,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Who asks.
    pub requester: PersonId,
    /// How much was asked.
    pub amount: Credits,
    /// For how long it was asked.
    pub term: RequestTerm,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub status: RequestStatus,
    /// When it was made.
    pub submitted_at: Timestamp,
    /// When it was decided or withdrawn.
    pub closed_at: Option<Timestamp>,
    /// What was granted.
    pub approved: Option<(Credits, RequestTerm)>,
    /// The cycle it was granted in.
    pub cycle: Option<i64>,
    /// Who decided; nobody for the reserve.
    pub decided_by: Option<PersonId>,
    /// What the decision said.
    pub decision_note: Option<String>,
    /// Rises with everything that happens to it; the number of its last event.
    pub version: i64,
}

impl TryFrom<credit_request::Model> for CreditRequestRow {
    type Error = StoreError;

    fn try_from(row: credit_request::Model) -> Result<Self, StoreError> {
        let credit_request::Model {
            organisation_id: _,
            id,
            credit_type_id,
            person_id,
            amount,
            term: asked_term,
            reason,
            status: word,
            submitted_at,
            closed_at,
            approved_amount,
            approved_term,
            cycle_number,
            decided_by,
            decision_note,
            version,
        } = row;
        let approved = match (approved_amount, approved_term) {
            (Some(amount), Some(word)) => Some((Credits::from_micros(amount), term::from_word(&word)?)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(StoreError::Corrupt("credit_request")),
        };
        Ok(Self {
            id: CreditRequestId::new(id),
            credit_type: CreditTypeId::new(credit_type_id),
            requester: PersonId::new(person_id),
            amount: Credits::from_micros(amount),
            term: term::from_word(&asked_term)?,
            reason,
            status: status::from_word(&word)?,
            submitted_at: Timestamp::from_micros(submitted_at),
            closed_at: closed_at.map(Timestamp::from_micros),
            approved,
            cycle: cycle_number,
            decided_by: decided_by.map(PersonId::new),
            decision_note,
            version,
        })
    }
}

/// One thing that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEvent {
    /// What.
    pub kind: RequestEventKind,
    /// When.
    pub at: Timestamp,
    /// Who; nobody for the reserve.
    pub actor: Option<PersonId>,
    /// The question, the answer or the explanation; reason and note lie in the request's own row.
    pub text: Option<String>,
}

async fn find_all<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    ids: &[CreditRequestId],
) -> Result<Vec<CreditRequestRow>, StoreError> {
    credit_request::Entity::find()
        .filter(credit_request::Column::OrganisationId.eq(organisation.uuid()))
        .filter(credit_request::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?
        .into_iter()
        .map(CreditRequestRow::try_from)
        .collect()
}

impl Store {
    /// One request.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_credit_request(
        &self,
        organisation: OrganisationId,
        id: CreditRequestId,
    ) -> Result<Option<CreditRequestRow>, StoreError> {
        Ok(find_all(self.read(), organisation, &[id]).await?.pop())
    }

    /// What happened to a request, oldest first; of very many, the latest.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn credit_request_events(
        &self,
        organisation: OrganisationId,
        id: CreditRequestId,
    ) -> Result<Vec<RequestEvent>, StoreError> {
        let mut rows = credit_request_event::Entity::find()
            .filter(credit_request_event::Column::OrganisationId.eq(organisation.uuid()))
            .filter(credit_request_event::Column::CreditRequestId.eq(id.uuid()))
            .order_by_desc(credit_request_event::Column::Number)
            .limit(EVENTS)
            .all(self.read())
            .await?;
        rows.reverse();
        let event = |row: credit_request_event::Model| {
            Ok(RequestEvent {
                kind: event_kind::from_word(&row.kind)?,
                at: Timestamp::from_micros(row.at),
                actor: row.actor_id.map(PersonId::new),
                text: row.text,
            })
        };
        rows.into_iter().map(event).collect()
    }
}

impl Tx {
    /// These requests, as far as they exist here, in no order, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_credit_requests(
        &self,
        ids: &[CreditRequestId],
    ) -> Result<Vec<CreditRequestRow>, StoreError> {
        find_all(self.connection(), self.organisation(), ids).await
    }

    /// The requests of a person that wait, of all credit types, oldest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn open_requests_of(&self, person: PersonId) -> Result<Vec<CreditRequestRow>, StoreError> {
        credit_request::Entity::find()
            .filter(credit_request::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(credit_request::Column::PersonId.eq(person.uuid()))
            .filter(credit_request::Column::ClosedAt.is_null())
            .order_by_asc(credit_request::Column::SubmittedAt)
            .all(self.connection())
            .await?
            .into_iter()
            .map(CreditRequestRow::try_from)
            .collect()
    }
}
