//! Who was in which group, and from when.

use std::collections::BTreeMap;

use allowance_values::{GroupId, PersonId, Timestamp};
use sea_orm::{FromQueryResult, Statement};
use uuid::Uuid;

use crate::clause::Clause;
use crate::error::StoreError;
use crate::ledger::CHUNK;
use crate::tx::Tx;

/// A group somebody was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub group: GroupId,
    /// Whether it is gone by now.
    pub is_deleted: bool,
}

#[derive(FromQueryResult)]
struct MembershipRow {
    person_id: Uuid,
    at: i64,
    group_id: Uuid,
    is_deleted: bool,
}

impl Tx {
    /// The groups people were in with the instants they were in them from, the first one first.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_memberships(
        &self,
        people: &[PersonId],
    ) -> Result<BTreeMap<PersonId, Vec<(Timestamp, Membership)>>, StoreError> {
        let mut memberships: BTreeMap<PersonId, Vec<(Timestamp, Membership)>> = BTreeMap::new();
        for people in people.chunks(CHUNK) {
            let organisation = vec![self.organisation().uuid().into()];
            let mut clause = Clause::new("m.organisation_id = $1", organisation);
            let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
            clause.and(&format!("m.person_id IN ({ids})"));
            let Clause { text, values } = clause;
            let sql = format!(
                "SELECT m.person_id, m.at, m.group_id, g.is_deleted FROM membership_change m
                 JOIN allocation_group g ON g.organisation_id = m.organisation_id AND g.id = m.group_id
                 WHERE {text} ORDER BY m.person_id, m.version"
            );
            let statement = Statement::from_sql_and_values(self.backend(), sql, values);
            for row in MembershipRow::find_by_statement(statement)
                .all(self.connection())
                .await?
            {
                let membership = Membership {
                    group: GroupId::new(row.group_id),
                    is_deleted: row.is_deleted,
                };
                memberships
                    .entry(PersonId::new(row.person_id))
                    .or_default()
                    .push((Timestamp::from_micros(row.at), membership));
            }
        }
        Ok(memberships)
    }
}
