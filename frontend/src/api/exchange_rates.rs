//! What other currencies are worth.

use allowance_api_types::Page;
use allowance_api_types::exchange_rates::{CreateExchangeRateBody, ExchangeRateView, ExchangeRatesQuery};

use super::Answer;
use super::client::Call;

pub async fn list(query: &ExchangeRatesQuery) -> Answer<Page<ExchangeRateView>> {
    Call::get("/exchange-rates").query(query).read().await
}

pub async fn create(body: &CreateExchangeRateBody, key: &str) -> Answer<ExchangeRateView> {
    Call::post("/exchange-rates").json(body).key(key).read().await
}
