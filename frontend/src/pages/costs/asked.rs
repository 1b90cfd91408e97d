//! What an address asks for, and the addresses that lead on from it. All state of the page is in its address.

use allowance_api_types::costs::{
    CostBy, CostCompare, CostDays, CostEventsExportQuery, CostEventsQuery, CostOrder, CostSeriesQuery,
    CostsExportQuery, CostsQuery,
};
use allowance_values::{Day, PersonId};

use super::super::list_url::PAGE_SIZE;
use super::super::words;
use super::span::{OWN, Period, Span};

pub(super) const BY: &str = "by";
pub(super) const DAYS: &str = "days";
pub(super) const MEASURE: &str = "measure";
pub(super) const RANGE: &str = "range";
pub(super) const SINCE: &str = "since";
pub(super) const UNTIL: &str = "until";
/// Names the filters that stand for "has none", which no value can say.
const NONE: &str = "none";
/// A month of days is one page.
const DAYS_ON_A_PAGE: u32 = 100;
/// The word of [`View::Events`].
const EVENTS: &str = "events";

/// What can be filtered by: the parameter, in the order in which drilling down goes on.
pub(super) const FILTERS: [(CostBy, &str); 6] = [
    (CostBy::Group, "group"),
    (CostBy::Person, "person"),
    (CostBy::Provider, "provider"),
    (CostBy::Model, "model"),
    (CostBy::Operation, "operation"),
    (CostBy::Tag, "tag"),
];

/// Changes of parameters.
pub(super) type Changes = Vec<(&'static str, Option<String>)>;

/// What is shown: figures told apart, or the events behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Told(CostBy),
    Events,
}

impl View {
    pub(super) fn word(self) -> String {
        match self {
            Self::Told(by) => words::word(by),
            Self::Events => EVENTS.to_owned(),
        }
    }
}

/// A filter: by what, and which; nothing for what has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) by: CostBy,
    pub(super) key: Option<String>,
}

/// What an address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) view: View,
    pub(super) days: CostDays,
    /// Credits or cost; nothing while the viewer has not chosen.
    pub(super) measure: Option<CostOrder>,
    pub(super) span: Span,
    pub(super) filters: Vec<Filter>,
    /// Whose use alone is meant; nothing for that of everybody the viewer sees.
    pub(super) own: Option<PersonId>,
}

/// The fields that every question has.
macro_rules! question {
    ($asked:expr, $period:expr, $kind:ident { $($own:tt)* }) => {
        $kind {
            from: $period.from,
            to: $period.to,
            cycle_id: $period.cycle,
            days: Some($asked.days),
            group_id: $asked.key(CostBy::Group).and_then(|id| id.parse().ok()),
            person_id: $asked.key(CostBy::Person).and_then(|id| id.parse().ok()),
            provider: $asked.key(CostBy::Provider),
            model: $asked.key(CostBy::Model),
            operation: $asked.key(CostBy::Operation),
            tag: $asked.key(CostBy::Tag),
            $($own)*
        }
    };
}

