//! Cost tracking: where credits and money went, by whom and for what, day by day.
//!
//! A figure is made of what moved credits in or out of Used (usage, charges, captured holds, reversals below zero) and of
//! usage that burnt none because the rate was zero. Credits are those of the ledger; a cost is in the organisation's
//! currency, and what was reported in plain credits has none.

use allowance_values::{
    ChargeId, CostTotal, Credits, Currency, CycleId, Day, GroupId, HoldId, Money, PersonId, Timestamp,
    UsageEventId,
};

use crate::credit_types::CreditTypeRef;
use crate::people::{GroupRef, PersonRef};

words! {
    /// What costs are told apart by.
    pub enum CostBy {
        /// The day, in the time zone of the cycle; see `days`.
        Day,
        /// The group the person was in.
        Group,
        /// The person.
        Person,
        /// Whose service was used.
        Provider,
        /// Which model or product.
        Model,
        /// What was done.
        Operation,
        /// Each tag by itself: what carries several counts under each, so the rows may add up to more than the total.
        Tag,
    }

    /// Which day and cycle a use belongs to.
    pub enum CostDays {
        /// Those in which it happened.
        Happened,
        /// Those to which it was charged.
        Counted,
    }

    /// What rows are ordered by, the largest first. Days come in their own order.
    pub enum CostOrder {
        /// Credits.
        Credits,
        /// Cost.
        Cost,
    }

    /// What a period is compared with.
    pub enum CostCompare {
        /// The period before: as many days, or the cycle before.
        Previous,
    }

    /// What moved credits, or would have.
    pub enum CostEventKind {
        /// A use that a platform reported.
        Usage,
        /// A charge booked by hand.
        Charge,
        /// A hold that was consumed.
        Capture,
        /// The reversal of a charge; below zero.
        Reversal,
    }
}

