//! Between the contract and the application.

use allowance_api_types::credit_types as wire;
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::credit_types::{
    CreateCreditType, CreditType, Overview, SettingChangeLine, UpdateCreditType,
};
use allowance_domain::allocations::{Forecast, OutOfRange};
use allowance_domain::costs::Thresholds;
use allowance_domain::credit_requests::Ceilings;
use allowance_domain::credit_types::{Distribution, Enforcement, Rollover, SignUp};
use allowance_store::{CreditTypeRow, CycleReason, CycleRow, GroupRow, SettingChangeRow};
use allowance_values::{Decimals, Fixed, ParseAmountError, Rate, RateSide};

use crate::allocations::convert::person_ref;
use crate::http::problem::Failure;
use crate::http::words;

fn enforcement(word: wire::Enforcement) -> Enforcement {
    match word {
        wire::Enforcement::Track => Enforcement::Track,
        wire::Enforcement::Warn => Enforcement::Warn,
        wire::Enforcement::Block => Enforcement::Block,
    }
}

const fn enforcement_word(enforcement: Enforcement) -> wire::Enforcement {
    match enforcement {
        Enforcement::Track => wire::Enforcement::Track,
        Enforcement::Warn => wire::Enforcement::Warn,
        Enforcement::Block => wire::Enforcement::Block,
    }
}

const fn distribution_word(distribution: Distribution) -> wire::Distribution {
    match distribution {
        Distribution::Individual => wire::Distribution::Individual,
        Distribution::SharedPool => wire::Distribution::SharedPool,
    }
}

const fn distribution(word: wire::Distribution) -> Distribution {
    match word {
        wire::Distribution::Individual => Distribution::Individual,
        wire::Distribution::SharedPool => Distribution::SharedPool,
    }
}

fn rollover(body: &wire::RolloverBody) -> Rollover {
    let wire::RolloverBody { percent, cap, cycles } = *body;
    Rollover { percent, cap, cycles }
}

fn rate(side: wire::RateSide, text: &str) -> Result<Rate, Failure> {
    let side = match side {
        wire::RateSide::Factor => RateSide::Factor,
        wire::RateSide::Value => RateSide::Value,
    };
    let wrong = |detail: String, code| {
        Failure::fields(vec![FieldProblem {
            pointer: "/rate".to_owned(),
            code,
            detail,
        }])
    };
    let nanos = Fixed::parse(text, 9).map_err(|error| {
        let code = match error {
            ParseAmountError::OutOfRange => ErrorCode::AmountOutOfRange,
            ParseAmountError::TooManyDecimals(_) => ErrorCode::TooManyDecimals,
            ParseAmountError::Empty | ParseAmountError::NotANumber => ErrorCode::InvalidFields,
        };
        wrong(error.to_string(), code)
    })?;
    Rate::new(side, nanos).ok_or_else(|| {
        wrong(
            "A rate cannot be negative; 0 switches burning off.".to_owned(),
            ErrorCode::AmountOutOfRange,
        )
    })
}

fn decimals(count: u8) -> Result<Decimals, Failure> {
    Decimals::new(count).ok_or_else(|| {
        let detail = "Use 0 to 6 decimals.".to_owned();
        Failure::fields(vec![FieldProblem {
            pointer: "/decimals".to_owned(),
            code: ErrorCode::InvalidFields,
            detail,
        }])
    })
}

pub(super) fn create_credit_type(body: wire::CreateCreditTypeBody) -> Result<CreateCreditType, Failure> {
    let wire::CreateCreditTypeBody {
        name,
        decimals: count,
        cadence,
        limit,
        rate_side,
        rate: text,
        enforcement: word,
        distribution: how,
    } = body;
    Ok(CreateCreditType {
        name,
        decimals: decimals(count)?,
        cadence: words::cadence(cadence),
        limit,
        rate: rate(rate_side, &text)?,
        enforcement: enforcement(word),
        distribution: distribution(how),
    })
}

pub(super) fn update_credit_type(body: wire::UpdateCreditTypeBody) -> Result<UpdateCreditType, Failure> {
    let wire::UpdateCreditTypeBody {
        name,
        decimals: count,
        limit,
        rate_side,
        rate: text,
        enforcement: word,
        cadence,
        distribution: how,
        rollover: crossing,
        sign_up,
        auto_approval,
        alert_thresholds,
    } = body;
    let rate = match (rate_side, text) {
        (Some(side), Some(text)) => Some(rate(side, &text)?),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let detail = "Send rate and rate_side together.".to_owned();
            let pointer = "/rate".to_owned();
            return Err(Failure::fields(vec![FieldProblem {
                pointer,
                code: ErrorCode::InvalidFields,
                detail,
            }]));
        }
    };
    let alerts = alert_thresholds
        .map(Thresholds::new)
        .transpose()
        .map_err(|error| {
            Failure::fields(vec![FieldProblem {
                pointer: "/alert_thresholds".to_owned(),
                code: ErrorCode::InvalidFields,
                detail: error.to_string(),
            }])
        })?;
    Ok(UpdateCreditType {
        name,
        decimals: count.map(decimals).transpose()?,
        limit,
        rate,
        enforcement: word.map(enforcement),
        cadence: cadence.map(words::cadence),
        distribution: how.map(distribution),
        rollover: crossing.as_ref().map(rollover),
        sign_up: sign_up.map(|wire::SignUpBody { amount, is_pro_rata }| SignUp { amount, is_pro_rata }),
        ceilings: auto_approval.map(
            |wire::AutoApprovalBody {
                 most_per_request,
                 most_per_person,
             }| Ceilings {
                per_request: most_per_request,
                per_person: most_per_person,
            },
        ),
        alerts,
    })
}

