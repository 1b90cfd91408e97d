//! The table: status and title of each code, and the code of each refusal of the ledger.

use actix_web::http::StatusCode;
use allowance_api_types::problem::ErrorCode;
use allowance_domain::allocations::Refusal;

/// Status and title of each code.
pub(super) const fn kind(code: ErrorCode) -> (StatusCode, &'static str) {
    use ErrorCode as C;
    use StatusCode as S;
    match code {
        C::Unauthenticated => (S::UNAUTHORIZED, "Sign in first"),
        C::WrongCredentials => (S::UNAUTHORIZED, "Wrong e-mail address or password"),
        C::WrongToken => (S::FORBIDDEN, "Wrong token"),
        C::RateLimited => (S::TOO_MANY_REQUESTS, "Too many attempts"),
        C::Forbidden => (S::FORBIDDEN, "Not allowed"),
        C::OwnAffair => (S::FORBIDDEN, "Nobody decides for themselves"),
        C::NotFound => (S::NOT_FOUND, "Not found"),
        C::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "Method not allowed"),
        C::UnreadableBody => (S::BAD_REQUEST, "Unreadable body"),
        C::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Unsupported content type"),
        C::TooLarge => (S::PAYLOAD_TOO_LARGE, "Too large"),
        C::InvalidFields => (S::UNPROCESSABLE_ENTITY, "Some fields are wrong"),
        C::InvalidQuery => (S::UNPROCESSABLE_ENTITY, "A query parameter is wrong"),
        C::InvalidCursor => (S::UNPROCESSABLE_ENTITY, "The cursor is not usable here"),
        C::PreconditionRequired => (S::PRECONDITION_REQUIRED, "If-Match is required"),
        C::PreconditionFailed => (S::PRECONDITION_FAILED, "Changed meanwhile"),
        C::IdempotencyKeyRequired => (S::BAD_REQUEST, "Idempotency-Key is required"),
        C::IdempotencyKeyReused => (S::UNPROCESSABLE_ENTITY, "Idempotency-Key was used before"),
        C::IdempotencyKeyBusy => (S::CONFLICT, "The same request is still running"),
        C::Unavailable => (S::SERVICE_UNAVAILABLE, "The database is out of reach"),
        C::Internal => (S::INTERNAL_SERVER_ERROR, "Something broke"),
        C::AlreadySetUp => (S::CONFLICT, "Set up already"),
        C::EmailTaken => (S::CONFLICT, "The e-mail address is taken"),
        C::NameTaken => (S::CONFLICT, "The name is taken"),
        C::ReportingCycle => (S::CONFLICT, "The reporting line would run in a circle"),
        C::DefaultGroup => (S::CONFLICT, "The Default group stays as it is"),
        C::LastAdmin => (S::CONFLICT, "The last admin stays admin"),
        C::PersonNotActive => (S::CONFLICT, "The person is not active"),
        C::AmountOutOfRange => (S::UNPROCESSABLE_ENTITY, "The amount is out of range"),
        C::TooManyDecimals => (S::UNPROCESSABLE_ENTITY, "Too many decimals"),
        C::LimitExceeded => (S::CONFLICT, "Groups would hold more than the limit"),
        C::GroupExceeded => (S::CONFLICT, "The group would give more than it has"),
        C::StandingExceeded => (S::CONFLICT, "Members would get more than the group's Monthly"),
        C::MoveShort => (S::CONFLICT, "The new group lacks credits"),
        C::InsufficientCredits => (S::CONFLICT, "The person has too few credits left"),
        C::GroupInsufficient => (S::CONFLICT, "The group has too few credits left"),
        C::OrganisationInsufficient => (S::CONFLICT, "The organisation has too few credits left"),
        C::NothingToTakeBack => (S::CONFLICT, "Less can be taken back"),
        C::AlreadyReversed => (S::CONFLICT, "Reversed before"),
        C::GrantEnded => (S::CONFLICT, "The grant has ended"),
        C::RateMissing => (S::CONFLICT, "The credit type has no rate"),
        C::CurrencyMismatch => (S::UNPROCESSABLE_ENTITY, "No rate for this currency"),
        C::WrongDistribution => (S::CONFLICT, "Not with this distribution"),
        C::CreditTypeArchived => (S::CONFLICT, "The credit type is archived"),
        C::RequestDecided => (S::CONFLICT, "Decided already"),
        C::RequestWithdrawn => (S::CONFLICT, "Withdrawn"),
        C::NothingAsked => (S::CONFLICT, "Nothing was asked"),
        C::ReasonRequired => (S::UNPROCESSABLE_ENTITY, "A reason is needed"),
        C::UndoExpired => (S::CONFLICT, "It can no longer be undone"),
        C::LastCreditType => (S::CONFLICT, "The last credit type stays"),
        C::StillInUse => (S::CONFLICT, "Still in use"),
        C::DecimalsShrink => (S::CONFLICT, "Decimals only grow"),
        C::ExpiryPassed => (S::UNPROCESSABLE_ENTITY, "The expiry lies in the past"),
        C::UnknownPerson => (S::UNPROCESSABLE_ENTITY, "Nobody has this id, address or number"),
        C::EventReused => (S::CONFLICT, "The id was used for something else"),
        C::InTheFuture => (S::UNPROCESSABLE_ENTITY, "It has not happened yet"),
        C::HoldEnded => (S::CONFLICT, "The hold has ended"),
        C::CaptureExceedsHold => (S::CONFLICT, "More than the hold reserves"),
        C::ImportHeader => (S::UNPROCESSABLE_ENTITY, "The file has no usable header"),
        C::ImportUnreadable => (S::UNPROCESSABLE_ENTITY, "The file cannot be read"),
    }
}

/// The ledger's refusals by their codes.
pub(super) const fn refusal_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::NotFound => ErrorCode::NotFound,
        Refusal::AmountOutOfRange | Refusal::NegativeAmount => ErrorCode::AmountOutOfRange,
        Refusal::TooManyDecimals => ErrorCode::TooManyDecimals,
        Refusal::LimitExceeded { .. } => ErrorCode::LimitExceeded,
        Refusal::GroupExceeded { .. } => ErrorCode::GroupExceeded,
        Refusal::StandingExceeded { .. } => ErrorCode::StandingExceeded,
        Refusal::ReserveShort { .. } => ErrorCode::GroupInsufficient,
        Refusal::MoveShort { .. } => ErrorCode::MoveShort,
        Refusal::InsufficientCredits { .. } => ErrorCode::InsufficientCredits,
        Refusal::GroupInsufficient { .. } => ErrorCode::GroupInsufficient,
        Refusal::OrganisationInsufficient { .. } => ErrorCode::OrganisationInsufficient,
        Refusal::NothingToTakeBack { .. } => ErrorCode::NothingToTakeBack,
        Refusal::GrantEnded => ErrorCode::GrantEnded,
        Refusal::PersonNotActive => ErrorCode::PersonNotActive,
        Refusal::WrongDistribution => ErrorCode::WrongDistribution,
        Refusal::ExpiryPassed => ErrorCode::ExpiryPassed,
        Refusal::DefaultGroup => ErrorCode::DefaultGroup,
    }
}