view! {
    /// Credits, cost, and how many events they are made of.
    pub struct CostFiguresView {
        /// Credits burnt.
        pub credits: Credits,
        /// What it cost; "0" where everything was reported in plain credits.
        pub cost: CostTotal,
        /// How many events.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub events: u64,
    }

    /// One row.
    pub struct CostRowView {
        /// What it is for: the day, the id of the group or person, the word itself; absent for what has none.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub key: Option<String>,
        /// The name of the group or person; absent otherwise.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub label: Option<String>,
        /// Of the period.
        pub figures: CostFiguresView,
        /// Of the period before, where one is compared with. A day stands beside the day at the same place.
        #[serde(default)]
        pub previous: Option<CostFiguresView>,
    }

    /// A period: days, a cycle, or those days of the cycle.
    pub struct CostPeriodView {
        /// The first day.
        pub from: Day,
        /// The last day, inclusive.
        pub to: Day,
        /// The cycle, where one was asked for.
        #[serde(default)]
        pub cycle_id: Option<CycleId>,
    }

    /// How what happened in the period differs from what was charged to it:
    /// happened − charged_later − charged_sooner + from_earlier + from_later = counted.
    pub struct CostDifferenceView {
        /// Everything that happened in the period.
        pub happened: CostFiguresView,
        /// Everything that was charged to it.
        pub counted: CostFiguresView,
        /// Happened in the period and was charged after it.
        pub charged_later: CostFiguresView,
        /// Charged to the period and happened before it.
        pub from_earlier: CostFiguresView,
        /// Happened in the period and was charged before it: clocks that are ahead by minutes.
        pub charged_sooner: CostFiguresView,
        /// Charged to the period and happened after it: clocks that are ahead by minutes.
        pub from_later: CostFiguresView,
    }

    /// How figures were made: those of the roll-up up to a position, and what was recorded after it, in one snapshot.
    pub struct CostPositionView {
        /// Position in the ledger at which all this was true.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub as_of: u64,
        /// Position up to which it came from the roll-up.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub rolled_up: u64,
        /// How many events were added that are not rolled up yet.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub added: u64,
    }

    /// Costs of a period, told apart.
    pub struct CostsView {
        /// The credit type.
        pub credit_type: CreditTypeRef,
        /// Of every cost in here.
        pub currency: Currency,
        /// The organisation's time zone.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub time_zone: String,
        /// What the rows are told apart by.
        pub by: CostBy,
        /// Which day and cycle each use belongs to.
        pub days: CostDays,
        /// The period.
        pub period: CostPeriodView,
        /// The period before, where one is compared with.
        #[serde(default)]
        pub previous_period: Option<CostPeriodView>,
        /// The rows of this page.
        #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
        pub rows: Vec<CostRowView>,
        /// Pass it as `cursor` to get the next page; absent on the last. Rows move while use is counted.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 1_024))]
        pub next_cursor: Option<String>,
        /// Of all rows, also those on other pages.
        pub total: CostFiguresView,
        /// Of the period before, where one is compared with.
        #[serde(default)]
        pub previous_total: Option<CostFiguresView>,
        /// What was charged elsewhere than it happened.
        pub difference: CostDifferenceView,
        /// How the figures were made.
        pub position: CostPositionView,
    }

    /// One layer of the chart: a value per day.
    pub struct CostLayerView {
        /// What it is for, as in the rows; absent for what has none, and for the rest.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub key: Option<String>,
        /// The name of the group or person; absent otherwise.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub label: Option<String>,
        /// Whether it is everything that is in no other layer.
        pub is_rest: bool,
        /// Credits, one per day of the series.
        #[cfg_attr(feature = "openapi", schema(max_items = 400))]
        pub credits: Vec<Credits>,
        /// Cost, one per day of the series.
        #[cfg_attr(feature = "openapi", schema(max_items = 400))]
        pub cost: Vec<CostTotal>,
    }

    /// Costs of a period by day, in layers: the eight largest, and the rest.
    pub struct CostSeriesView {
        /// Of every cost in here.
        pub currency: Currency,
        /// What the layers are told apart by; by day there is one.
        pub by: CostBy,
        /// Which day each use belongs to.
        pub days: CostDays,
        /// The period.
        pub period: CostPeriodView,
        /// The days, in order, without gaps.
        #[cfg_attr(feature = "openapi", schema(max_items = 400))]
        pub on: Vec<Day>,
        /// The layers, the largest first, the rest last.
        #[cfg_attr(feature = "openapi", schema(max_items = 9))]
        pub layers: Vec<CostLayerView>,
        /// How the figures were made.
        pub position: CostPositionView,
    }

    /// One event behind a figure.
    pub struct CostEventView {
        /// What it is.
        pub kind: CostEventKind,
        /// The usage event.
        #[serde(default)]
        pub usage_event_id: Option<UsageEventId>,
        /// The charge that was booked or reversed.
        #[serde(default)]
        pub charge_id: Option<ChargeId>,
        /// The hold that was consumed.
        #[serde(default)]
        pub hold_id: Option<HoldId>,
        /// Who reported it; absent for what people booked.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source: Option<String>,
        /// The id the source gave it; absent for what people booked.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 255))]
        pub source_id: Option<String>,
        /// Whose.
        pub person: PersonRef,
        /// The group it counts to.
        pub group: GroupRef,
        /// When it happened.
        pub happened_at: Timestamp,
        /// The day on which it happened.
        pub happened_on: Day,
        /// When it was charged.
        pub counted_at: Timestamp,
        /// The day to which it was charged.
        pub counted_on: Day,
        /// The cycle to which it was charged.
        pub cycle_id: CycleId,
        /// Whether the cycle in which it happened had ended.
        pub is_late: bool,
        /// Whether it is a further part of the capture beside it: part of what was taken came from elsewhere. It counts as no
        /// event of its own, and the cost stands with the first.
        pub is_further: bool,
        /// Credits; below zero for a reversal, "0" while the rate is zero.
        pub credits: Credits,
        /// Its cost; absent for what was reported in plain credits.
        #[serde(default)]
        pub cost: Option<CostTotal>,
        /// The cost as it was reported, where that was in another currency; that of the charge for a reversal.
        #[serde(default)]
        pub reported: Option<Money>,
        /// Whose service was used.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub provider: Option<String>,
        /// Which model or product.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub model: Option<String>,
        /// What was done.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub operation: Option<String>,
        /// Tags.
        #[cfg_attr(feature = "openapi", schema(max_items = 20, value_type = Vec<crate::text::Line>))]
        pub tags: Vec<String>,
        /// What was written beside a charge or a hold.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub note: Option<String>,
    }
}

