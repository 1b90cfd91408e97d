//! Between the contract and the application.

use allowance_api_types::costs::{
    AlertScope as ScopeWord, AlertsQuery, CostBy as ByWord, CostCompare, CostDays as DaysWord,
    CostDifferenceView, CostEventKind as KindWord, CostEventView, CostFiguresView, CostLayerView,
    CostOrder as OrderWord, CostPeriodView, CostPositionView, CostRowView, CostSeriesView, CostsView,
    ThresholdAlertView,
};
use allowance_api_types::people::GroupRef;
use allowance_app::costs::{
    AlertLine, Asked, CostLine, CostSeries, Costs, Difference, EventLine, Figures, Layer, ListAlerts, Period,
    write_key,
};
use allowance_store::{
    AlertFilter, AlertRow, AlertScope, CostBy, CostDays, CostEvent, CostEventKind, CostOrder, CostPosition,
};

use crate::allocations::convert::person_ref;
use crate::credit_types::convert::credit_type_ref;

/// What is asked for, out of any of the queries: they begin with the same fields.
macro_rules! ask {
    ($query:expr) => {
        allowance_app::costs::AskCosts {
            from: $query.from,
            to: $query.to,
            cycle: $query.cycle_id,
            days: $crate::costs::convert::days($query.days),
            filter: allowance_store::CostFilter {
                group: $query.group_id,
                person: $query.person_id,
                provider: $query.provider.clone(),
                model: $query.model.clone(),
                operation: $query.operation.clone(),
                tag: $query.tag.clone(),
            },
        }
    };
}
pub(super) use ask;

pub(super) fn days(word: Option<DaysWord>) -> CostDays {
    match word {
        None | Some(DaysWord::Happened) => CostDays::Happened,
        Some(DaysWord::Counted) => CostDays::Counted,
    }
}

pub(super) fn by(word: Option<ByWord>) -> CostBy {
    match word {
        None | Some(ByWord::Day) => CostBy::Day,
        Some(ByWord::Group) => CostBy::Group,
        Some(ByWord::Person) => CostBy::Person,
        Some(ByWord::Provider) => CostBy::Provider,
        Some(ByWord::Model) => CostBy::Model,
        Some(ByWord::Operation) => CostBy::Operation,
        Some(ByWord::Tag) => CostBy::Tag,
    }
}

pub(super) fn order(word: Option<OrderWord>) -> CostOrder {
    match word {
        None | Some(OrderWord::Credits) => CostOrder::Credits,
        Some(OrderWord::Cost) => CostOrder::Cost,
    }
}

pub(super) fn compares(word: Option<CostCompare>) -> bool {
    matches!(word, Some(CostCompare::Previous))
}

pub(super) const fn by_word(by: CostBy) -> ByWord {
    match by {
        CostBy::Day => ByWord::Day,
        CostBy::Group => ByWord::Group,
        CostBy::Person => ByWord::Person,
        CostBy::Provider => ByWord::Provider,
        CostBy::Model => ByWord::Model,
        CostBy::Operation => ByWord::Operation,
        CostBy::Tag => ByWord::Tag,
    }
}

const fn days_word(days: CostDays) -> DaysWord {
    match days {
        CostDays::Happened => DaysWord::Happened,
        CostDays::Counted => DaysWord::Counted,
    }
}

fn figures_view(figures: &Figures) -> CostFiguresView {
    let Figures {
        credits,
        cost,
        events,
    } = *figures;
    CostFiguresView {
        credits,
        cost,
        events,
    }
}

const fn period_view(period: Period) -> CostPeriodView {
    let Period { from, to, cycle } = period;
    CostPeriodView {
        from,
        to,
        cycle_id: cycle,
    }
}

fn position_view(position: CostPosition) -> CostPositionView {
    let CostPosition {
        as_of,
        rolled_up,
        added,
    } = position;
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    CostPositionView {
        as_of: number(as_of),
        rolled_up: number(rolled_up),
        added: number(added),
    }
}

fn difference_view(difference: &Difference) -> CostDifferenceView {
    let Difference {
        happened,
        counted,
        charged_later,
        charged_sooner,
        from_earlier,
        from_later,
    } = difference;
    CostDifferenceView {
        happened: figures_view(happened),
        counted: figures_view(counted),
        charged_later: figures_view(charged_later),
        charged_sooner: figures_view(charged_sooner),
        from_earlier: figures_view(from_earlier),
        from_later: figures_view(from_later),
    }
}

