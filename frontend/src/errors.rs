//! What went wrong, in sentences. The only place that turns codes into words.

use allowance_api_types::{ErrorCode, FieldProblem, Problem};

use crate::api::ApiError;
use crate::format;

const UNKNOWN: &str = "This could not be done.";

/// One sentence (or two) for anything a call can answer.
pub fn words(error: &ApiError) -> String {
    match error {
        ApiError::Network => "The server cannot be reached. Check the connection and try again.".to_owned(),
        ApiError::Unauthenticated => sentence(ErrorCode::Unauthenticated).to_owned(),
        ApiError::Decode => {
            "The server answered in a way this page does not understand. Reload the page.".to_owned()
        }
        ApiError::Problem(problem) => problem_words(problem),
    }
}

/// A problem in words, with by how much a bound would be exceeded.
pub fn problem_words(problem: &Problem) -> String {
    let text = match problem.code {
        ErrorCode::InvalidFields => problem
            .fields
            .first()
            .map_or_else(|| sentence(problem.code).to_owned(), field_words),
        code => sentence(code).to_owned(),
    };
    match problem.over_by {
        Some(over_by) => format!("{text} It is {} too much.", format::credits(over_by)),
        None => text,
    }
}

/// A field's problem. The server's own words say best how to mend it.
pub fn field_words(problem: &FieldProblem) -> String {
    if problem.detail.is_empty() {
        sentence(problem.code).to_owned()
    } else {
        problem.detail.clone()
    }
}