/// Query parameters of costs: which period and which events, and then what is asked of them.
macro_rules! costs_query {
    ($($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* })*) => {
        query! {$(
            $(#[$meta])*
            pub struct $name {
                /// The first day; the first of the cycle when absent.
                pub from: Option<Day>,
                /// The last day, inclusive; the last of the cycle when absent.
                pub to: Option<Day>,
                /// Only this cycle; the open one when there are no days either.
                pub cycle_id: Option<CycleId>,
                /// Which day and cycle each use belongs to; those in which it happened when absent.
                pub days: Option<CostDays>,
                /// Only this group.
                pub group_id: Option<GroupId>,
                /// Only this person.
                pub person_id: Option<PersonId>,
                /// Only this provider; empty for what has none.
                #[cfg_attr(feature = "openapi", param(max_length = 100))]
                pub provider: Option<String>,
                /// Only this model; empty for what has none.
                #[cfg_attr(feature = "openapi", param(max_length = 200))]
                pub model: Option<String>,
                /// Only this operation; empty for what has none.
                #[cfg_attr(feature = "openapi", param(max_length = 100))]
                pub operation: Option<String>,
                /// Only what carries this tag; empty for what has none.
                #[cfg_attr(feature = "openapi", param(max_length = 100))]
                pub tag: Option<String>,
                $($own)*
            }
        )*}
    };
}

costs_query! {
    /// Which costs, and how they are told apart.
    pub struct CostsQuery {
        /// What rows are told apart by; the day when absent.
        pub by: Option<CostBy>,
        /// What rows are ordered by; credits when absent.
        pub order: Option<CostOrder>,
        /// What to compare with; nothing when absent.
        pub compare: Option<CostCompare>,
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }

    /// Which costs, for the chart: at most 400 days.
    pub struct CostSeriesQuery {
        /// What layers are told apart by; the day when absent, which is one layer.
        pub by: Option<CostBy>,
        /// What the largest are the largest of; credits when absent.
        pub order: Option<CostOrder>,
    }

    /// Which costs, for a file of all rows.
    pub struct CostsExportQuery {
        /// What rows are told apart by; the day when absent.
        pub by: Option<CostBy>,
        /// What rows are ordered by; credits when absent.
        pub order: Option<CostOrder>,
        /// What to compare with; nothing when absent.
        pub compare: Option<CostCompare>,
        /// Whether the file begins with a byte order mark, which Excel needs to read UTF-8. Of no meaning for Excel files.
        pub bom: Option<bool>,
    }

    /// Which events, newest charged first.
    pub struct CostEventsQuery {
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }

    /// Which events, for a file of all of them.
    pub struct CostEventsExportQuery {
        /// Whether the file begins with a byte order mark, which Excel needs to read UTF-8.
        pub bom: Option<bool>,
    }
}

words! {
    /// Whose use crossed a threshold.
    pub enum AlertScope {
        /// The organisation's, of limit + Carried.
        Organisation,
        /// A group's, of its Monthly + Extra + Carried.
        Group,
        /// A member's, of Monthly + Extra + Carried.
        Member,
    }
}

view! {
    /// A threshold of use that was crossed: once per threshold, cycle and subject.
    pub struct ThresholdAlertView {
        /// Whose use.
        pub scope: AlertScope,
        /// The group it is about.
        #[serde(default)]
        pub group: Option<GroupRef>,
        /// The person it is about.
        #[serde(default)]
        pub person: Option<PersonRef>,
        /// The cycle.
        pub cycle_id: CycleId,
        /// The threshold, in percent.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000))]
        pub threshold: u16,
        /// When it was noticed.
        pub at: Timestamp,
        /// Used, when it was noticed.
        pub used: Credits,
        /// Of how much, when it was noticed.
        pub of: Credits,
    }
}

query! {
    /// Filters of the alerts, newest first.
    pub struct AlertsQuery {
        /// Only this cycle; all when absent.
        pub cycle_id: Option<CycleId>,
        /// Only these.
        pub scope: Option<AlertScope>,
        /// Only this group and its people.
        pub group_id: Option<GroupId>,
        /// Only this person.
        pub person_id: Option<PersonId>,
        /// Where the page starts: `next_cursor` of the page before.
        #[cfg_attr(feature = "openapi", param(max_length = 1_024))]
        pub cursor: Option<String>,
        /// How many rows at most; 50 when absent.
        #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1_000))]
        pub limit: Option<u32>,
    }
}
