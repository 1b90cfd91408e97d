//! What writes rows: the tenant, who causes the change, the instant, and the head as it moves on. It makes rows and sees no
//! database, so the same rows come of a transaction under the lock and of a batch that is written in one go.

use std::collections::BTreeSet;
use std::sync::Arc;

use allowance_domain::authz::Area;
use allowance_domain::ledger::Movement;
use allowance_values::{OrganisationId, PersonId, Timestamp};
use sea_orm::Value;
use uuid::Uuid;

use super::chain;
use super::post::Caused;
use super::words;
use crate::clock::IdSource;
use crate::entities::{ledger_batch, ledger_entry};
use crate::error::StoreError;
use crate::live::Positions;
use crate::pages::{Gate, Pages};
use crate::tx::{Head, Origin};

/// The pen of one change.
pub struct Pen {
    pub(crate) origin: Origin,
    pub(crate) head: Head,
    pub(crate) at: Timestamp,
    pub(crate) touched: BTreeSet<Area>,
    ids: Arc<dyn IdSource>,
}

impl std::fmt::Debug for Pen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pen")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl Pen {
    /// Takes up where the head stands. The instant is the clock's, but never before the head's.
    pub(crate) fn new(origin: Origin, head: Head, now: Timestamp, ids: Arc<dyn IdSource>) -> Self {
        Self {
            origin,
            at: now.max(head.at),
            head,
            touched: BTreeSet::new(),
            ids,
        }
    }

    pub(crate) const fn organisation(&self) -> OrganisationId {
        self.origin.organisation
    }

    /// The instant of the change.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The head as it stands by now.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// A new id; ids rise within a change.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.ids.next(self.at)
    }

    /// Marks an area as changed.
    pub(crate) fn touch(&mut self, area: Area) {
        self.touched.insert(area);
    }

    /// The position that this change moves the organisation to, once it has touched an area.
    pub(crate) const fn next_position(&self) -> i64 {
        self.head.positions.next()
    }

    /// Moves the head on, past one more change; the statement does it if nothing was committed since the head was read.
    pub(crate) fn move_head(&mut self) -> Gate {
        let Self { origin, head, at, .. } = self;
        head.positions.advance(std::mem::take(&mut self.touched));
        head.at = *at;
        let known = head.changes;
        head.changes = known.saturating_add(1);
        let sql = format!(
            "UPDATE ledger_head SET seq = $1, at = $2, hash = $3, epoch = $4, terms_at = $5, changes = $6, \
             ({}) = ($7, $8, $9, $10, $11, $12) WHERE organisation_id = $13 AND changes = $14",
            Positions::COLUMNS
        );
        let mut values: Vec<Value> = vec![
            head.seq.into(),
            head.at.micros().into(),
            head.hash.clone().into(),
            head.epoch.into(),
            head.terms_at.micros().into(),
            head.changes.into(),
        ];
        values.extend(head.positions.values());
        values.extend([origin.organisation.uuid().into(), known.into()]);
        Gate { sql, values }
    }

    /// Appends entries under the next positions and links them into the chain.
    pub(super) fn append(&mut self, movements: Vec<Caused>, pages: &mut Pages) -> Result<(), StoreError> {
        if movements.is_empty() {
            return Ok(());
        }
        let first_seq = self.head.seq.saturating_add(1);
        let mut entries = Vec::with_capacity(movements.len());
        for movement in movements {
            self.head.seq = self.head.seq.saturating_add(1);
            entries.push(self.entry_row(movement));
        }
        self.head.hash = chain::link(&self.head.hash, &entries);
        let batch = ledger_batch::Model {
            organisation_id: self.organisation().uuid(),
            first_seq,
            last_seq: self.head.seq,
            at: self.at.micros(),
            hash: self.head.hash.clone(),
        };
        pages.insert::<ledger_batch::Entity>(vec![batch])?;
        pages.insert::<ledger_entry::Entity>(entries)
    }

    fn entry_row(&self, caused: Caused) -> ledger_entry::Model {
        let Caused { movement, request_id } = caused;
        let Movement {
            credit_type,
            cycle,
            kind,
            from,
            to,
            amount,
            subject,
        } = movement;
        let (from_kind, from_group, from_person) = words::account_parts(from);
        let (to_kind, to_group, to_person) = words::account_parts(to);
        ledger_entry::Model {
            organisation_id: self.organisation().uuid(),
            seq: self.head.seq,
            at: self.at.micros(),
            kind: words::entry_kind::word(kind).to_owned(),
            credit_type_id: credit_type.uuid(),
            cycle_number: cycle,
            from_kind: from_kind.to_owned(),
            from_group,
            to_kind: to_kind.to_owned(),
            to_group,
            // No movement has two people; both sides name the same one.
            person_id: from_person.or(to_person),
            amount: amount.micros(),
            subject_id: subject,
            actor_id: self.origin.actor.map(PersonId::uuid),
            request_id: request_id.as_deref().map(str::to_owned),
        }
    }
}