pub(super) fn row_view(line: &CostLine) -> CostRowView {
    let CostLine {
        key,
        label,
        figures,
        previous,
        start: _,
    } = line;
    CostRowView {
        key: write_key(key),
        label: label.clone(),
        figures: figures_view(figures),
        previous: previous.as_ref().map(figures_view),
    }
}

pub(super) fn costs_view(costs: &Costs, by: CostBy, next_cursor: Option<String>) -> CostsView {
    let Costs {
        asked,
        lines,
        total,
        previous_total,
        difference,
        position,
    } = costs;
    let Asked {
        query,
        period,
        previous,
        credit_type,
        currency,
        time_zone,
    } = asked;
    CostsView {
        credit_type: credit_type_ref(credit_type),
        currency: *currency,
        time_zone: time_zone.clone(),
        by: by_word(by),
        days: days_word(query.days),
        period: period_view(*period),
        previous_period: previous.map(period_view),
        rows: lines.iter().map(row_view).collect(),
        next_cursor,
        total: figures_view(total),
        previous_total: previous_total.as_ref().map(figures_view),
        difference: difference_view(difference),
        position: position_view(*position),
    }
}

pub(super) fn series_view(series: CostSeries, by: CostBy) -> CostSeriesView {
    let CostSeries {
        asked,
        days,
        layers,
        position,
    } = series;
    let is_single = by == CostBy::Day;
    let layer = |layer: Layer| {
        let Layer { key, label, figures } = layer;
        CostLayerView {
            is_rest: key.is_none() && !is_single,
            key: key.as_ref().and_then(write_key),
            label,
            credits: figures.iter().map(|figures| figures.credits).collect(),
            cost: figures.iter().map(|figures| figures.cost).collect(),
        }
    };
    CostSeriesView {
        currency: asked.currency,
        by: by_word(by),
        days: days_word(asked.query.days),
        period: period_view(asked.period),
        on: days,
        layers: layers.into_iter().map(layer).collect(),
        position: position_view(position),
    }
}

fn told(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

pub(super) fn event_view(line: EventLine) -> CostEventView {
    let EventLine {
        event,
        holder,
        group_name,
        cycle_id,
    } = line;
    let CostEvent {
        kind,
        usage,
        charge,
        hold,
        source,
        source_id,
        person: _,
        group,
        happened_at,
        happened_on,
        counted_at,
        counted_on,
        cycle: _,
        is_late,
        is_further,
        credits,
        cost,
        provider,
        model,
        operation,
        tags,
        note,
        reported,
    } = event;
    CostEventView {
        kind: match kind {
            CostEventKind::Usage => KindWord::Usage,
            CostEventKind::Charge => KindWord::Charge,
            CostEventKind::Capture => KindWord::Capture,
            CostEventKind::Reversal => KindWord::Reversal,
        },
        usage_event_id: usage,
        charge_id: charge,
        hold_id: hold,
        source,
        source_id,
        person: person_ref(&holder),
        group: GroupRef {
            id: group,
            name: group_name,
        },
        happened_at,
        happened_on,
        counted_at,
        counted_on,
        cycle_id,
        is_late,
        is_further,
        credits,
        cost,
        reported,
        provider: told(provider),
        model: told(model),
        operation: told(operation),
        tags,
        note,
    }
}

pub(super) fn list_alerts(query: &AlertsQuery) -> ListAlerts {
    let [organisation, group, member] = AlertFilter::SCOPES;
    ListAlerts {
        cycle: query.cycle_id,
        scope: query.scope.map(|word| match word {
            ScopeWord::Organisation => organisation,
            ScopeWord::Group => group,
            ScopeWord::Member => member,
        }),
        group: query.group_id,
        person: query.person_id,
    }
}

/// An alert with the group or person it is about.
pub(crate) fn threshold_alert_view(line: AlertLine) -> ThresholdAlertView {
    let AlertLine {
        row,
        group_name,
        holder,
    } = line;
    let AlertRow {
        id: _,
        scope,
        cycle,
        threshold,
        at,
        used,
        whole,
    } = row;
    let (word, group) = match scope {
        AlertScope::Organisation => (ScopeWord::Organisation, None),
        AlertScope::Group(id) => (ScopeWord::Group, group_name.map(|name| GroupRef { id, name })),
        AlertScope::Member(_) => (ScopeWord::Member, None),
    };
    ThresholdAlertView {
        scope: word,
        group,
        person: holder.as_ref().map(person_ref),
        cycle_id: cycle,
        threshold,
        at,
        used,
        of: whole,
    }
}