fn rate_view(rate: Rate) -> wire::RateView {
    wire::RateView {
        entered: match rate.side() {
            RateSide::Factor => wire::RateSide::Factor,
            RateSide::Value => wire::RateSide::Value,
        },
        credit_factor: rate.shown_as(RateSide::Factor),
        credit_value: rate.shown_as(RateSide::Value),
    }
}

pub(crate) fn credit_type_ref(row: &CreditTypeRow) -> wire::CreditTypeRef {
    wire::CreditTypeRef {
        id: row.terms.id,
        name: row.name.clone(),
        decimals: row.terms.decimals.count(),
        distribution: distribution_word(row.terms.distribution),
    }
}

pub(crate) const fn cycle_view(row: &CycleRow) -> wire::CycleView {
    let CycleRow {
        id,
        number: _,
        starts_at,
        ends_at,
        opened_by,
        is_open,
        limit,
        used,
        carried,
        undo_until: _,
        is_provisional,
    } = *row;
    let opened_by = match opened_by {
        CycleReason::Schedule => wire::CycleReason::Schedule,
        CycleReason::CadenceChange => wire::CycleReason::CadenceChange,
        CycleReason::ManualReset => wire::CycleReason::ManualReset,
    };
    wire::CycleView {
        id,
        starts_at,
        ends_at,
        opened_by,
        is_open,
        limit,
        used,
        carried,
        is_provisional,
    }
}

pub(super) fn credit_type_view(credit_type: &CreditType) -> wire::CreditTypeView {
    let CreditType { row, cycle } = credit_type;
    let CreditTypeRow {
        name,
        cadence,
        terms,
        sign_up,
        ceilings,
        alerts,
        archived_at,
        version: _,
        created_at: _,
    } = row;
    let Rollover { percent, cap, cycles } = terms.rollover;
    wire::CreditTypeView {
        id: terms.id,
        name: name.clone(),
        decimals: terms.decimals.count(),
        rate: rate_view(terms.rate),
        cadence: words::cadence_word(*cadence),
        limit: terms.limit,
        enforcement: enforcement_word(terms.enforcement),
        distribution: distribution_word(terms.distribution),
        rollover: wire::RolloverView { percent, cap, cycles },
        sign_up: wire::SignUpView {
            amount: sign_up.amount,
            is_pro_rata: sign_up.is_pro_rata,
        },
        auto_approval: wire::AutoApprovalView {
            most_per_request: ceilings.per_request,
            most_per_person: ceilings.per_person,
        },
        alert_thresholds: alerts.percents().to_vec(),
        is_archived: archived_at.is_some(),
        cycle: cycle_view(cycle),
        undo_until: cycle.undo_until,
        etag: credit_type.etag(),
    }
}

pub(super) fn setting_change_view(line: SettingChangeLine) -> wire::SettingChangeView {
    let SettingChangeLine { row, actor } = line;
    let SettingChangeRow {
        id: _,
        from_seq: _,
        at,
        setting,
        before,
        after,
        actor: _,
    } = row;
    wire::SettingChangeView {
        setting,
        before,
        after,
        at,
        actor: actor.as_ref().map(person_ref),
    }
}

pub(super) fn overview_view(overview: Overview) -> Result<wire::OverviewView, Failure> {
    let Overview {
        credit_type,
        figures,
        groups,
        days,
        forecast,
        to_settle,
        as_of,
    } = overview;
    let failed = |error: OutOfRange| Failure::internal(&error);
    let group = |row: GroupRow| -> Result<wire::OverviewGroupView, OutOfRange> {
        Ok(wire::OverviewGroupView {
            id: row.id,
            allocated: row
                .figures
                .monthly
                .checked_add(row.figures.extra)
                .ok_or(OutOfRange)?,
            used: row.figures.used,
            available: row.figures.available()?,
            name: row.name,
        })
    };
    Ok(wire::OverviewView {
        credit_type: credit_type_ref(&credit_type.row),
        cycle: cycle_view(&credit_type.cycle),
        cadence: words::cadence_word(credit_type.row.cadence),
        carried: figures.carried,
        held: figures.held,
        balance: figures.balance().map_err(failed)?,
        used_percent: figures
            .used_percent_hundredths()
            .map(|hundredths| Fixed::text(hundredths, 2)),
        allocated: figures.allocated,
        unallocated: figures.unallocated().map_err(failed)?,
        is_burning_off: credit_type.row.terms.rate.is_off(),
        to_settle,
        forecast: forecast.map(
            |Forecast {
                 per_day,
                 exhausted_at,
                 likely_to_lapse,
             }| wire::ForecastView {
                per_day,
                exhausted_at,
                likely_to_lapse,
            },
        ),
        groups: groups
            .into_iter()
            .map(group)
            .collect::<Result<_, _>>()
            .map_err(failed)?,
        days: days
            .into_iter()
            .map(|(day, used)| wire::DayUseView { day, used })
            .collect(),
        as_of: u64::try_from(as_of).unwrap_or(0),
    })
}
