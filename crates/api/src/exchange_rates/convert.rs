//! Between the contract and the application.

use allowance_api_types::exchange_rates::{CreateExchangeRateBody, ExchangeRateView, ExchangedView};
use allowance_app::usage::{CreateExchangeRate, ExchangeRateLine};
use allowance_domain::metering::{CostAtRate, Exchanged};
use allowance_store::ExchangeRateRow;

use crate::allocations::convert::person_ref;

pub(super) fn create_exchange_rate(body: &CreateExchangeRateBody) -> CreateExchangeRate {
    let CreateExchangeRateBody {
        currency,
        rate,
        since,
    } = *body;
    CreateExchangeRate {
        currency,
        rate,
        since,
    }
}

pub(super) fn exchange_rate_view(line: &ExchangeRateLine) -> ExchangeRateView {
    let ExchangeRateLine {
        row:
            ExchangeRateRow {
                id,
                currency,
                rate,
                since,
                recorded_at,
                recorded_by: _,
            },
        is_current,
        holder,
    } = line;
    ExchangeRateView {
        id: *id,
        currency: *currency,
        rate: *rate,
        since: *since,
        recorded_at: *recorded_at,
        recorded_by: holder.as_ref().map(person_ref),
        is_current: *is_current,
    }
}

/// What a cost in another currency came to in the organisation's.
pub(crate) fn exchanged_view(cost: &CostAtRate) -> Option<ExchangedView> {
    cost.exchanged
        .map(|Exchanged { rate, cost }| ExchangedView { rate, cost })
}
