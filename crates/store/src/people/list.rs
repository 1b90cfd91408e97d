//! Pages of people, by name, and how many there are.
//!
//! A page costs the same in a group of a hundred and of a hundred thousand: it walks an index that leads with the
//! organisation (and the group) in the order asked for. Counting ends at a bound.

use allowance_domain::people::{PersonStatus, name_key};
use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::row::PersonRow;
use super::search::{Among, Matching, Rarest, count, rarest_of, sorted};
use crate::clause::Clause;
use crate::connect::Store;
use crate::entities::person;
use crate::error::StoreError;

/// Counts end here.
pub(crate) const COUNTED: u64 = 1_000;

/// In which order people are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PeopleOrder {
    /// By name, A to Z.
    #[default]
    Name,
    /// By name, Z to A.
    NameDescending,
}

/// Which people are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Words, as `search_words` gives them, each of which must begin a word of the person.
    pub words: Vec<String>,
    /// Only this group.
    pub group: Option<GroupId>,
    /// Only this status.
    pub status: Option<PersonStatus>,
    /// Only direct reports of this person.
    pub manager: Option<PersonId>,
    /// Only whom this viewer may see; everybody when absent.
    pub scope: Option<Scope>,
    /// In which order.
    pub order: PeopleOrder,
}

/// Whom a viewer sees who does not see everybody: themselves, their reports, their groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The viewer.
    pub person: PersonId,
    /// The groups they own.
    pub groups: Vec<GroupId>,
}

/// The row after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStart {
    /// Its sort key.
    pub name_key: String,
    /// Its id.
    pub id: PersonId,
}

impl PageStart {
    /// After this person.
    #[must_use]
    pub fn after(row: &PersonRow) -> Self {
        Self {
            name_key: name_key(&row.profile.display_name),
            id: row.id,
        }
    }
}

/// How many rows there are in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The count, or a lower bound of it.
    pub count: u64,
    /// Whether it is exact.
    pub is_exact: bool,
}

impl Total {
    /// A count that ends at the bound.
    pub(crate) fn counted(count: u64) -> Self {
        Self {
            count: count.min(COUNTED),
            is_exact: count <= COUNTED,
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeoplePage {
    /// The people, by name.
    pub rows: Vec<PersonRow>,
    /// Where the next page begins; nothing on the last.
    pub next: Option<PageStart>,
    /// How many there are in all.
    pub total: Total,
}

impl Store {
    /// People by name, from a start on.
    ///
    /// # Errors
    /// The store's own error.
    pub async fn list_people(
        &self,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        after: Option<&PageStart>,
        limit: u64,
    ) -> Result<PeoplePage, StoreError> {
        let rarest = rarest_of(self.read(), organisation, &filter.words).await?;
        let total = self.count_people(organisation, filter, rarest.as_ref()).await?;
        let (among, key) = sorted(rarest.as_ref());
        let Matching { from, mut clause } = Matching::of(self.backend(), organisation, filter, among);
        let (later, direction) = directions(filter.order);
        if let Some(PageStart { name_key, id }) = after {
            let (after, id) = (clause.bind(name_key.as_str()), clause.bind(id.uuid()));
            clause.and(&format!("({key}, p.id) {later} ({after}, {id})"));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = clause.bind(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX));
        let Clause { text, values } = clause;
        let sql = format!(
            "SELECT p.* FROM {from} WHERE {text} ORDER BY {key} {direction}, p.id {direction} LIMIT {more}"
        );
        let models = person::Entity::find()
            .from_raw_sql(Statement::from_sql_and_values(self.backend(), sql, values))
            .all(self.read())
            .await?;
        let mut rows = models
            .into_iter()
            .map(PersonRow::try_from)
            .collect::<Result<Vec<_>, _>>()?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(PageStart::after);
        Ok(PeoplePage { rows, next, total })
    }

    async fn count_people(
        &self,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        rarest: Option<&Rarest<'_>>,
    ) -> Result<Total, StoreError> {
        let PeopleFilter {
            words,
            group,
            status,
            manager,
            scope,
            order: _,
        } = filter;
        if words.is_empty() && status.is_none() && manager.is_none() && scope.is_none() {
            let mut sql =
                "SELECT CAST(COALESCE(SUM(member_count), 0) AS BIGINT) AS count FROM allocation_group
                 WHERE organisation_id = $1"
                    .to_owned();
            let mut values: Vec<Value> = vec![organisation.uuid().into()];
            if let Some(group) = group {
                sql.push_str(" AND id = $2");
                values.push(group.uuid().into());
            }
            let count = count(self.read(), sql, values).await?;
            return Ok(Total {
                count,
                is_exact: true,
            });
        }
        let count = match rarest {
            Some(Rarest {
                word,
                is_common: true,
            }) => {
                let some = self
                    .count_bounded(organisation, filter, Among::SomeHolders(word))
                    .await?;
                if some > COUNTED {
                    some
                } else {
                    self.count_bounded(organisation, filter, Among::Everybody).await?
                }
            }
            Some(Rarest {
                word,
                is_common: false,
            }) => {
                self.count_bounded(organisation, filter, Among::Holders(word))
                    .await?
            }
            None => self.count_bounded(organisation, filter, Among::Everybody).await?,
        };
        Ok(Total::counted(count))
    }

    /// How many match, up to one more than the bound.
    async fn count_bounded(
        &self,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        among: Among<'_>,
    ) -> Result<u64, StoreError> {
        let Matching { from, clause } = Matching::of(self.backend(), organisation, filter, among);
        clause.count_up_to(self.read(), &from, COUNTED).await
    }
}

/// Everybody a filter names, in its order, with their sort keys: ids alone, in one statement.
pub(crate) async fn ids_in_order<C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    filter: &PeopleFilter,
    limit: usize,
) -> Result<Vec<PageStart>, StoreError> {
    #[derive(FromQueryResult)]
    struct IdRow {
        id: Uuid,
        name_key: String,
    }
    let rarest = rarest_of(connection, organisation, &filter.words).await?;
    let (among, key) = sorted(rarest.as_ref());
    let backend = connection.get_database_backend();
    let Matching { from, mut clause } = Matching::of(backend, organisation, filter, among);
    let (_, direction) = directions(filter.order);
    let limit = clause.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let Clause { text, values } = clause;
    let sql = format!(
        "SELECT p.id, p.name_key FROM {from} WHERE {text} ORDER BY {key} {direction}, p.id {direction} LIMIT {limit}"
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = IdRow::find_by_statement(statement).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|IdRow { id, name_key }| PageStart {
            name_key,
            id: PersonId::new(id),
        })
        .collect())
}

/// How a later row compares, and the word for it.
const fn directions(order: PeopleOrder) -> (&'static str, &'static str) {
    match order {
        PeopleOrder::Name => (">", "ASC"),
        PeopleOrder::NameDescending => ("<", "DESC"),
    }
}
