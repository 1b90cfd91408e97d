//! Credit types, their cycles and the overview.

use allowance_values::{CreditTypeId, Credits, CycleId, Day, GroupId, Timestamp};

use crate::people::PersonRef;

words! {
    /// How often a cycle opens.
    pub enum Cadence {
        /// Ends at the next local month.
        CalendarMonth,
        /// Ends at the next local quarter.
        CalendarQuarter,
        /// Ends at the next local year.
        CalendarYear,
        /// 15 days on, at the same local time.
        FifteenDays,
        /// A week on, at the same local time.
        Week,
        /// A day on, at the same local time.
        Day,
        /// 12 elapsed hours.
        TwelveHours,
        /// 6 elapsed hours.
        SixHours,
        /// One elapsed hour.
        Hour,
    }

    /// What asking first meets when it goes beyond Remaining.
    pub enum Enforcement {
        /// Granted.
        Track,
        /// Granted and flagged.
        Warn,
        /// Refused.
        Block,
    }

    /// How a group's credits reach its members.
    pub enum Distribution {
        /// Each spends an own allocation.
        Individual,
        /// All draw from the group, up to a cap.
        SharedPool,
    }

    /// Which side of the rate was entered.
    pub enum RateSide {
        /// Credits per 1 unit of the organisation's currency.
        Factor,
        /// Money per credit.
        Value,
    }

    /// Why a cycle was opened.
    pub enum CycleReason {
        /// It was time.
        Schedule,
        /// The cadence was changed.
        CadenceChange,
        /// Somebody reset it.
        ManualReset,
    }
}

view! {
    /// A credit type, in short.
    pub struct CreditTypeRef {
        /// The id.
        pub id: CreditTypeId,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// How many decimals people type and see.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 6))]
        pub decimals: u8,
        /// How credits reach members.
        pub distribution: Distribution,
    }

    /// The rate between money and credits, in both directions. Both are absent when burning is off.
    pub struct RateView {
        /// The side that was entered, and is exact.
        pub entered: RateSide,
        /// Credits per 1 unit of the organisation's currency.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 32))]
        pub credit_factor: Option<String>,
        /// Money per credit.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 32))]
        pub credit_value: Option<String>,
    }

    /// A cycle, half-open: it ends just before `ends_at`.
    pub struct CycleView {
        /// The id.
        pub id: CycleId,
        /// When it began.
        pub starts_at: Timestamp,
        /// When it ends, or ended.
        pub ends_at: Timestamp,
        /// Why it was opened.
        pub opened_by: CycleReason,
        /// Whether it is the open one.
        pub is_open: bool,
        /// The organisation's credits in it.
        pub limit: Credits,
        /// What was consumed in it.
        pub used: Credits,
        /// What came into it already paid for.
        pub carried: Credits,
        /// Whether it was ended by hand and may still be reopened.
        pub is_provisional: bool,
    }

    /// What of unused Monthly crosses into the next cycle.
    pub struct RolloverView {
        /// Percent of the unused; 0 is none.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
        pub percent: u8,
        /// At most so much per person (in a shared pool per group); absent is no cap.
        #[serde(default)]
        pub cap: Option<Credits>,
        /// What crossed lapses after so many cycles.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
        pub cycles: u32,
    }

    /// Credits per new user.
    pub struct SignUpView {
        /// How many; "0" is off.
        pub amount: Credits,
        /// Whether joiners get the share of the cycle still to come.
        pub is_pro_rata: bool,
    }

    /// Ceilings of what the reserve answers by itself.
    pub struct AutoApprovalView {
        /// At most so much per request; absent is no ceiling.
        #[serde(default)]
        pub most_per_request: Option<Credits>,
        /// At most so much per person and cycle; absent is no ceiling.
        #[serde(default)]
        pub most_per_person: Option<Credits>,
    }

    /// A change of a credit type's settings; what held before it holds for what happened before it.
    pub struct SettingChangeView {
        /// Which setting, by its name in the credit type.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub setting: String,
        /// How it was; absent for the first value.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub before: Option<String>,
        /// How it is from then on.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub after: String,
        /// From when.
        pub at: Timestamp,
        /// Who changed it; absent for the system.
        #[serde(default)]
        pub actor: Option<PersonRef>,
    }

    /// Where use is heading.
    pub struct ForecastView {
        /// Credits used per day, lately in this cycle.
        pub per_day: Credits,
        /// When the balance is spent at that pace, if within the cycle.
        #[serde(default)]
        pub exhausted_at: Option<Timestamp>,
        /// What is likely to be unspent when the cycle ends and will not cross.
        pub likely_to_lapse: Credits,
    }

    /// A credit type.
    pub struct CreditTypeView {
        /// The id.
        pub id: CreditTypeId,
        /// The name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// How many decimals people type and see.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 6))]
        pub decimals: u8,
        /// Money ⇄ credits.
        pub rate: RateView,
        /// How often a cycle opens.
        pub cadence: Cadence,
        /// Credits per cycle.
        pub limit: Credits,
        /// What asking first meets beyond Remaining.
        pub enforcement: Enforcement,
        /// How credits reach members.
        pub distribution: Distribution,
        /// What of unused Monthly crosses into the next cycle.
        pub rollover: RolloverView,
        /// Credits per new user.
        pub sign_up: SignUpView,
        /// Ceilings of the reserve.
        pub auto_approval: AutoApprovalView,
        /// At which percentages of use an alert is raised, once per cycle.
        #[cfg_attr(feature = "openapi", schema(max_items = 10, value_type = Vec<crate::text::Percent>))]
        pub alert_thresholds: Vec<u16>,
        /// Whether it is put away: nothing can be given, asked or spent of it.
        pub is_archived: bool,
        /// The open cycle.
        pub cycle: CycleView,
        /// Until when the reset that opened this cycle can be undone; absent when it cannot.
        #[serde(default)]
        pub undo_until: Option<Timestamp>,
        /// Pass it as `If-Match` to edit.
        #[cfg_attr(feature = "openapi", schema(max_length = 64))]
        pub etag: String,
    }

    /// One group in the allocation overview.
    pub struct OverviewGroupView {
        /// The group.
        pub id: GroupId,
        /// Its name.
        #[cfg_attr(feature = "openapi", schema(max_length = 100))]
        pub name: String,
        /// Its Monthly + Extra in this cycle.
        pub allocated: Credits,
        /// What its people used.
        pub used: Credits,
        /// What it can still give.
        pub available: Credits,
    }

    /// What was used on one local day.
    pub struct DayUseView {
        /// The day in the organisation's time zone.
        pub day: Day,
        /// Credits used on it.
        pub used: Credits,
    }

    /// The Overview tab: everything about the open cycle.
    pub struct OverviewView {
        /// The credit type.
        pub credit_type: CreditTypeRef,
        /// The open cycle.
        pub cycle: CycleView,
        /// How often a cycle opens.
        pub cadence: Cadence,
        /// Came in already paid for.
        pub carried: Credits,
        /// Reserved by open holds.
        pub held: Credits,
        /// limit + carried − used − held.
        pub balance: Credits,
        /// used ÷ (limit + carried), in percent with up to two decimals; absent when there is nothing to divide by.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_length = 32))]
        pub used_percent: Option<String>,
        /// Sum of the groups' Monthly + Extra.
        pub allocated: Credits,
        /// limit − allocated; negative is an overhang.
        pub unallocated: Credits,
        /// Whether usage burns no credits, because the rate is zero.
        pub is_burning_off: bool,
        /// How many people are still to be brought forward into this cycle; figures are right meanwhile.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
        pub to_settle: u64,
        /// Where use is heading; absent for a past moment, and while there is no use to go by.
        #[serde(default)]
        pub forecast: Option<ForecastView>,
        /// How the limit is spread.
        #[cfg_attr(feature = "openapi", schema(max_items = 10_000))]
        pub groups: Vec<OverviewGroupView>,
        /// The burn line: days with use, in order.
        #[cfg_attr(feature = "openapi", schema(max_items = 400))]
        pub days: Vec<DayUseView>,
        /// Position in the ledger at which all this was true.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 9_007_199_254_740_991u64))]
        pub as_of: u64,
    }
}

