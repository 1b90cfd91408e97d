//! Between the contract and the application.

use allowance_api_types::credit_types as wire;
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::credit_types::{CreateCreditType, CreditType, Overview, UpdateCreditType};
use allowance_domain::allocations::OutOfRange;
use allowance_domain::credit_types::{Distribution, Enforcement};
use allowance_store::{CreditTypeRow, CycleReason, CycleRow, GroupRow};
use allowance_values::{Credits, Decimals, Fixed, ParseAmountError, Rate, RateSide};

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
        distribution,
    } = body;
    Ok(CreateCreditType {
        name,
        decimals: decimals(count)?,
        cadence: words::cadence(cadence),
        limit,
        rate: rate(rate_side, &text)?,
        enforcement: enforcement(word),
        distribution: match distribution {
            wire::Distribution::Individual => Distribution::Individual,
            wire::Distribution::SharedPool => Distribution::SharedPool,
        },
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
        cadence: _,
        distribution: _,
        rollover: _,
        sign_up: _,
        auto_approval: _,
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
    Ok(UpdateCreditType {
        name,
        decimals: count.map(decimals).transpose()?,
        limit,
        rate,
        enforcement: word.map(enforcement),
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
        carried: Credits::ZERO,
        is_provisional: false,
    }
}

pub(super) fn credit_type_view(credit_type: &CreditType) -> wire::CreditTypeView {
    let CreditType { row, cycle } = credit_type;
    wire::CreditTypeView {
        id: row.terms.id,
        name: row.name.clone(),
        decimals: row.terms.decimals.count(),
        rate: rate_view(row.terms.rate),
        cadence: words::cadence_word(row.cadence),
        limit: row.terms.limit,
        enforcement: enforcement_word(row.terms.enforcement),
        distribution: distribution_word(row.terms.distribution),
        rollover: wire::RolloverView {
            percent: row.terms.rollover.percent,
            cap: row.terms.rollover.cap,
            cycles: row.terms.rollover.cycles,
        },
        sign_up: wire::SignUpView {
            amount: Credits::ZERO,
            is_pro_rata: false,
        },
        auto_approval: wire::AutoApprovalView {
            most_per_request: None,
            most_per_person: None,
        },
        is_archived: false,
        cycle: cycle_view(cycle),
        undo_until: None,
        etag: credit_type.etag(),
    }
}

pub(super) fn overview_view(overview: Overview) -> Result<wire::OverviewView, Failure> {
    let Overview {
        credit_type,
        figures,
        groups,
        days,
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
        to_settle: 0,
        forecast: None,
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
