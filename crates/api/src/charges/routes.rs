//! `/credit-types/{id}/charges` and `/charges/{id}/reverse`.

use actix_web::http::StatusCode;
use actix_web::post;
use actix_web::web::Path;
use allowance_api_types::charges::{ChargeView, CreateChargeBody, ReverseChargeBody};
use allowance_app::charges;
use allowance_domain::authz::operation;
use allowance_values::{ChargeId, CreditTypeId};

use super::convert;
use crate::guard::{Allowed, Services};
use crate::http::answer::{self, Outcome};
use crate::http::extract::{KeyHeader, KeyRequired, Valid};

/// Book a charge
///
/// Either an amount of credits or a cost, which the rate turns into credits. The enforcement decides what happens beyond
/// what the person has left.
#[utoipa::path(
    tag = "charges",
    params(("id" = CreditTypeId, Path, description = "The credit type."), KeyHeader),
    request_body = CreateChargeBody,
    responses(
        (status = 201, description = "The charge; `over_by` says how far it goes beyond.", body = ChargeView),
        (status = 409, description = "Refused; the code names the limit that bit.")
    )
)]
#[post("/credit-types/{id}/charges")]
pub(crate) async fn create_charge(
    allowed: Allowed<operation::CreateCharge>,
    id: Path<CreditTypeId>,
    input: Valid<CreateChargeBody, KeyRequired>,
) -> Outcome {
    let id = id.into_inner();
    let (new, key) = (convert::create_charge(input.body)?, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::CREATED, convert::charge_view);
            app.change(
                &caller,
                key,
                |tx| charges::create_charge(tx, &caller, id, &new),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}

/// Reverse a charge
///
/// Once, by an entry that names the charge.
#[utoipa::path(
    tag = "charges",
    params(("id" = ChargeId, Path, description = "The charge."), KeyHeader),
    request_body = ReverseChargeBody,
    responses(
        (status = 200, description = "The charge.", body = ChargeView),
        (status = 409, description = "It was reversed before.")
    )
)]
#[post("/charges/{id}/reverse")]
pub(crate) async fn reverse_charge(
    allowed: Allowed<operation::ReverseCharge>,
    id: Path<ChargeId>,
    input: Valid<ReverseChargeBody, KeyRequired>,
) -> Outcome {
    let id = id.into_inner();
    let (ReverseChargeBody { note }, key) = (input.body, input.key);
    let answer = allowed
        .run(|Services { app, caller }| async move {
            let answered = answer::render(StatusCode::OK, convert::charge_view);
            app.change(
                &caller,
                key,
                |tx| charges::reverse_charge(tx, &caller, id, &note),
                answered,
            )
            .await
        })
        .await?;
    answer::send(answer)
}
