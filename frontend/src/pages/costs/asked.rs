//! What an address asks for, and the addresses that lead on from it. All state of the page is in its address.

use allowance_api_types::costs::{
    CostBy, CostCompare, CostDays, CostEventsExportQuery, CostEventsQuery, CostOrder, CostSeriesQuery,
    CostsExportQuery, CostsQuery,
};
use allowance_values::Day;

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
    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let day = |name: &str| get(name).and_then(|text| text.parse::<Day>().ok());
        let none = get(NONE).unwrap_or_default();
        let filter = |(by, name): (CostBy, &str)| {
            if none.split(',').any(|without| without == name) {
                return Some(Filter { by, key: None });
            }
            get(name).map(|key| Filter { by, key: Some(key) })
        };
        let view = match get(BY) {
            Some(word) if word == EVENTS => View::Events,
            word => View::Told(word.and_then(|word| known(&word)).unwrap_or(CostBy::Day)),
        };
        Self {
            view,
            days: get(DAYS)
                .and_then(|word| known(&word))
                .unwrap_or(CostDays::Happened),
            measure: get(MEASURE).and_then(|word| known(&word)),
            span: Span::read(get(RANGE).as_deref(), day(SINCE), day(UNTIL)),
            filters: FILTERS.into_iter().filter_map(filter).collect(),
        }
    }

    /// What a filter asks the server for: empty text for what has none.
    fn key(&self, by: CostBy) -> Option<String> {
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
            *other != by && self.filters.iter().all(|filter| filter.by != *other)
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
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The address after changes, read again.
    fn follow(address: &HashMap<&'static str, String>, changes: Changes) -> HashMap<&'static str, String> {
        let mut address = address.clone();
        for (name, value) in changes {
            address.remove(name);
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                address.insert(name, value);
            }
        }
        address
    }

    fn read(address: &HashMap<&'static str, String>) -> Asked {
        Asked::read(&|name| address.get(name).cloned())
    }

    #[test]
    fn a_bare_address_is_this_cycle_by_day_as_it_happened() {
        let asked = read(&HashMap::new());
        assert_eq!(asked.view, View::Told(CostBy::Day));
        assert_eq!(
            (asked.days, asked.measure, asked.span),
            (CostDays::Happened, None, Span::ThisCycle)
        );
        let query = asked.costs(Period::default(), CostOrder::Cost, None);
        assert_eq!((query.from, query.cycle_id, query.provider), (None, None, None));
        assert_eq!(query.compare, Some(CostCompare::Previous));
    }

    #[test]
    fn what_an_address_does_not_know_is_passed_over() {
        let address = [
            (BY, "colour"),
            (DAYS, "x"),
            (MEASURE, "x"),
            (SINCE, "x"),
            ("person", "x"),
        ];
        let asked = read(&address.map(|(name, value)| (name, value.to_owned())).into());
        assert_eq!(
            (asked.view, asked.days, asked.measure),
            (View::Told(CostBy::Day), CostDays::Happened, None)
        );
        assert_eq!(asked.events(Period::default(), None, 1).person_id, None);
    }

    #[test]
    fn a_row_becomes_a_filter_until_only_the_events_are_left() {
        let mut address = HashMap::from([(BY, "group".to_owned())]);
        let group = format!("grp_{:032}", 1);
        let person = format!("per_{:032}", 1);
        let keys = [&group, &person, "OpenAI", "gpt-5", "chat"];
        let mut seen = Vec::new();
        for key in keys {
            let asked = read(&address);
            seen.push(asked.view.word());
            address = follow(&address, asked.opened(Some(key)));
        }
        assert_eq!(seen, ["group", "person", "provider", "model", "operation"]);
        let asked = read(&address);
        assert_eq!(asked.view, View::Told(CostBy::Tag));
        // What has no tag is a filter like any other.
        address = follow(&address, asked.opened(None));
        let asked = read(&address);
        assert_eq!((asked.view, asked.filters.len()), (View::Events, 6));
        let query = asked.events(Period::default(), None, 25);
        assert_eq!(query.group_id.map(|id| id.to_string()), Some(group));
        assert_eq!(
            (query.provider.as_deref(), query.tag.as_deref()),
            (Some("OpenAI"), Some(""))
        );
        // Taking one off leaves the others.
        let asked = read(&follow(&address, asked.without(CostBy::Tag)));
        assert_eq!((asked.filters.len(), asked.key(CostBy::Tag)), (5, None));
        assert!(read(&follow(&address, unfiltered())).filters.is_empty());
    }

    #[test]
    fn from_the_last_it_goes_on_with_what_comes_before() {
        let address = HashMap::from([(BY, "tag".to_owned())]);
        let address = follow(&address, read(&address).opened(Some("nightly")));
        assert_eq!(read(&address).view, View::Told(CostBy::Group));
    }

    #[test]
    fn a_day_becomes_the_range() {
        let address = HashMap::from([("provider", "OpenAI".to_owned())]);
        let asked = read(&follow(&address, read(&address).opened(Some("2026-11-12"))));
        let day = "2026-11-12".parse().ok();
        assert_eq!(asked.span, Span::Own(day, day));
        assert_eq!((asked.view, asked.filters.len()), (View::Told(CostBy::Group), 1));
    }
}
