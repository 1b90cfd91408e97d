//! The people and groups around requests, in a fixed number of queries for any number of requests.

use std::collections::{BTreeMap, BTreeSet};

use allowance_domain::people::PersonStatus;
use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rows::CreditRequestRow;
use crate::connect::Store;
use crate::entities::{allocation_group, person};
use crate::error::StoreError;
use crate::ledger::{Holder, holders};
use crate::tx::Tx;

/// So many admins are named; a request waits for all of them.
const ADMINS: u64 = 10;

/// The group that pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayingGroup {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Who distributes within it.
    pub owner: Option<PersonId>,
}

/// Everybody whom requests name: requesters, their managers and groups' owners, who decided, and the admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The people.
    pub people: BTreeMap<PersonId, Holder>,
    /// The groups requesters are in now.
    pub groups: BTreeMap<GroupId, PayingGroup>,
    /// The first active admins, by name.
    pub admins: Vec<PersonId>,
}

impl Around {
    /// A person who is active.
    #[must_use]
    pub fn active(&self, person: PersonId) -> Option<&Holder> {
        self.people
            .get(&person)
            .filter(|holder| holder.status == PersonStatus::Active)
    }
}

async fn around<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    rows: &[CreditRequestRow],
    others: &[PersonId],
) -> Result<Around, StoreError> {
    let admins: Vec<uuid::Uuid> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .filter(person::Column::OrganisationId.eq(organisation.uuid()))
        // As the index of admins spells it: a bound value would not find it.
        .filter(Expr::cust("role = 'admin'"))
        .filter(person::Column::Status.eq(PersonStatus::Active.as_str()))
        .order_by_asc(person::Column::NameKey)
        .order_by_asc(person::Column::Id)
        .limit(ADMINS)
        .into_tuple()
        .all(connection)
        .await?;
    let admins: Vec<PersonId> = admins.into_iter().map(PersonId::new).collect();
    let mut named: Vec<PersonId> = rows.iter().map(|row| row.requester).collect();
    named.extend(rows.iter().filter_map(|row| row.decided_by));
    named.extend(&admins);
    named.extend(others);
    let mut people = holders(connection, organisation, &named).await?;

    let requesters: Vec<&Holder> = rows.iter().filter_map(|row| people.get(&row.requester)).collect();
    let groups: BTreeSet<uuid::Uuid> = requesters
        .iter()
        .map(|holder| holder.facts.group.uuid())
        .collect();
    let groups: BTreeMap<GroupId, PayingGroup> = allocation_group::Entity::find()
        .filter(allocation_group::Column::OrganisationId.eq(organisation.uuid()))
        .filter(allocation_group::Column::Id.is_in(groups))
        .all(connection)
        .await?
        .into_iter()
        .map(|row| {
            let id = GroupId::new(row.id);
            let group = PayingGroup {
                id,
                name: row.name,
                owner: row.owner_id.map(PersonId::new),
            };
            (id, group)
        })
        .collect();
    let mut above: Vec<PersonId> = requesters
        .iter()
        .filter_map(|holder| holder.facts.manager)
        .collect();
    above.extend(groups.values().filter_map(|group| group.owner));
    above.retain(|person| !people.contains_key(person));
    people.extend(holders(connection, organisation, &above).await?);
    Ok(Around {
        people,
        groups,
        admins,
    })
}

impl Store {
    /// Everybody whom these requests name, and some others.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn around_requests(
        &self,
        organisation: OrganisationId,
        rows: &[CreditRequestRow],
        others: &[PersonId],
    ) -> Result<Around, StoreError> {
        around(self.read(), organisation, rows, others).await
    }
}

impl Tx {
    /// Everybody whom these requests name, and some others, under the head.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn around_requests(
        &self,
        rows: &[CreditRequestRow],
        others: &[PersonId],
    ) -> Result<Around, StoreError> {
        around(self.connection(), self.organisation(), rows, others).await
    }
}
