//! Whom a filter names: a WHERE clause that costs by the rarest word of a search.
//!
//! A search first counts, up to a bound, how often its rarest word occurs. Up to the bound, those who have it are fetched
//! and sorted. Beyond it, matches lie close together, and the name index is walked until the page is full.

use allowance_values::OrganisationId;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};

use super::list::{PeopleFilter, Scope};
use crate::clause::Clause;
use crate::error::StoreError;

/// Up to so many occurrences of a word are sorted.
const SORTED: i64 = 10_000;
/// So many occurrences of a word are often enough to count to the bound of counts.
const SAMPLE: i64 = 3_000;
/// More words than this narrow nothing down.
pub(crate) const MAX_WORDS: usize = 8;

#[derive(FromQueryResult)]
struct CountRow {
    count: i64,
}

/// The rarest word of a search.
pub(super) struct Rarest<'w> {
    pub(super) word: &'w str,
    /// Whether it occurs more often than is sorted.
    pub(super) is_common: bool,
}

/// Whom a query looks at.
#[derive(Clone, Copy)]
pub(super) enum Among<'w> {
    /// Everybody, in the order of the name index.
    Everybody,
    /// Those who have this word.
    Holders(&'w str),
    /// Some of those who have this word.
    SomeHolders(&'w str),
}

/// People that a filter names, as `p`: where they come from, and the condition.
pub(crate) struct Matching {
    pub(crate) from: String,
    pub(crate) clause: Clause,
}

impl Matching {
    /// Everybody a filter names, in no order.
    pub(crate) async fn everybody<C: ConnectionTrait>(
        connection: &C,
        organisation: OrganisationId,
        filter: &PeopleFilter,
    ) -> Result<Self, StoreError> {
        let rarest = rarest_of(connection, organisation, &filter.words).await?;
        let (among, _) = sorted(rarest.as_ref());
        Ok(Self::of(
            connection.get_database_backend(),
            organisation,
            filter,
            among,
        ))
    }

    pub(super) fn of(
        backend: DbBackend,
        organisation: OrganisationId,
        filter: &PeopleFilter,
        among: Among<'_>,
    ) -> Self {
        let mut from = "person p".to_owned();
        let mut clause = Clause::new("p.organisation_id = $1", vec![organisation.uuid().into()]);
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
            let (first, last) = (clause.bind(word), clause.bind(end_of(word)));
            let holders = format!(
                "SELECT DISTINCT t.person_id FROM person_token t WHERE t.organisation_id = $1
                 AND t.token >= {first} AND t.token < {last}{limit}"
            );
            // From the few who have the word to their rows, never the other way: SQLite keeps the order of a CROSS JOIN,
            // PostgreSQL finds it by itself in a membership and loses it in a join.
            if backend == DbBackend::Sqlite {
                from = format!("({holders}) h CROSS JOIN person p");
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
            let (first, last) = (clause.bind(word.as_str()), clause.bind(end_of(word)));
            // OFFSET keeps PostgreSQL from turning this into a join over everybody who has the word.
            clause.and(&format!(
                "EXISTS (SELECT 1 FROM person_token t WHERE t.organisation_id = p.organisation_id
                 AND t.person_id = p.id AND t.token >= {first} AND t.token < {last} LIMIT 1 OFFSET 0)"
            ));
        }
        Self { from, clause }
    }
}

/// The least text that is greater than every text that begins with the word.
pub(crate) fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
}

/// The word that occurs least often; nothing when none was asked for.
pub(super) async fn rarest_of<'w, C: ConnectionTrait>(
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

pub(super) async fn count<C: ConnectionTrait>(
    connection: &C,
    sql: String,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = CountRow::find_by_statement(statement).one(connection).await?;
    Ok(row.map_or(0, |row| u64::try_from(row.count).unwrap_or(0)))
}

/// Whom to look at and what to sort by. An expression keeps both databases from walking the name index where sorting is
/// less work.
pub(super) const fn sorted<'w>(rarest: Option<&Rarest<'w>>) -> (Among<'w>, &'static str) {
    match rarest {
        Some(Rarest {
            word,
            is_common: false,
        }) => (Among::Holders(word), "(p.name_key || '')"),
        Some(Rarest { is_common: true, .. }) | None => (Among::Everybody, "p.name_key"),
    }
}
