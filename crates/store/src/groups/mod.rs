//! Groups: their names, owners and numbers of members. What they hold is the ledger's.

use allowance_domain::authz::GroupFacts;
use allowance_domain::people::name_key;
use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
    Statement,
};
use uuid::Uuid;

use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::{allocation_group, person};
use crate::error::StoreError;
use crate::ledger::CHUNK;
use crate::tx::Tx;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Whether it is the system-made group of everyone else.
    pub is_default: bool,
    /// Who distributes within it.
    pub owner: Option<PersonId>,
    /// How many people are in it.
    pub member_count: u64,
    /// Rises with every edit.
    pub version: i64,
}

impl Group {
    /// What a permit needs.
    #[must_use]
    pub const fn facts(&self) -> GroupFacts {
        GroupFacts { id: self.id }
    }
}

/// The group after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStart {
    /// Whether it is the Default group, which comes first.
    pub is_default: bool,
    /// Its sort key.
    pub name_key: String,
    /// Its id.
    pub id: GroupId,
}

impl GroupStart {
    /// After this group.
    #[must_use]
    pub fn after(group: &Group) -> Self {
        Self {
            is_default: group.is_default,
            name_key: name_key(&group.name),
            id: group.id,
        }
    }
}

impl From<allocation_group::Model> for Group {
    fn from(row: allocation_group::Model) -> Self {
        let allocation_group::Model {
            organisation_id: _,
            id,
            name,
            name_key: _,
            is_default,
            owner_id,
            member_count,
            is_deleted: _,
            version,
            created_at: _,
        } = row;
        Self {
            id: GroupId::new(id),
            name,
            is_default,
            owner: owner_id.map(PersonId::new),
            member_count: u64::try_from(member_count).unwrap_or(0),
            version,
        }
    }
}

async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    id: GroupId,
) -> Result<Option<Group>, StoreError> {
    let row = allocation_group::Entity::find_by_id((organisation.uuid(), id.uuid()))
        .filter(allocation_group::Column::IsDeleted.eq(false))
        .one(connection)
        .await?;
    Ok(row.map(Group::from))
}

/// Members are counted with what changes them, never by a scan.
pub(crate) async fn count_members<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    group: GroupId,
    by: i64,
) -> Result<(), StoreError> {
    use allocation_group::Column;
    allocation_group::Entity::update_many()
        .col_expr(Column::MemberCount, Expr::col(Column::MemberCount).add(by))
        .filter(Column::OrganisationId.eq(organisation.uuid()))
        .filter(Column::Id.eq(group.uuid()))
        .exec(connection)
        .await?;
    Ok(())
}

impl Store {
    /// One group; nothing when it was deleted.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_group(
        &self,
        organisation: OrganisationId,
        id: GroupId,
    ) -> Result<Option<Group>, StoreError> {
        find(self.read(), organisation, id).await
    }

    /// Groups that are not deleted, Default first, then by name; only `among` where given.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_groups(
        &self,
        organisation: OrganisationId,
        among: Option<&[GroupId]>,
        after: Option<&GroupStart>,
        limit: u64,
    ) -> Result<Vec<Group>, StoreError> {
        use allocation_group::Column;
        let mut query = allocation_group::Entity::find()
            .filter(Column::OrganisationId.eq(organisation.uuid()))
            .filter(Column::IsDeleted.eq(false));
        if let Some(among) = among {
            query = query.filter(Column::Id.is_in(among.iter().map(|group| group.uuid())));
        }
        if let Some(after) = after {
            query = query.filter(Column::IsDefault.eq(false));
            if !after.is_default {
                let (key, id) = (after.name_key.as_str(), after.id.uuid());
                let same_name = Condition::all()
                    .add(Column::NameKey.eq(key))
                    .add(Column::Id.gt(id));
                query = query.filter(Condition::any().add(Column::NameKey.gt(key)).add(same_name));
            }
        }
        let rows = query
            .order_by_desc(Column::IsDefault)
            .order_by_asc(Column::NameKey)
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(self.read())
            .await?;
        Ok(rows.into_iter().map(Group::from).collect())
    }
}

