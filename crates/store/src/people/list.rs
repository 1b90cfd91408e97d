//! Pages of people, by name, and search by the beginnings of words.
//!
//! A page costs the same in a group of a hundred and of a hundred thousand: it walks an index that leads with the
//! organisation (and the group) in the order asked for. A search first counts, up to a bound, how often its rarest word
//! occurs. Up to the bound, those who have it are fetched and sorted. Beyond it, matches lie close together, and the name
//! index is walked until the page is full. Counting ends at a bound as well.

use allowance_domain::people::{PersonStatus, name_key};
use allowance_values::{GroupId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::row::PersonRow;
use crate::connect::Store;
use crate::entities::person;
use crate::error::StoreError;

/// Up to so many occurrences of a word are sorted.
const SORTED: i64 = 10_000;
/// So many occurrences of a word are often enough to count to the bound.
const SAMPLE: i64 = 3_000;
/// Counts end here.
const COUNTED: u64 = 1_000;
/// More words than this narrow nothing down.
pub(crate) const MAX_WORDS: usize = 8;

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

#[derive(FromQueryResult)]
struct CountRow {
    count: i64,
}

/// The rarest word of a search.
struct Rarest<'w> {
    word: &'w str,
    /// Whether it occurs more often than is sorted.
    is_common: bool,
}

/// Whom a query looks at.
#[derive(Clone, Copy)]
enum Among<'w> {
    /// Everybody, in the order of the name index.
    Everybody,
    /// Those who have this word.
    Holders(&'w str),
    /// Some of those who have this word.
    SomeHolders(&'w str),
}

/// A WHERE clause under way, with its values in the order of their numbers.
struct Clause {
    /// Where the rows come from.
    from: String,
    text: String,
    values: Vec<Value>,
}

impl Clause {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn bind_all(&mut self, ids: impl IntoIterator<Item = Uuid>) -> String {
        let places: Vec<String> = ids.into_iter().map(|id| self.bind(id)).collect();
        // An empty list is no SQL; NULL is in no row.
        if places.is_empty() {
            "NULL".to_owned()
        } else {
            places.join(", ")
        }
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    fn of(backend: DbBackend, organisation: OrganisationId, filter: &PeopleFilter, among: Among<'_>) -> Self {
        let mut clause = Self {
            from: "person p".to_owned(),
            text: "p.organisation_id = $1".to_owned(),
            values: vec![organisation.uuid().into()],
        };
        let PeopleFilter {
            words,
            group,
            status,
            manager,
            scope,
            order: _,
        } = filter;
        let bound = match among {
            Among::Everybody => None,
            Among::Holders(word) => Some((word, String::new())),
            Among::SomeHolders(word) => Some((word, format!(" LIMIT {SAMPLE}"))),
        };
        let known = bound.as_ref().map(|(word, _)| *word);
        if let Some((word, limit)) = bound {
            let (from, to) = (clause.bind(word), clause.bind(end_of(word)));
            let holders = format!(
                "SELECT DISTINCT t.person_id FROM person_token t WHERE t.organisation_id = $1
                 AND t.token >= {from} AND t.token < {to}{limit}"
            );
            // From the few who have the word to their rows, never the other way: SQLite keeps the order of a CROSS JOIN,
            // PostgreSQL finds it by itself in a membership and loses it in a join.
            if backend == DbBackend::Sqlite {
                clause.from = format!("({holders}) h CROSS JOIN person p");
                clause.and("p.id = h.person_id");
            } else {
                clause.and(&format!("p.id IN ({holders})"));
            }
        }
        if let Some(group) = group {
            let group = clause.bind(group.uuid());
            clause.and(&format!("p.group_id = {group}"));
        }
        if let Some(status) = status {
            let status = clause.bind(status.as_str());
            clause.and(&format!("p.status = {status}"));
        }
        if let Some(manager) = manager {
            let manager = clause.bind(manager.uuid());
            clause.and(&format!("p.manager_id = {manager}"));
        }
        if let Some(Scope { person, groups }) = scope {
            let person = clause.bind(person.uuid());
            let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
            clause.and(&format!(
                "(p.id = {person} OR p.manager_id = {person} OR p.group_id IN ({groups}))"
            ));
        }
        for word in words
            .iter()
            .take(MAX_WORDS)
            .filter(|word| known != Some(word.as_str()))
        {
            let (from, to) = (clause.bind(word.as_str()), clause.bind(end_of(word)));
            // OFFSET keeps PostgreSQL from turning this into a join over everybody who has the word.
            clause.and(&format!(
                "EXISTS (SELECT 1 FROM person_token t WHERE t.organisation_id = p.organisation_id
                 AND t.person_id = p.id AND t.token >= {from} AND t.token < {to} LIMIT 1 OFFSET 0)"
            ));
        }
        clause
    }
}

/// The least text that is greater than every text that begins with the word.
pub(crate) fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
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
        let mut clause = Clause::of(self.backend(), organisation, filter, among);
        let (later, direction) = directions(filter.order);
        if let Some(PageStart { name_key, id }) = after {
            let (after, id) = (clause.bind(name_key.as_str()), clause.bind(id.uuid()));
            clause.and(&format!("({key}, p.id) {later} ({after}, {id})"));
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = clause.bind(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX));
        let Clause { from, text, values } = clause;
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
        Ok(Total {
            count: count.min(COUNTED),
            is_exact: count <= COUNTED,
        })
    }

    /// How many match, up to one more than the bound.
    async fn count_bounded(
        &self,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        among: Among<'_>,
    ) -> Result<u64, StoreError> {
        let mut clause = Clause::of(self.backend(), organisation, filter, among);
        let bound = clause.bind(i64::try_from(COUNTED.saturating_add(1)).unwrap_or(i64::MAX));
        let Clause { from, text, values } = clause;
        let sql = format!(
            "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM {from} WHERE {text} LIMIT {bound}) AS bounded"
        );
        count(self.read(), sql, values).await
    }
}

