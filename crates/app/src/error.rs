//! Everything a use case can answer instead of a result. The API turns each into one problem document, in one table.

use allowance_domain::allocations::Refusal;
use allowance_domain::authz::Denial;
use allowance_domain::metering::PriceError;
use allowance_store::{StoreError, TransactError};
use allowance_values::{Credits, Currency};

/// Short for a result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with one field of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer into the body, like `/items/3/monthly`.
    pub pointer: String,
    /// Which kind of wrong.
    pub kind: FieldErrorKind,
    /// How to mend it, in English.
    pub detail: String,
}

/// Kinds of wrong fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// Anything without an own kind.
    Invalid,
    /// The amount is out of range.
    AmountOutOfRange,
    /// The amount has more decimals than the credit type.
    TooManyDecimals,
}

impl FieldError {
    /// A field that is wrong without an own kind.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            kind: FieldErrorKind::Invalid,
            detail: detail.into(),
        }
    }
}

/// A refusal or a failure. The text is for people; what must stay inside is only ever logged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No identity, or one that has ended.
    #[error("sign in first")]
    Unauthenticated,
    /// The address or the password is wrong; which of them is not said.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// Too many attempts.
    #[error("too many attempts; try again in {retry_after_seconds} seconds")]
    RateLimited {
        /// How long to wait.
        retry_after_seconds: u32,
    },
    /// A one-time token that is wrong, used or expired.
    #[error("the token is wrong, was used, or has expired")]
    WrongToken,
    /// There is an organisation already.
    #[error("set-up was done already")]
    AlreadySetUp,

    /// It does not exist, or the caller may not see it.
    #[error("it does not exist, or you may not see it")]
    NotFound,
    /// The caller sees it and may not do this.
    #[error("you may not do this")]
    Forbidden,
    /// Nobody decides for themselves.
    #[error("nobody decides for themselves; ask somebody else to do it")]
    OwnAffair,

    /// One or more fields are wrong.
    #[error("one or more fields are wrong")]
    Fields(Vec<FieldError>),
    /// Somebody changed it since the caller read it.
    #[error("somebody changed it since you read it")]
    Stale,
    /// The key was used with another body.
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,

    /// Another person has the address.
    #[error("another person has this e-mail address")]
    EmailTaken,
    /// Another one has the name.
    #[error("this name is taken")]
    NameTaken,
    /// The reporting line would run in a circle.
    #[error("the reporting line would run in a circle")]
    ReportingCycle,
    /// The Default group stays as it is.
    #[error("the Default group cannot be renamed or deleted")]
    DefaultGroup,
    /// Somebody must stay admin.
    #[error("the last admin cannot be demoted or suspended")]
    LastAdmin,
    /// The person is suspended or has left.
    #[error("the person is suspended or has left")]
    PersonNotActive,
    /// A rule of the ledger refuses it.
    #[error("{0}")]
    Refused(Refusal),
    /// A credit type whose rate is zero turns no cost into credits.
    #[error("this credit type has no rate; enter credits instead of a cost")]
    RateMissing,
    /// The cost is in a currency of which no exchange rate was in force.
    #[error("there is no exchange rate for {0}; record one, or use the organisation's currency")]
    CurrencyMismatch(Currency),
    /// The charge was reversed before.
    #[error("this charge was reversed before")]
    AlreadyReversed,
    /// The credit type was put away.
    #[error("this credit type is archived")]
    CreditTypeArchived,
    /// One credit type must stay.
    #[error("the last credit type cannot be archived")]
    LastCreditType,
    /// Something still stands on it.
    #[error("open holds or requests still stand on it; decide them first")]
    StillInUse,
    /// The grace time is over, or another cycle has opened.
    #[error("the reset can no longer be undone")]
    UndoExpired,
    /// Decimals only grow.
    #[error("the decimals of a credit type only grow")]
    DecimalsShrink,
    /// The request was decided before; the text says by whom, how and when.
    #[error("{0}")]
    RequestDecided(String),
    /// The requester took the request back.
    #[error("the requester took it back")]
    RequestWithdrawn,
    /// The request does not wait for an answer.
    #[error("nothing was asked")]
    NothingAsked,
    /// The organisation asks for a reason when a request is denied.
    #[error("say why: this organisation asks for a reason when a request is denied")]
    ReasonRequired,
    /// Nobody here has this id, address or number.
    #[error("nobody here has this id, address or number")]
    UnknownPerson,
    /// The source used the id for something else.
    #[error("this source used this id for something else before")]
    EventReused,
    /// It has not happened yet.
    #[error("this lies more than five minutes ahead")]
    InTheFuture,
    /// The hold was captured, released, or has expired.
    #[error("this hold has ended")]
    HoldEnded,
    /// More is captured than the hold reserves and tolerates.
    #[error("that is {over_by} more than the hold reserves and tolerates")]
    CaptureExceedsHold {
        /// The excess.
        over_by: Credits,
    },
    /// Too much waits already; nothing was done.
    #[error("too much waits already; try again shortly")]
    Overloaded,
    /// The file has no usable header.
    #[error("{0}")]
    ImportHeader(String),
    /// The file's encoding or shape cannot be read.
    #[error("{0}")]
    ImportUnreadable(String),

    /// The server stops; another instance, or the next one, answers.
    #[error("the server stops; connect again")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that cannot happen did; the text is for the log.
    #[error("{0}")]
    Internal(String),
}

impl From<Denial> for Error {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Invisible => Self::NotFound,
            Denial::Forbidden => Self::Forbidden,
            Denial::OwnAffair => Self::OwnAffair,
        }
    }
}

impl From<PriceError> for Error {
    fn from(error: PriceError) -> Self {
        match error {
            PriceError::NoExchangeRate(currency) => Self::CurrencyMismatch(currency),
            PriceError::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::NotFound,
            Refusal::DefaultGroup => Self::DefaultGroup,
            Refusal::PersonNotActive => Self::PersonNotActive,
            refusal => Self::Refused(refusal),
        }
    }
}

impl TransactError for Error {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
