//! Which sums are asked for, as conditions on the rows of the roll-up and of the tail alike: both have the same columns.

use allowance_values::{CreditTypeId, Day, GroupId, OrganisationId, PersonId};
use sea_orm::{DbBackend, Value};

use super::fold::{COLUMNS, from_json};
use crate::clause::Clause;

/// Which day and cycle a use belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostDays {
    /// Those in which it happened.
    Happened,
    /// Those to which it was charged.
    Counted,
}

impl CostDays {
    /// The column of the day.
    pub(super) const fn day(self) -> &'static str {
        match self {
            Self::Happened => "happened_day",
            Self::Counted => "counted_day",
        }
    }

    /// The column of the cycle.
    const fn cycle(self) -> &'static str {
        match self {
            Self::Happened => "happened_cycle",
            Self::Counted => "cycle_number",
        }
    }
}

/// What rows are ordered by, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostOrder {
    /// Credits.
    Credits,
    /// Cost.
    Cost,
}

/// Days, a cycle with its stretches, or those days of the cycle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CostPeriod {
    /// The first day and the last.
    pub days: Option<(Day, Day)>,
    /// The cycle's number and those of its stretches.
    pub cycles: Option<Vec<i64>>,
}

/// Only what is so. An empty text is what has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CostFilter {
    /// In this group.
    pub group: Option<GroupId>,
    /// Of this person.
    pub person: Option<PersonId>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this model.
    pub model: Option<String>,
    /// Of this operation.
    pub operation: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
}

/// Whose use is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CostViewer {
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

/// Everything that decides which sums are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostQuery {
    /// The tenant.
    pub organisation: OrganisationId,
    /// Of which credits.
    pub credit_type: CreditTypeId,
    /// Whose use is shown.
    pub viewer: CostViewer,
    /// Only what is so.
    pub filter: CostFilter,
    /// Which day and cycle a use belongs to.
    pub days: CostDays,
    /// When.
    pub period: CostPeriod,
    /// The period before, to compare with.
    pub previous: Option<CostPeriod>,
}

/// A condition that every row meets.
const ALWAYS: &str = "1 = 1";

/// A statement over sums that is being written. `$1` is the organisation and `$2` the credit type.
pub(super) struct Select {
    backend: DbBackend,
    pub(super) clause: Clause,
    /// What is not rolled up, as one text; nothing when everything is.
    tail: Option<String>,
}

impl Select {
    pub(super) fn new(query: &CostQuery, backend: DbBackend, tail: Option<String>) -> Self {
        let values = vec![query.organisation.uuid().into(), query.credit_type.uuid().into()];
        let mut select = Self {
            backend,
            clause: Clause::new(ALWAYS, values),
            tail,
        };
        narrow_to(&mut select.clause, &query.viewer, ("group_id", "person_id"));
        select.keep(&query.filter);
        select
    }

    /// Adds that only what is so is asked for.
    fn keep(&mut self, filter: &CostFilter) {
        let is_postgres = self.backend == DbBackend::Postgres;
        let clause = &mut self.clause;
        let CostFilter {
            group,
            person,
            provider,
            model,
            operation,
            tag,
        } = filter;
        if let Some(group) = group {
            let place = clause.bind(group.uuid());
            clause.and(&format!("group_id = {place}"));
        }
        if let Some(person) = person {
            let place = clause.bind(person.uuid());
            clause.and(&format!("person_id = {place}"));
        }
        for (column, text) in [("provider", provider), ("model", model), ("operation", operation)] {
            if let Some(text) = text {
                let place = clause.bind(text.as_str());
                clause.and(&format!("{column} = {place}"));
            }
        }
        match tag.as_deref() {
            None => {}
            Some("") => clause.and("tags = '[]'"),
            Some(tag) => {
                let place = clause.bind(tag);
                let each = each_tag(is_postgres, "tags");
                clause.and(&format!(
                    "EXISTS (SELECT 1 FROM {each} WHERE tag.value = {place})"
                ));
            }
        }
    }