body! {
    /// A new credit type.
    pub struct CreateCreditTypeBody {
        /// The name; unique in the organisation.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub name: String,
        /// 0 to 6.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 6))]
        pub decimals: u8,
        /// How often a cycle opens.
        pub cadence: Cadence,
        /// Credits per cycle.
        pub limit: Credits,
        /// The side of the rate that is entered.
        pub rate_side: RateSide,
        /// The entered rate, up to nine decimals; "0" switches burning off.
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
        pub rate: String,
        /// What asking first meets beyond Remaining.
        pub enforcement: Enforcement,
        /// How credits reach members.
        pub distribution: Distribution,
    }

    /// Changes to a credit type; absent fields stay.
    pub struct UpdateCreditTypeBody {
        /// The name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
        pub name: Option<String>,
        /// 0 to 6; only grows once used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 6))]
        pub decimals: Option<u8>,
        /// Credits per cycle, from now on, in the open cycle too. Lowering takes nothing from anybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub limit: Option<Credits>,
        /// The side of the rate that is entered; goes with `rate`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rate_side: Option<RateSide>,
        /// The entered rate; goes with `rate_side`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 32))]
        pub rate: Option<String>,
        /// What asking first meets beyond Remaining.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub enforcement: Option<Enforcement>,
        /// How often a cycle opens. A change ends the open cycle and opens a fresh one at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cadence: Option<Cadence>,
        /// How credits reach members. Keeps the cycle's Used; puts Monthly aside, or restores it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub distribution: Option<Distribution>,
        /// What of unused Monthly crosses into the next cycle.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub rollover: Option<RolloverBody>,
        /// Credits per new user.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sign_up: Option<SignUpBody>,
        /// Ceilings of the reserve.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub auto_approval: Option<AutoApprovalBody>,
        /// At which percentages of use an alert is raised; none for no alerts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(max_items = 10, value_type = Option<Vec<crate::text::Percent>>))]
        pub alert_thresholds: Option<Vec<u16>>,
    }

    /// What of unused Monthly crosses into the next cycle.
    pub struct RolloverBody {
        /// Percent of the unused; 0 is none.
        #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
        pub percent: u8,
        /// At most so much per person (in a shared pool per group); absent is no cap.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cap: Option<Credits>,
        /// What crossed lapses after so many cycles.
        #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100))]
        pub cycles: u32,
    }

    /// Credits per new user.
    pub struct SignUpBody {
        /// How many; "0" is off.
        pub amount: Credits,
        /// Whether joiners get the share of the cycle still to come.
        pub is_pro_rata: bool,
    }

    /// Ceilings of what the reserve answers by itself.
    pub struct AutoApprovalBody {
        /// At most so much per request; absent is no ceiling.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub most_per_request: Option<Credits>,
        /// At most so much per person and cycle; absent is no ceiling.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub most_per_person: Option<Credits>,
    }
}

query! {
    /// Which cycle, or which moment, the overview shows; the open cycle now when absent.
    pub struct OverviewQuery {
        /// A past cycle, as it ended.
        pub cycle_id: Option<CycleId>,
        /// The state at this moment, of the cycle that was open then.
        pub as_of: Option<Timestamp>,
    }
}
