//! Holds that are looked for: in a batch by what it names, in a book the open ones of its people, in lists.

use std::collections::{BTreeSet, HashMap};

use allowance_domain::ledger::Hold;
use allowance_values::{CreditTypeId, Credits, GroupId, HoldId, OrganisationId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement,
};
use uuid::Uuid;

use super::{HoldRow, HoldState, from_row, hold_state};
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::credit_hold;
use crate::error::StoreError;
use crate::ledger::CHUNK;
use crate::tx::Tx;

/// Whose holds a list may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldViewer {
    /// Everybody's.
    Everything,
    /// One's own, one's reports', one's groups'.
    Narrow {
        /// Who looks.
        person: PersonId,
        /// The groups they own.
        groups: Vec<GroupId>,
    },
}

/// Which holds are asked for, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldFilter {
    /// Only those of this person.
    pub person: Option<PersonId>,
    /// Only those of this credit type.
    pub credit_type: Option<CreditTypeId>,
    /// Only those that stand so.
    pub state: Option<HoldState>,
    /// Only those older than this one.
    pub before: Option<HoldId>,
}

/// The open holds of people in one credit type, as the book has them, oldest first.
pub(crate) async fn open_holds<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    credit_type: CreditTypeId,
    people: &[Uuid],
) -> Result<Vec<(PersonId, Hold)>, StoreError> {
    let rows: Vec<(Uuid, Uuid, i64, i64, Uuid)> = credit_hold::Entity::find()
        .select_only()
        .columns([credit_hold::Column::PersonId, credit_hold::Column::Id])
        .columns([
            credit_hold::Column::Amount,
            credit_hold::Column::Held,
            credit_hold::Column::GroupId,
        ])
        .filter(credit_hold::Column::OrganisationId.eq(organisation.uuid()))
        .filter(credit_hold::Column::CreditTypeId.eq(credit_type.uuid()))
        // As the index of open holds spells it.
        .filter(Expr::cust("state = 'open'"))
        .filter(credit_hold::Column::PersonId.is_in(people.iter().copied()))
        .into_tuple()
        .all(connection)
        .await?;
    let mut holds: Vec<(PersonId, Hold)> = rows
        .into_iter()
        .map(|(person, id, amount, held, group)| {
            let hold = Hold {
                id: HoldId::new(id),
                amount: Credits::from_micros(amount),
                held: Credits::from_micros(held),
                group: GroupId::new(group),
            };
            (PersonId::new(person), hold)
        })
        .collect();
    holds.sort_by_key(|(_, hold)| hold.id);
    Ok(holds)
}

impl Tx {
    /// Holds that were placed before, by source and reference.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_holds_by_reference(
        &self,
        by_source: &HashMap<&str, Vec<&str>>,
    ) -> Result<Vec<HoldRow>, StoreError> {
        let mut found = Vec::new();
        for (source, references) in by_source {
            for references in references.chunks(CHUNK) {
                let rows = credit_hold::Entity::find()
                    .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
                    .filter(credit_hold::Column::Source.eq(*source))
                    .filter(credit_hold::Column::Reference.is_in(references.iter().copied()))
                    .all(self.connection())
                    .await?;
                for row in rows {
                    found.push(from_row(row)?);
                }
            }
        }
        Ok(found)
    }

    /// Holds by id, as far as they exist here.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_holds(&self, ids: &BTreeSet<HoldId>) -> Result<Vec<HoldRow>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let mut found = Vec::new();
        for ids in ids.chunks(CHUNK) {
            let rows = credit_hold::Entity::find()
                .filter(credit_hold::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(credit_hold::Column::Id.is_in(ids.iter().copied()))
                .all(self.connection())
                .await?;
            for row in rows {
                found.push(from_row(row)?);
            }
        }
        Ok(found)
    }
}

impl Store {
    /// Holds, newest first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_holds(
        &self,
        organisation: OrganisationId,
        viewer: &HoldViewer,
        filter: &HoldFilter,
        limit: u64,
    ) -> Result<Vec<HoldRow>, StoreError> {
        let mut clause = Clause::new("h.organisation_id = $1", vec![organisation.uuid().into()]);
        if let HoldViewer::Narrow { person, groups } = viewer {
            let own = clause.bind(person.uuid());
            let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
            clause.and(&format!(
                "(p.id = {own} OR p.manager_id = {own} OR p.group_id IN ({groups}))"
            ));
        }
        let HoldFilter {
            person,
            credit_type,
            state,
            before,
        } = filter;
        if let Some(person) = person {
            let place = clause.bind(person.uuid());
            clause.and(&format!("h.person_id = {place}"));
        }
        if let Some(credit_type) = credit_type {
            let place = clause.bind(credit_type.uuid());
            clause.and(&format!("h.credit_type_id = {place}"));
        }
        if let Some(state) = state {
            clause.and(&format!("h.state = '{}'", hold_state::word(*state)));
        }
        if let Some(before) = before {
            let place = clause.bind(before.uuid());
            clause.and(&format!("h.id < {place}"));
        }
        let sql = format!(
            "SELECT h.* FROM credit_hold h JOIN person p ON p.organisation_id = h.organisation_id AND p.id = h.person_id \
             WHERE {} ORDER BY h.id DESC LIMIT {limit}",
            clause.text
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, clause.values);
        let rows = credit_hold::Model::find_by_statement(statement)
            .all(self.read())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Open holds whose time has run out, of all organisations.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_expired_holds(&self, limit: u64) -> Result<Vec<(OrganisationId, HoldId)>, StoreError> {
        let rows: Vec<(Uuid, Uuid)> = credit_hold::Entity::find()
            .select_only()
            .columns([credit_hold::Column::OrganisationId, credit_hold::Column::Id])
            .filter(Expr::cust("state = 'open'"))
            .filter(credit_hold::Column::ExpiresAt.lte(self.now().micros()))
            .limit(limit)
            .into_tuple()
            .all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(organisation, id)| (OrganisationId::new(organisation), HoldId::new(id)))
            .collect())
    }
}
