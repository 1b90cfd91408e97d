//! What is granted when a request is answered.

use allowance_values::{Credits, GrantId, PersonId};

use crate::allocations::NewGrant;
use crate::ledger::LotSource;

/// For how long credits are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestTerm {
    /// Once, to the end of the cycle of the decision: a grant.
    ThisCycle,
    /// From now on: raises Monthly.
    ForGood,
}

/// What is granted, to whom, by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// To whom.
    pub person: PersonId,
    /// How much, above zero.
    pub amount: Credits,
    /// For how long.
    pub term: RequestTerm,
    /// The id of the grant, where it is one.
    pub grant: GrantId,
    /// Who said yes; nobody for the reserve.
    pub made_by: Option<PersonId>,
}

impl Granted {
    /// The grant of one that is for this cycle.
    pub(crate) const fn new_grant(&self) -> NewGrant {
        NewGrant {
            id: self.grant,
            amount: self.amount,
            source: LotSource::CreditRequest,
            priority: 100,
            expiry: None,
            reason: None,
        }
    }
}
