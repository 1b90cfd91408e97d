//! Grants between the contract and the application.

use allowance_api_types::grants as wire;
use allowance_api_types::problem::{ErrorCode, FieldProblem};
use allowance_app::allocations::{CreateGrant, GrantLine};
use allowance_domain::ledger::{Expiry, LotSource};

use super::convert::person_ref;
use crate::http::problem::Failure;

pub(super) fn create_grant(body: wire::CreateGrantBody) -> Result<CreateGrant, Failure> {
    let wire::CreateGrantBody {
        amount,
        reason,
        priority,
        expiry,
        expires_at,
    } = body;
    let wrong = |detail: &str| {
        let (pointer, detail) = ("/expires_at".to_owned(), detail.to_owned());
        Failure::fields(vec![FieldProblem {
            pointer,
            code: ErrorCode::InvalidFields,
            detail,
        }])
    };
    let expiry = match (expiry, expires_at) {
        (None | Some(wire::GrantExpiry::EndOfCycle), None) => None,
        (Some(wire::GrantExpiry::Never), None) => Some(Expiry::Never),
        (None | Some(wire::GrantExpiry::At), Some(at)) => Some(Expiry::At(at)),
        (Some(wire::GrantExpiry::At), None) => return Err(wrong("Say when it lapses.")),
        (Some(wire::GrantExpiry::EndOfCycle | wire::GrantExpiry::Never), Some(_)) => {
            return Err(wrong("A date goes with the expiry \"at\" only."));
        }
    };
    Ok(CreateGrant {
        amount,
        reason,
        priority: priority.unwrap_or(100),
        expiry,
    })
}

pub(super) fn grant_view(line: &GrantLine) -> wire::GrantView {
    let GrantLine { lot, made_by } = line;
    let (expiry, expires_at) = match lot.expiry {
        Expiry::EndOfCycle(_) => (wire::GrantExpiry::EndOfCycle, None),
        Expiry::At(at) => (wire::GrantExpiry::At, Some(at)),
        Expiry::Never => (wire::GrantExpiry::Never, None),
    };
    wire::GrantView {
        id: lot.id,
        amount: lot.granted,
        ended: lot.ended,
        reason: lot.reason.clone(),
        source: match lot.source {
            LotSource::Typed => wire::GrantSource::Typed,
            LotSource::SignUp => wire::GrantSource::SignUp,
            LotSource::CreditRequest => wire::GrantSource::CreditRequest,
            LotSource::Manual | LotSource::System => wire::GrantSource::Manual,
        },
        priority: lot.priority,
        expiry,
        expires_at,
        made_at: lot.made_at,
        made_by: made_by.as_ref().map(person_ref),
        is_open: lot.is_open,
    }
}
