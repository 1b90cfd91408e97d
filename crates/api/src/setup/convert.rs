//! Between the contract and the application.

use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_api_types::setup::SetupBody;
use allowance_app::setup::{FirstCreditType, NewOrganisation};
use allowance_values::{Fixed, Rate, RateSide};

use crate::http::problem::Failure;
use crate::http::words::cadence;

/// The token and the organisation to make.
pub(super) fn set_up(body: SetupBody) -> Result<(String, NewOrganisation), Failure> {
    let SetupBody {
        token,
        organisation_name,
        time_zone,
        currency,
        admin_email,
        admin_name,
        admin_password,
        credit_type_name,
        cadence: cadence_word,
        limit,
        credit_factor,
    } = body;
    let wrong = |detail: String| {
        let pointer = "/credit_factor".to_owned();
        Failure::fields(vec![FieldProblem {
            pointer,
            code: ErrorCode::InvalidFields,
            detail,
        }])
    };
    let nanos = Fixed::parse(&credit_factor, 9).map_err(|error| wrong(error.to_string()))?;
    let rate =
        Rate::new(RateSide::Factor, nanos).ok_or_else(|| wrong("A factor is never negative.".to_owned()))?;
    let credit_type = FirstCreditType {
        name: credit_type_name,
        cadence: cadence(cadence_word),
        limit,
        rate,
    };
    let new = NewOrganisation {
        name: organisation_name,
        time_zone,
        currency,
        admin_email,
        admin_name,
        admin_password,
        credit_type,
    };
    Ok((token, new))
}