/// The word that occurs least often; nothing when none was asked for.
async fn rarest_of<'w, C: ConnectionTrait>(
    connection: &C,
    organisation: OrganisationId,
    words: &'w [String],
) -> Result<Option<Rarest<'w>>, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM person_token
         WHERE organisation_id = $1 AND token >= $2 AND token < $3 LIMIT $4) AS bounded";
    let bound = SORTED.saturating_add(1);
    let mut rarest: Option<(u64, &str)> = None;
    for word in words.iter().take(MAX_WORDS) {
        let values: Vec<Value> = vec![
            organisation.uuid().into(),
            word.as_str().into(),
            end_of(word).into(),
            bound.into(),
        ];
        let count = count(connection, sql.to_owned(), values).await?;
        if rarest.is_none_or(|(least, _)| count < least) {
            rarest = Some((count, word));
        }
    }
    Ok(rarest.map(|(count, word)| Rarest {
        word,
        is_common: i64::try_from(count).is_ok_and(|count| count > SORTED),
    }))
}

async fn count<C: ConnectionTrait>(
    connection: &C,
    sql: String,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = CountRow::find_by_statement(statement).one(connection).await?;
    Ok(row.map_or(0, |row| u64::try_from(row.count).unwrap_or(0)))
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
    let mut clause = Clause::of(backend, organisation, filter, among);
    let (_, direction) = directions(filter.order);
    let limit = clause.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let Clause { from, text, values } = clause;
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

/// Whom to look at and what to sort by. An expression keeps both databases from walking the name index where sorting is
/// less work.
const fn sorted<'w>(rarest: Option<&Rarest<'w>>) -> (Among<'w>, &'static str) {
    match rarest {
        Some(Rarest {
            word,
            is_common: false,
        }) => (Among::Holders(word), "(p.name_key || '')"),
        Some(Rarest { is_common: true, .. }) | None => (Among::Everybody, "p.name_key"),
    }
}

/// How a later row compares, and the word for it.
const fn directions(order: PeopleOrder) -> (&'static str, &'static str) {
    match order {
        PeopleOrder::Name => (">", "ASC"),
        PeopleOrder::NameDescending => ("<", "DESC"),
    }
}
