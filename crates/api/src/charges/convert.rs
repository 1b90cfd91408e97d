//! Between the contract and the application.

use allowance_api_types::charges::{ChargeView, CreateChargeBody};
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::charges::{ChargeAmount, ChargeLine, CreateCharge};
use allowance_store::{ChargeRow, NewCharge};

use crate::allocations::convert::person_ref;
use crate::exchange_rates::exchanged_view;
use crate::http::problem::Failure;

pub(super) fn create_charge(body: CreateChargeBody) -> Result<CreateCharge, Failure> {
    let CreateChargeBody {
        person_id,
        amount,
        cost,
        note,
    } = body;
    let amount = match (amount, cost) {
        (Some(amount), None) => ChargeAmount::Credits(amount),
        (None, Some(cost)) => ChargeAmount::Cost(cost),
        (None, None) | (Some(_), Some(_)) => {
            let (pointer, detail) = (
                "/amount".to_owned(),
                "Send either an amount or a cost.".to_owned(),
            );
            return Err(Failure::fields(vec![FieldProblem {
                pointer,
                code: ErrorCode::InvalidFields,
                detail,
            }]));
        }
    };
    Ok(CreateCharge {
        person: person_id,
        amount,
        note,
    })
}

pub(super) fn charge_view(line: &ChargeLine) -> ChargeView {
    let ChargeLine {
        row: ChargeRow {
            charge,
            made_at,
            reversed_at,
        },
        holder,
    } = line;
    let NewCharge {
        id,
        credit_type,
        person: _,
        group: _,
        cycle: _,
        amount,
        over_by,
        cost,
        note,
    } = charge;
    ChargeView {
        id: *id,
        credit_type_id: *credit_type,
        person: person_ref(holder),
        amount: *amount,
        cost: cost.map(|cost| cost.cost),
        exchanged: cost.as_ref().and_then(exchanged_view),
        note: note.clone(),
        made_at: *made_at,
        over_by: Some(*over_by).filter(|over_by| over_by.is_positive()),
        reversed_at: *reversed_at,
    }
}