/// The sentence of a code.
pub const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unauthenticated => "Your session has ended. Sign in to go on.",
        ErrorCode::WrongCredentials => "The e-mail address or the password is wrong.",
        ErrorCode::RateLimited => "Too many attempts. Wait a minute and try again.",
        ErrorCode::Forbidden => "You can see this, but you may not change it.",
        ErrorCode::NotFound => "It does not exist, or you may not see it.",
        ErrorCode::MethodNotAllowed => "The server does not offer this. Reload the page.",
        ErrorCode::UnreadableBody => "The server could not read what was sent. Reload the page.",
        ErrorCode::UnsupportedMediaType => "This kind of file is not accepted here.",
        ErrorCode::TooLarge => "This is too large. Send less at once.",
        ErrorCode::InvalidFields => "Something needs correcting.",
        ErrorCode::InvalidQuery => "This address has a filter that does not exist. Clear the filters.",
        ErrorCode::InvalidCursor => "This page of the list is no longer there. Go back to the first.",
        ErrorCode::PreconditionRequired => "The page is out of date. Reload it and try again.",
        ErrorCode::PreconditionFailed => "Somebody changed this since you opened it.",
        ErrorCode::IdempotencyKeyRequired => "The page is out of date. Reload it and try again.",
        ErrorCode::IdempotencyKeyReused => "This was already saved with other values. Reload to see them.",
        ErrorCode::IdempotencyKeyBusy => "This is still being saved. Try again in a few seconds.",
        ErrorCode::Unavailable => "The service is not available right now. Try again in a moment.",
        ErrorCode::Internal => "Something broke on our side. Nothing was changed.",
        ErrorCode::AlreadySetUp => "This installation is set up already. Sign in instead.",
        ErrorCode::WrongToken => "This token is wrong, was used or has expired.",
        ErrorCode::EmailTaken => "Another person has this e-mail address.",
        ErrorCode::NameTaken => "This name is taken. Choose another.",
        ErrorCode::ReportingCycle => "This would make the reporting line run in a circle.",
        ErrorCode::DefaultGroup => "The Default group can be neither renamed nor deleted.",
        ErrorCode::OwnAffair => "Nobody decides for themselves. Ask another admin.",
        ErrorCode::LastAdmin => "This is the only admin. Make somebody else an admin first.",
        ErrorCode::PersonNotActive => "This person is suspended or has left.",
        ErrorCode::AmountOutOfRange => "This amount is out of range.",
        ErrorCode::TooManyDecimals => "This amount has more decimals than the credit type.",
        ErrorCode::LimitExceeded => "Groups would hold more than the organisation's limit.",
        ErrorCode::GroupExceeded => "The group would give more than it has.",
        ErrorCode::StandingExceeded => "Members' Monthly and the reserve would exceed the group's Monthly.",
        ErrorCode::MoveShort => "The new group lacks the credits for this person.",
        ErrorCode::InsufficientCredits => "This goes beyond what the person has left.",
        ErrorCode::GroupInsufficient => "This goes beyond what the group has left.",
        ErrorCode::OrganisationInsufficient => "This goes beyond what the organisation has left.",
        ErrorCode::NothingToTakeBack => "Less than this can be taken back.",
        ErrorCode::AlreadyReversed => "This was reversed before.",
        ErrorCode::GrantEnded => "This grant was revoked or has lapsed.",
        ErrorCode::RateMissing => "The credit factor is 0, so a cost cannot become credits.",
        ErrorCode::CurrencyMismatch => "There is no exchange rate for this currency.",
        ErrorCode::WrongDistribution => "Shared pools have caps; individual distribution has Monthly.",
        ErrorCode::RequestDecided => "Somebody else has decided this request already.",
        ErrorCode::RequestWithdrawn => "The requester has taken this request back.",
        ErrorCode::NothingAsked => "This request does not wait for an answer.",
        ErrorCode::ReasonRequired => "Say why; this organisation asks for a reason.",
        ErrorCode::UndoExpired => "This reset can no longer be undone.",
        ErrorCode::LastCreditType => "The last credit type stays.",
        ErrorCode::StillInUse => "A hold or a request still stands on it.",
        ErrorCode::CreditTypeArchived => "This credit type is archived.",
        ErrorCode::DecimalsShrink => "The decimals of a credit type in use can only grow.",
        ErrorCode::ExpiryPassed => "This date has passed. Choose a later one.",
        ErrorCode::UnknownPerson => "Nobody here has this id or address.",
        ErrorCode::EventReused => "This event was recorded before with other content.",
        ErrorCode::InTheFuture => "This lies in the future.",
        ErrorCode::HoldEnded => "This hold was captured, released or has expired.",
        ErrorCode::CaptureExceedsHold => "This is more than the hold and its tolerance.",
        ErrorCode::ImportHeader => "The file needs a header line with at least email and display_name.",
        ErrorCode::ImportUnreadable => "The file cannot be read. Save it as CSV in UTF-8.",
        // A newer server may send a code this page does not know.
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_its_own_sentence() {
        let outdated = [ErrorCode::PreconditionRequired, ErrorCode::IdempotencyKeyRequired];
        let mut seen = HashSet::new();
        for &code in ErrorCode::ALL {
            let sentence = sentence(code);
            assert!(
                sentence.ends_with('.') && sentence != UNKNOWN,
                "{code:?} has no sentence"
            );
            assert!(
                seen.insert(sentence) || outdated.contains(&code),
                "{code:?} shares its sentence"
            );
        }
    }

    #[test]
    fn an_excess_says_by_how_much() {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: String::new(),
            status: 422,
            code: ErrorCode::GroupExceeded,
            detail: String::new(),
            request_id: "r".to_owned(),
            fields: vec![],
            over_by: Some("1760.5".parse().unwrap()),
        };
        assert_eq!(
            problem_words(&problem),
            "The group would give more than it has. It is 1,760.5 too much."
        );
    }

    #[test]
    fn the_server_knows_best_how_to_mend_a_field() {
        let mut problem = FieldProblem {
            pointer: "/email".to_owned(),
            code: ErrorCode::EmailTaken,
            detail: "Ken has this address".to_owned(),
        };
        assert_eq!(field_words(&problem), "Ken has this address");
        problem.detail.clear();
        assert_eq!(field_words(&problem), sentence(ErrorCode::EmailTaken));
    }
}