impl Tx {
    /// One group, read under the head; nothing when it was deleted.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn find_group(&self, id: GroupId) -> Result<Option<Group>, StoreError> {
        find(self.connection(), self.organisation(), id).await
    }

    /// The group of everyone who is in no other.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn default_group(&self) -> Result<Group, StoreError> {
        let row = allocation_group::Entity::find()
            .filter(allocation_group::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(allocation_group::Column::IsDefault.eq(true))
            .one(self.connection())
            .await?;
        row.map(Group::from)
            .ok_or(StoreError::Corrupt("allocation_group"))
    }

    /// Makes an empty group.
    ///
    /// # Errors
    /// The constraint `allocation_group_name_unique`, or the store's own error.
    pub async fn insert_group(
        &mut self,
        id: GroupId,
        name: String,
        owner: Option<PersonId>,
    ) -> Result<(), StoreError> {
        allocation_group::Entity::insert(allocation_group::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(id.uuid()),
            name_key: Set(name_key(&name)),
            name: Set(name),
            is_default: Set(false),
            owner_id: Set(owner.map(PersonId::uuid)),
            member_count: Set(0),
            is_deleted: Set(false),
            version: Set(1),
            created_at: Set(self.at().micros()),
        })
        .exec_without_returning(self.connection())
        .await?;
        // Owning a group is a permission.
        self.raise_epoch();
        Ok(())
    }

    /// Gives a group another name and owner.
    ///
    /// # Errors
    /// The constraint `allocation_group_name_unique`, or the store's own error.
    pub async fn update_group(
        &mut self,
        group: &Group,
        name: String,
        owner: Option<PersonId>,
    ) -> Result<(), StoreError> {
        let model = allocation_group::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(group.id.uuid()),
            name_key: Set(name_key(&name)),
            name: Set(name),
            owner_id: Set(owner.map(PersonId::uuid)),
            version: Set(group.version.saturating_add(1)),
            ..Default::default()
        };
        allocation_group::Entity::update(model)
            .exec(self.connection())
            .await?;
        self.raise_epoch();
        Ok(())
    }

    /// Puts people under another group and counts them there. The books of all credit types move together; whoever comes
    /// second finds them there already, and nothing is counted twice.
    ///
    /// # Errors
    /// The store's own error.
    pub(crate) async fn move_members(
        &mut self,
        from: GroupId,
        to: GroupId,
        people: &[PersonId],
    ) -> Result<(), StoreError> {
        self.change_terms();
        for people in people.chunks(CHUNK) {
            self.keep_membership(from, to, people).await?;
            let moved = person::Entity::update_many()
                .col_expr(person::Column::GroupId, Expr::value(to.uuid()))
                .col_expr(person::Column::Version, Expr::col(person::Column::Version).add(1))
                .filter(person::Column::OrganisationId.eq(self.organisation().uuid()))
                .filter(person::Column::Id.is_in(people.iter().map(|person| person.uuid())))
                .filter(person::Column::GroupId.eq(from.uuid()))
                .exec(self.connection())
                .await?;
            let moved = i64::try_from(moved.rows_affected).unwrap_or(i64::MAX);
            count_members(
                self.connection(),
                self.organisation(),
                from,
                moved.saturating_neg(),
            )
            .await?;
            count_members(self.connection(), self.organisation(), to, moved).await?;
        }
        Ok(())
    }

    /// Keeps from when on these people are in another group; those who have left the first already are kept.
    async fn keep_membership(
        &self,
        from: GroupId,
        to: GroupId,
        people: &[PersonId],
    ) -> Result<(), StoreError> {
        let mut clause = Clause::new(
            "organisation_id = $1",
            vec![
                self.organisation().uuid().into(),
                self.at().micros().into(),
                to.uuid().into(),
            ],
        );
        let from = clause.bind(from.uuid());
        clause.and(&format!("group_id = {from}"));
        let ids = clause.bind_all(people.iter().map(|person| person.uuid()));
        clause.and(&format!("id IN ({ids})"));
        let Clause { text, values } = clause;
        let sql = format!(
            "INSERT INTO membership_change (organisation_id, person_id, version, at, group_id)
             SELECT organisation_id, id, version + 1, $2, $3 FROM person WHERE {text}"
        );
        let connection = self.connection();
        let backend = connection.get_database_backend();
        connection
            .execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await?;
        Ok(())
    }

    /// Deletes a group whose people the ledger has put under another. Its row stays, readable with what it used.
    ///
    /// # Errors
    /// The constraint `allocation_group_deleted_is_empty`, or the store's own error.
    pub async fn close_group(&mut self, group: &Group) -> Result<(), StoreError> {
        let model = allocation_group::ActiveModel {
            organisation_id: Set(self.organisation().uuid()),
            id: Set(group.id.uuid()),
            is_deleted: Set(true),
            version: Set(group.version.saturating_add(1)),
            ..Default::default()
        };
        allocation_group::Entity::update(model)
            .exec(self.connection())
            .await?;
        self.raise_epoch();
        Ok(())
    }

    /// Everyone in a group.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn members_of(&self, group: GroupId) -> Result<Vec<PersonId>, StoreError> {
        let ids: Vec<Uuid> = person::Entity::find()
            .select_only()
            .column(person::Column::Id)
            .filter(person::Column::OrganisationId.eq(self.organisation().uuid()))
            .filter(person::Column::GroupId.eq(group.uuid()))
            .order_by_asc(person::Column::NameKey)
            .order_by_asc(person::Column::Id)
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(ids.into_iter().map(PersonId::new).collect())
    }
}
