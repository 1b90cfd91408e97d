//! Spends booked by hand.

use allowance_api_types::charges::{ChargeView, CreateChargeBody, ReverseChargeBody};
use allowance_values::{ChargeId, CreditTypeId};

use super::Answer;
use super::client::Call;

pub async fn create(credit_type: CreditTypeId, body: &CreateChargeBody, key: &str) -> Answer<ChargeView> {
    Call::post(format!("/credit-types/{credit_type}/charges"))
        .json(body)
        .key(key)
        .read()
        .await
}

pub async fn reverse(id: ChargeId, body: &ReverseChargeBody, key: &str) -> Answer<ChargeView> {
    Call::post(format!("/charges/{id}/reverse"))
        .json(body)
        .key(key)
        .read()
        .await
}