    /// The condition of lying in a period.
    pub(super) fn within(&mut self, period: &CostPeriod, days: CostDays) -> String {
        let CostPeriod {
            days: between,
            cycles,
        } = period;
        let mut parts = Vec::new();
        if let Some((from, to)) = between {
            let (from, to) = (self.clause.bind(from.number()), self.clause.bind(to.number()));
            parts.push(format!("{} BETWEEN {from} AND {to}", days.day()));
        }
        if let Some(cycles) = cycles {
            let places: Vec<String> = cycles.iter().map(|number| self.clause.bind(*number)).collect();
            parts.push(format!("{} IN ({})", days.cycle(), places.join(", ")));
        }
        if parts.is_empty() {
            ALWAYS.to_owned()
        } else {
            parts.join(" AND ")
        }
    }

    /// The beginning of a statement: `facts` are the sums that meet a condition, of the roll-up and of the tail.
    pub(super) fn facts(&mut self, condition: &str) -> String {
        let narrowed = self.clause.text.clone();
        let tail = match &self.tail {
            None => String::new(),
            Some(rows) => {
                let place = self.clause.bind(rows.as_str());
                format!(
                    " UNION ALL SELECT {COLUMNS} FROM ({}) AS tail WHERE credit_type_id = $2 AND ({condition}) AND {narrowed}",
                    from_json(self.backend, &place)
                )
            }
        };
        format!(
            "WITH facts AS (SELECT {COLUMNS} FROM cost_sum
             WHERE organisation_id = $1 AND credit_type_id = $2 AND ({condition}) AND {narrowed}{tail})"
        )
    }

    /// The join that repeats a sum for each of its tags.
    pub(super) fn tags(&self) -> (&'static str, &'static str) {
        if self.backend == DbBackend::Postgres {
            (
                "LEFT JOIN LATERAL jsonb_array_elements_text(CAST(facts.tags AS JSONB)) AS tag(value) ON TRUE",
                "COALESCE(tag.value, '') COLLATE \"C\"",
            )
        } else {
            (
                "LEFT JOIN json_each(facts.tags) AS tag ON TRUE",
                "COALESCE(tag.value, '')",
            )
        }
    }

    pub(super) fn values(self) -> Vec<Value> {
        self.clause.values
    }
}

/// A table of the tags in a text.
pub(super) fn each_tag(is_postgres: bool, column: &str) -> String {
    if is_postgres {
        format!("jsonb_array_elements_text(CAST({column} AS JSONB)) AS tag(value)")
    } else {
        format!("json_each({column}) AS tag")
    }
}

/// Adds whose rows are shown, by the columns of their group and person.
pub(super) fn narrow_to(clause: &mut Clause, viewer: &CostViewer, (group, person): (&str, &str)) {
    if let CostViewer::Narrow { person: own, groups } = viewer {
        let own = clause.bind(own.uuid());
        let groups = clause.bind_all(groups.iter().map(|group| group.uuid()));
        clause.and(&format!(
            "({person} = {own} OR {group} IN ({groups}) OR {person} IN
             (SELECT id FROM person report WHERE report.organisation_id = $1 AND report.manager_id = {own}))"
        ));
    }
}

/// The five sums of what meets a condition, under names that begin with a prefix.
pub(super) fn sums(prefix: &str, condition: Option<&str>) -> String {
    let sum = |column: &str| {
        let value = condition.map_or_else(
            || column.to_owned(),
            |condition| format!("CASE WHEN {condition} THEN {column} ELSE 0 END"),
        );
        format!("CAST(COALESCE(SUM({value}), 0) AS BIGINT) AS {prefix}_{column}")
    };
    ["credits_high", "credits_low", "cost_high", "cost_low", "events"]
        .map(sum)
        .join(", ")
}
