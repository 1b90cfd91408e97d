//! `/exchange-rates`.

use actix_web::http::StatusCode;
use actix_web::{get, post};
use allowance_api_types::Page;
use allowance_api_types::exchange_rates::{CreateExchangeRateBody, ExchangeRateView, ExchangeRatesQuery};
use allowance_app::usage;
use allowance_domain::authz::operation;
use allowance_store::ExchangeRateFilter;
use allowance_values::{ExchangeRateId, Timestamp};

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::cursor::{CursorOf, page_size};
use crate::http::extract::{Query, Valid};

/// Record an exchange rate
///
/// What one unit of another currency is worth in the organisation's, from an instant on. A cost in that currency takes the
/// rate that was in force when it happened, a late one that of when it is counted; credits are made of the exact product of
/// cost, exchange rate and the credit type's rate, rounded once, half to even. Without a rate in force such a cost is
/// refused with `currency_mismatch`. Rates are never changed or deleted: a correction is a further rate from the same
/// instant or a later one, and what was counted keeps the rate it was counted at.
#[utoipa::path(
    tag = "exchange_rates",
    request_body = CreateExchangeRateBody,
    responses((status = 201, description = "The rate.", body = ExchangeRateView))
)]
#[post("/exchange-rates")]
pub(crate) async fn create_exchange_rate(
    allowed: Allowed<operation::CreateExchangeRate>,
    input: Valid<CreateExchangeRateBody>,
) -> Outcome {
    let (new, key) = (convert::create_exchange_rate(&input.body), input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::exchange_rate_view);
            let work = |tx| usage::create_exchange_rate(tx, &caller, &new);
            app.change(&caller, key, work, answered).await
        })
        .await?;
    answer::send(answer)
}

/// List exchange rates
///
/// Those recorded last first: the whole history, or what is in force now.
#[utoipa::path(
    tag = "exchange_rates",
    params(ExchangeRatesQuery),
    responses((status = 200, description = "A page of rates.", body = Page<ExchangeRateView>))
)]
#[get("/exchange-rates")]
pub(crate) async fn list_exchange_rates(
    allowed: Allowed<operation::ListExchangeRates>,
    query: Query<ExchangeRatesQuery>,
) -> Outcome {
    let ExchangeRatesQuery {
        currency,
        is_current,
        cursor,
        limit,
    } = query.0;
    let list = CursorOf::list("exchange_rates", &(currency, is_current));
    let before = list.decode::<(Timestamp, ExchangeRateId)>(cursor.as_deref())?;
    let size = page_size(limit);
    let lines = allowed
        .run(move |Services { app, caller }| async move {
            let filter = ExchangeRateFilter { currency, is_current };
            usage::list_exchange_rates(&app, &caller, filter, before, size.saturating_add(1)).await
        })
        .await?;
    let position = |line: &usage::ExchangeRateLine| (line.row.recorded_at, line.row.id);
    answer::json(&list.page_of(lines, size, position, |line| convert::exchange_rate_view(&line)))
}
