//! When the reserve answers a request by itself. Whether the reserve still has the amount is decided with the posting
//! ([`Command::AnswerByReserve`](crate::allocations::Command::AnswerByReserve)); what is asked of a request before that
//! stands here. The reserve answers all of it or nothing.

use allowance_values::Credits;

use super::granting::RequestTerm;

/// Bounds of what the reserve gives without a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ceilings {
    /// At most so much per request; no ceiling when absent.
    pub per_request: Option<Credits>,
    /// At most so much per person and cycle; no ceiling when absent.
    pub per_person: Option<Credits>,
}

/// Why the reserve leaves a request to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeftToPeople {
    /// It was asked for good.
    #[error("Credits for good are never given automatically.")]
    ForGood,
    /// The group set nothing aside.
    #[error("The group has no auto-approve reserve.")]
    ReserveOff,
    /// The reserve is too small for it now.
    #[error("The group's reserve has {left} left.")]
    ReserveShort {
        /// What is left of it.
        left: Credits,
    },
    /// It is more than one request may get.
    #[error("The reserve gives at most {ceiling} per request.")]
    RequestCeiling {
        /// The ceiling.
        ceiling: Credits,
    },
    /// It is more than one person may get in a cycle.
    #[error("The reserve gives a person at most {ceiling} per cycle; it gave {given} in this one.")]
    PersonCeiling {
        /// The ceiling.
        ceiling: Credits,
        /// What the reserve gave the person in this cycle.
        given: Credits,
    },
}

/// Whether a group's reserve may answer at all; `given` is what it gave the person in this cycle.
///
/// # Errors
/// [`LeftToPeople`] says what keeps it from answering.
pub fn may_answer(
    amount: Credits,
    term: RequestTerm,
    reserve: Credits,
    given: Credits,
    ceilings: Ceilings,
) -> Result<(), LeftToPeople> {
    if term == RequestTerm::ForGood {
        return Err(LeftToPeople::ForGood);
    }
    if reserve.is_zero() {
        return Err(LeftToPeople::ReserveOff);
    }
    if let Some(ceiling) = ceilings.per_request
        && amount > ceiling
    {
        return Err(LeftToPeople::RequestCeiling { ceiling });
    }
    if let Some(ceiling) = ceilings.per_person
        && given.checked_add(amount).is_none_or(|sum| sum > ceiling)
    {
        return Err(LeftToPeople::PersonCeiling { ceiling, given });
    }
    Ok(())
}
