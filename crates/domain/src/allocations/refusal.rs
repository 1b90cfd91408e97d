//! Why a command is refused. A refusal is a value: it changed nothing, and it names its cause.

use allowance_values::Credits;

use super::figures::OutOfRange;

/// A refusal; amounts say by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not exist, or not here.
    #[error("it does not exist")]
    NotFound,
    /// A sum does not fit.
    #[error("the amount is out of range")]
    AmountOutOfRange,
    /// The amount must be above zero, or at least not below.
    #[error("the amount must not be negative")]
    NegativeAmount,
    /// More decimals than the credit type has.
    #[error("the amount has more decimals than this credit type keeps")]
    TooManyDecimals,
    /// Groups would hold more than the limit.
    #[error("groups would hold {over_by} more than the limit")]
    LimitExceeded {
        /// The excess.
        over_by: Credits,
    },
    /// The group would give more than it has.
    #[error("the group would give {over_by} more than it has")]
    GroupExceeded {
        /// The excess.
        over_by: Credits,
    },
    /// Members' Monthly and the reserve would exceed the group's Monthly.
    #[error("members' Monthly and the reserve would exceed the group's Monthly by {over_by}")]
    StandingExceeded {
        /// The excess.
        over_by: Credits,
    },
    /// The group's reserve has too little left.
    #[error("that is {over_by} more than the group's reserve has left")]
    ReserveShort {
        /// What is missing.
        over_by: Credits,
    },
    /// The group the person moves to lacks credits.
    #[error("the new group lacks {over_by}")]
    MoveShort {
        /// What is missing.
        over_by: Credits,
    },
    /// The spend goes beyond what the person has left.
    #[error("that is {over_by} more than the person has left")]
    InsufficientCredits {
        /// The excess.
        over_by: Credits,
    },
    /// The spend goes beyond what the group has.
    #[error("that is {over_by} more than the group has")]
    GroupInsufficient {
        /// The excess.
        over_by: Credits,
    },
    /// The spend goes beyond what the organisation has.
    #[error("that is {over_by} more than the organisation has")]
    OrganisationInsufficient {
        /// The excess.
        over_by: Credits,
    },
    /// Less can be taken back than asked.
    #[error("typed grants of this cycle fall {over_by} short of that; revoke other grants one by one")]
    NothingToTakeBack {
        /// What cannot be taken back.
        over_by: Credits,
    },
    /// The grant was revoked, has lapsed or is used up.
    #[error("nothing of this grant is left")]
    GrantEnded,
    /// The person is suspended or has left.
    #[error("the person is not active")]
    PersonNotActive,
    /// Shared pools have caps, individual distribution has Monthly.
    #[error("this credit type is distributed the other way")]
    WrongDistribution,
    /// The expiry lies in the past.
    #[error("the expiry lies in the past")]
    ExpiryPassed,
    /// The Default group stays.
    #[error("the Default group stays")]
    DefaultGroup,
}

impl Refusal {
    /// By how much a bound would be exceeded, where one was.
    #[must_use]
    pub const fn over_by(self) -> Option<Credits> {
        match self {
            Self::LimitExceeded { over_by }
            | Self::GroupExceeded { over_by }
            | Self::StandingExceeded { over_by }
            | Self::ReserveShort { over_by }
            | Self::MoveShort { over_by }
            | Self::InsufficientCredits { over_by }
            | Self::GroupInsufficient { over_by }
            | Self::OrganisationInsufficient { over_by }
            | Self::NothingToTakeBack { over_by } => Some(over_by),
            Self::NotFound
            | Self::AmountOutOfRange
            | Self::NegativeAmount
            | Self::TooManyDecimals
            | Self::GrantEnded
            | Self::PersonNotActive
            | Self::WrongDistribution
            | Self::ExpiryPassed
            | Self::DefaultGroup => None,
        }
    }
}

impl From<OutOfRange> for Refusal {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}