impl Asked {
    /// Reads it off an address.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>, own: Option<PersonId>) -> Self {
        let day = |name: &str| get(name).and_then(|text| text.parse::<Day>().ok());
        let none = get(NONE).unwrap_or_default();
        let filter = |(by, name): (CostBy, &str)| {
            if !is_told(own, by) {
                return None;
            }
            if none.split(',').any(|without| without == name) {
                return Some(Filter { by, key: None });
            }
            get(name).map(|key| Filter { by, key: Some(key) })
        };
        let view = match get(BY) {
            Some(word) if word == EVENTS => View::Events,
            word => {
                let by = word.and_then(|word| known(&word));
                View::Told(by.filter(|by| is_told(own, *by)).unwrap_or(CostBy::Day))
            }
        };
        Self {
            view,
            days: get(DAYS)
                .and_then(|word| known(&word))
                .unwrap_or(CostDays::Happened),
            measure: get(MEASURE).and_then(|word| known(&word)),
            span: Span::read(get(RANGE).as_deref(), day(SINCE), day(UNTIL)),
            filters: FILTERS.into_iter().filter_map(filter).collect(),
            own,
        }
    }

    /// By what figures can be told apart.
    pub(super) fn ways(&self) -> impl Iterator<Item = CostBy> {
        let own = self.own;
        CostBy::ALL.iter().copied().filter(move |by| is_told(own, *by))
    }

    /// What a filter asks the server for: empty text for what has none.
    fn key(&self, by: CostBy) -> Option<String> {
        if by == CostBy::Person
            && let Some(own) = self.own
        {
            return Some(own.to_string());
        }
        let filter = self.filters.iter().find(|filter| filter.by == by)?;
        Some(filter.key.clone().unwrap_or_default())
    }

    /// What figures are told apart by; the events' chart is told apart by nothing.
    pub(super) const fn by(&self) -> CostBy {
        match self.view {
            View::Told(by) => by,
            View::Events => CostBy::Day,
        }
    }

    pub(super) fn costs(&self, period: Period, measure: CostOrder, cursor: Option<String>) -> CostsQuery {
        question!(
            self,
            period,
            CostsQuery {
                by: Some(self.by()),
                order: Some(measure),
                compare: Some(CostCompare::Previous),
                cursor,
                limit: Some(if self.by() == CostBy::Day {
                    DAYS_ON_A_PAGE
                } else {
                    PAGE_SIZE
                }),
            }
        )
    }

    pub(super) fn series(&self, period: Period, measure: CostOrder) -> CostSeriesQuery {
        question!(
            self,
            period,
            CostSeriesQuery {
                by: Some(self.by()),
                order: Some(measure),
            }
        )
    }

    pub(super) fn events(&self, period: Period, cursor: Option<String>, limit: u32) -> CostEventsQuery {
        question!(
            self,
            period,
            CostEventsQuery {
                cursor,
                limit: Some(limit),
            }
        )
    }

    pub(super) fn export(&self, period: Period, measure: CostOrder, bom: bool) -> CostsExportQuery {
        question!(
            self,
            period,
            CostsExportQuery {
                by: Some(self.by()),
                order: Some(measure),
                compare: Some(CostCompare::Previous),
                bom: Some(bom),
            }
        )
    }

    pub(super) fn events_export(&self, period: Period) -> CostEventsExportQuery {
        question!(self, period, CostEventsExportQuery { bom: Some(true) })
    }

    /// Where a row leads: it becomes a filter, and what it is made of is told apart by the next thing that is not.
    pub(super) fn opened(&self, key: Option<&str>) -> Changes {
        let by = self.by();
        let mut changes: Changes = Vec::new();
        if by == CostBy::Day {
            let day = key.map(str::to_owned);
            changes.extend([(RANGE, Some(OWN.to_owned())), (SINCE, day.clone()), (UNTIL, day)]);
        } else {
            let filter = Filter {
                by,
                key: key.map(str::to_owned),
            };
            changes.extend(self.with(filter));
        }
        changes.push((BY, Some(self.next(by).word())));
        changes
    }

    /// With one more filter.
    fn with(&self, filter: Filter) -> Changes {
        let mut filters: Vec<Filter> = self.filters.clone();
        filters.retain(|known| known.by != filter.by);
        filters.push(filter);
        written(&filters)
    }

    /// Without this filter.
    pub(super) fn without(&self, by: CostBy) -> Changes {
        let mut filters = self.filters.clone();
        filters.retain(|known| known.by != by);
        written(&filters)
    }

    /// What comes after one was filtered by: the first behind it that is not, else the first before it, else the events.
    fn next(&self, by: CostBy) -> View {
        let is_free = |(other, _): &&(CostBy, &str)| {
            *other != by && is_told(self.own, *other) && self.filters.iter().all(|filter| filter.by != *other)
        };
        let place = FILTERS.iter().position(|(other, _)| *other == by);
        // A tag is what somebody made of it: models behind it say more than nothing at all.
        let (before, behind) = FILTERS.split_at(place.map_or(0, |place| place.saturating_add(1)));
        let next = behind
            .iter()
            .find(is_free)
            .or_else(|| before.iter().find(is_free));
        next.map_or(View::Events, |(by, _)| View::Told(*by))
    }
}

/// Whether figures are told apart by this; those of one person not by whose they are.
fn is_told(own: Option<PersonId>, by: CostBy) -> bool {
    own.is_none() || !matches!(by, CostBy::Group | CostBy::Person)
}

/// No filters at all.
pub(super) fn unfiltered() -> Changes {
    written(&[])
}

fn written(filters: &[Filter]) -> Changes {
    let of = |by: CostBy| filters.iter().find(|filter| filter.by == by);
    let mut changes: Changes = FILTERS
        .into_iter()
        .map(|(by, name)| (name, of(by).and_then(|filter| filter.key.clone())))
        .collect();
    let without: Vec<&str> = FILTERS
        .into_iter()
        .filter(|(by, _)| of(*by).is_some_and(|filter| filter.key.is_none()))
        .map(|(_, name)| name)
        .collect();
    changes.push((NONE, Some(without.join(","))));
    changes
}

fn known<T: allowance_api_types::read::Read + serde::Serialize>(word: &str) -> Option<T> {
    words::from_word::<T>(word).filter(|value| words::word(value) == word)
}

#[cfg(test)]
#[path = "asked_tests.rs"]
mod tests;
