//! Problem documents (RFC 9457) with stable codes.

use allowance_values::Credits;

words! {
    /// The stable code of a problem. Clients branch on it, never on the text.
    pub enum ErrorCode {
        /// No, broken or expired identity.
        Unauthenticated,
        /// The e-mail address or the password is wrong.
        WrongCredentials,
        /// Too many attempts; wait as `Retry-After` says.
        RateLimited,
        /// You see it, but may not do it.
        Forbidden,
        /// It does not exist, or you may not see it.
        NotFound,
        /// The method is not offered here; see `Allow`.
        MethodNotAllowed,
        /// The body could not be read as what it claims to be.
        UnreadableBody,
        /// The content type is not accepted here.
        UnsupportedMediaType,
        /// The body or file is too large.
        TooLarge,
        /// One or more fields are wrong; see `fields`.
        InvalidFields,
        /// A query parameter is wrong or unknown.
        InvalidQuery,
        /// The cursor is broken or belongs to another list.
        InvalidCursor,
        /// The edit needs `If-Match`.
        PreconditionRequired,
        /// Somebody changed it since you read it.
        PreconditionFailed,
        /// The write needs an `Idempotency-Key`.
        IdempotencyKeyRequired,
        /// The same key was used with another body.
        IdempotencyKeyReused,
        /// The same request is still running.
        IdempotencyKeyBusy,
        /// The database is out of reach; try again.
        Unavailable,
        /// Something broke; the request id tells the log line.
        Internal,
        /// Set-up was done already.
        AlreadySetUp,
        /// The one-time token is wrong or used.
        WrongToken,
        /// Another person has this e-mail address.
        EmailTaken,
        /// Another group or credit type has this name.
        NameTaken,
        /// The reporting line would run in a circle.
        ReportingCycle,
        /// The Default group cannot be deleted or renamed.
        DefaultGroup,
        /// Nobody decides for themselves.
        OwnAffair,
        /// The last admin cannot be demoted or suspended.
        LastAdmin,
        /// The person is suspended or has left.
        PersonNotActive,
        /// The amount is out of range.
        AmountOutOfRange,
        /// The amount has more decimals than the credit type.
        TooManyDecimals,
        /// Groups would hold more than the limit; `over_by` says how much.
        LimitExceeded,
        /// The group would give more than it has; `over_by` says how much.
        GroupExceeded,
        /// Members' Monthly and the reserve would exceed the group's Monthly; `over_by` says how much.
        StandingExceeded,
        /// The group the person moves to lacks credits; `over_by` says how much.
        MoveShort,
        /// The spend goes beyond what the person has left; `over_by` says how much.
        InsufficientCredits,
        /// The spend goes beyond what the group has; `over_by` says how much.
        GroupInsufficient,
        /// The spend goes beyond what the organisation has; `over_by` says how much.
        OrganisationInsufficient,
        /// Less can be taken back than asked; `over_by` says how much.
        NothingToTakeBack,
        /// It was reversed before.
        AlreadyReversed,
        /// It was revoked or has lapsed before.
        GrantEnded,
        /// The credit type's rate is zero: a cost cannot become credits.
        RateMissing,
        /// No exchange rate from this currency.
        CurrencyMismatch,
        /// Shared pools have caps, individual distribution has Monthly.
        WrongDistribution,
        /// The credit type is archived.
        CreditTypeArchived,
        /// The request was decided before.
        RequestDecided,
        /// The requester took the request back.
        RequestWithdrawn,
        /// The request does not wait for an answer.
        NothingAsked,
        /// The organisation asks for a reason when a request is denied.
        ReasonRequired,
        /// The reset can no longer be undone.
        UndoExpired,
        /// The last credit type cannot be archived.
        LastCreditType,
        /// A hold or a request still stands on it.
        StillInUse,
        /// The decimals of a credit type in use only grow.
        DecimalsShrink,
        /// The expiry lies in the past.
        ExpiryPassed,
        /// Nobody here has this id, address or number.
        UnknownPerson,
        /// The source used the id for something else before.
        EventReused,
        /// It lies more than five minutes ahead.
        InTheFuture,
        /// The hold was captured, released, or has expired.
        HoldEnded,
        /// More than the hold reserves and tolerates; `over_by` says how much.
        CaptureExceedsHold,
        /// The file has no usable header.
        ImportHeader,
        /// The file's encoding or shape cannot be read.
        ImportUnreadable,
    }
}

view! {
    /// What is wrong with one field.
    pub struct FieldProblem {
        /// A JSON pointer into the body, like `/items/3/monthly`; or a parameter's name.
        #[cfg_attr(feature = "openapi", schema(max_length = 200))]
        pub pointer: String,
        /// The stable code.
        pub code: ErrorCode,
        /// How to mend it, in English.
        #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
        pub detail: String,
    }
}

/// A problem document, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank` or a page about the code.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub kind: String,
    /// A short summary of the kind of problem.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// The stable code.
    pub code: ErrorCode,
    /// What happened here, in English.
    #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
    pub detail: String,
    /// The request's id, as in the logs.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub request_id: String,
    /// What is wrong field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 1_000))]
    pub fields: Vec<FieldProblem>,
    /// By how much a bound would be exceeded, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_by: Option<Credits>,
}
